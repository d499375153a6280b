package io.quorate.events;

/**
 * How many appends, or versions, are asked for at once: few at first, since each may be as large as
 * a request, then as many as those before let expect to be of a good size.
 */
final class Portion {
  /** What one answer brings, roughly. */
  static final long BYTES_AIMED = 2L << 20;

  private Portion() {}

  /**
   * How many to ask for next.
   *
   * @param count so many of them brought so many bytes, the last time
   */
  static int next(long count, long bytes, int most) {
    return (int) Math.min(most, Math.max(1, BYTES_AIMED * count / Math.max(1, bytes)));
  }
}
