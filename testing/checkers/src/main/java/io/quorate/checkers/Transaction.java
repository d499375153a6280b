package io.quorate.checkers;

import java.util.List;

/**
 * A transaction as its client saw it.
 *
 * @param id its place in {@link History#transactions()}, in the order of invocations
 * @param process who ran it; a process runs one transaction after the other
 * @param invoked the place of its invocation among all events of the history
 * @param completed the place of its completion among them; {@link #NEVER} if it has none
 * @param began nanoseconds, of any clock: for words only, the order is that of the events
 * @param ended nanoseconds of the same clock; without meaning if it never completed
 * @param ops its steps in their order; reads have what they saw if the outcome is {@link
 *     Outcome#OK}
 */
public record Transaction(
    int id,
    int process,
    Outcome outcome,
    int invoked,
    int completed,
    long began,
    long ended,
    List<MicroOp> ops) {
  /** After all events: an unknown outcome may come about at any time. */
  public static final int NEVER = Integer.MAX_VALUE;

  public Transaction {
    ops = List.copyOf(ops);
    if (outcome == Outcome.OK) {
      for (MicroOp op : ops) {
        if (op instanceof MicroOp.Read read && read.seen() == null) {
          throw new IllegalArgumentException(
              "T" + id + " is committed, but what it read isn't told: " + op);
        }
      }
    }
  }

  /** The same, with other steps. */
  public Transaction withOps(List<MicroOp> other) {
    return new Transaction(id, process, outcome, invoked, completed, began, ended, other);
  }

  /** What it is called in explanations. */
  public String name() {
    return "T" + id;
  }

  @Override
  public String toString() {
    return name()
        + " ("
        + outcome
        + ", process "
        + process
        + ", "
        + Words.time(began)
        + (completed == NEVER ? " to ?" : " to " + Words.time(ended))
        + "): "
        + Words.list(ops);
  }
}
