package io.quorate.recipes;

/**
 * A number that rises with each owner of a name: whoever is handed one can turn away who comes with
 * an older one.
 *
 * <p>It is the revision at which the owner's key was created, and below it how often the owner's
 * process has handed the lock on by itself since. Before both stands the epoch, which an operator
 * raises when a store is restored from a backup whose revisions begin again: see {@link Epoch}.
 *
 * @param epoch of the store; 0 unless it was ever raised
 * @param revision of the store at which the owner's key was created
 * @param sequence from 0 on, within one process
 */
public record FencingToken(long epoch, long revision, long sequence)
    implements Comparable<FencingToken> {
  private static final int PARTS = 3;

  /** The order in which owners came. */
  @Override
  public int compareTo(FencingToken other) {
    int byEpoch = Long.compare(epoch, other.epoch);
    int byRevision = byEpoch != 0 ? byEpoch : Long.compare(revision, other.revision);
    return byRevision != 0 ? byRevision : Long.compare(sequence, other.sequence);
  }

  /** Whether its owner came after another's. */
  public boolean isAfter(FencingToken other) {
    return compareTo(other) > 0;
  }

  /**
   * As text, whose order is that of the tokens: three numbers of 16 hexadecimal digits with dots
   * between them.
   */
  public String toText() {
    return "%016x.%016x.%016x".formatted(epoch, revision, sequence);
  }

  /**
   * What {@link #toText} made.
   *
   * @throws IllegalArgumentException if it is something else
   */
  public static FencingToken parse(String text) {
    String[] parts = text.split("\\.", -1);
    if (parts.length != PARTS) {
      throw new IllegalArgumentException("not a fencing token: " + text);
    }
    try {
      return new FencingToken(
          Long.parseUnsignedLong(parts[0], 16),
          Long.parseUnsignedLong(parts[1], 16),
          Long.parseUnsignedLong(parts[2], 16));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("not a fencing token: " + text, e);
    }
  }
}
