package io.quorate.events;

/**
 * What is to be read of a stream. Each method gives another with more said.
 *
 * @param stream which
 * @param from the first version that is wanted; 0 stands for the first there is, or backwards for
 *     the last
 * @param descending whether earlier versions come behind later ones
 * @param limit the most events of one page
 * @param revision of the store as of which it is read; 0 for now
 */
public record StreamRead(String stream, long from, boolean descending, int limit, long revision) {
  private static final int LIMIT_DEFAULT = 1_000;

  /** Checks the stream's name and the bounds. */
  public StreamRead {
    Layout.requireStream(stream);
    if (from < 0 || limit < 1 || revision < 0) {
      throw new IllegalArgumentException(
          "from=" + from + " limit=" + limit + " revision=" + revision);
    }
  }

  /** From its first event on, with at most 1,000 events in a page. */
  public static StreamRead of(String stream) {
    return new StreamRead(stream, 0, false, LIMIT_DEFAULT, 0);
  }

  /** The same, from a version on. */
  public StreamRead from(long version) {
    return new StreamRead(stream, version, descending, limit, revision);
  }

  /** The last events, the very last first. */
  public StreamRead last(int most) {
    return new StreamRead(stream, 0, true, most, revision);
  }

  /** The same, but towards earlier versions: from the last event on, unless a version is said. */
  public StreamRead backwards() {
    return new StreamRead(stream, from, true, limit, revision);
  }

  /** The same, with so many events in a page at most. */
  public StreamRead limit(int most) {
    return new StreamRead(stream, from, descending, most, revision);
  }

  /** The same, as it was at a revision of the store. */
  public StreamRead at(long revision) {
    return new StreamRead(stream, from, descending, limit, revision);
  }
}
