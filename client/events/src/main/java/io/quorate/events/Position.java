package io.quorate.events;

/**
 * Where an event stands among all events of a store: positions rise in the order in which events
 * were appended, whatever their streams, and nothing is ever appended before a position that can be
 * read. Between two positions may lie any number of others that are none.
 *
 * @param revision of the store, at which the event's append took effect
 * @param index of the event among all of that append, from 0 on
 */
public record Position(long revision, int index) implements Comparable<Position> {
  /** Before all events. */
  public static final Position START = new Position(0, 0);

  /** Checks that neither is negative. */
  public Position {
    if (revision < 0 || index < 0) {
      throw new IllegalArgumentException(
          "no position has revision=" + revision + " index=" + index);
    }
  }

  /** Behind all events up to a revision of the store. */
  public static Position after(long revision) {
    return new Position(revision, Integer.MAX_VALUE);
  }

  /** The order in which events were appended. */
  @Override
  public int compareTo(Position other) {
    int byRevision = Long.compare(revision, other.revision);
    return byRevision != 0 ? byRevision : Integer.compare(index, other.index);
  }

  /** Whether it comes after another. */
  public boolean isAfter(Position other) {
    return compareTo(other) > 0;
  }

  /** As text, whose order is that of the positions: 16 hexadecimal digits, a dot, and 8. */
  public String toText() {
    return "%016x.%08x".formatted(revision, index);
  }

  /**
   * What {@link #toText} made.
   *
   * @throws IllegalArgumentException if it is something else
   */
  public static Position parse(String text) {
    String[] parts = text.split("\\.", -1);
    try {
      if (parts.length == 2) {
        return new Position(Long.parseLong(parts[0], 16), Integer.parseInt(parts[1], 16));
      }
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("not a position: " + text, e);
    }
    throw new IllegalArgumentException("not a position: " + text);
  }
}
