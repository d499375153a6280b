package io.quorate.checkers;

import java.util.List;

/**
 * A transaction of a store that numbers its states, with the number that it told.
 *
 * @param name what violations call it
 * @param outcome of {@link Outcome#OK} the revision is known; of others it isn't looked at
 * @param revision the state that its writes made, or that it read if it wrote nothing
 * @param invoked when it was sent, by any clock that all events share
 * @param completed when its answer came, by the same clock
 */
public record RevisedTransaction(
    String name, Outcome outcome, long revision, long invoked, long completed, List<Step> steps) {
  public RevisedTransaction {
    steps = List.copyOf(steps);
  }

  /** What it did, in its order. */
  public sealed interface Step {}

  /** On a key no value is put twice, so that a row tells its writer. */
  public record Put(String key, String value) implements Step {}

  /** Takes the key away, if it is there. */
  public record Delete(String key) implements Step {}

  /**
   * All rows from {@code from}, inclusive, to {@code to}, exclusive.
   *
   * @param rows the answer, in the order of the keys
   */
  public record Range(String from, String to, List<Row> rows) implements Step {
    public Range {
      rows = List.copyOf(rows);
    }

    /** The read of a single key. */
    public static Range ofKey(String key, List<Row> rows) {
      return new Range(key, key + "\0", rows);
    }
  }

  /**
   * A key with its value.
   *
   * @param modRevision the revision that wrote it
   */
  public record Row(String key, String value, long modRevision) {}

  boolean writes() {
    return steps.stream().anyMatch(step -> !(step instanceof Range));
  }
}
