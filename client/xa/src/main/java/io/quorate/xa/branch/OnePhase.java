package io.quorate.xa.branch;

import org.jspecify.annotations.Nullable;

/**
 * What became of a branch that was told to commit without preparing.
 *
 * @param reason why it aborted, or why its outcome can't be known; null if it committed
 */
public record OnePhase(Outcome outcome, @Nullable Throwable reason) {
  /** The kinds of it. */
  public enum Outcome {
    /** All that it did is durable. */
    COMMITTED,
    /** Nothing of it remains. */
    ABORTED,
    /** The answer was lost, and the resource can't tell any more. */
    LOST
  }

  /** It has committed. */
  public static OnePhase committed() {
    return new OnePhase(Outcome.COMMITTED, null);
  }

  /** It has not. */
  public static OnePhase aborted(Throwable reason) {
    return new OnePhase(Outcome.ABORTED, reason);
  }

  /** Nobody can tell. */
  public static OnePhase lost(Throwable reason) {
    return new OnePhase(Outcome.LOST, reason);
  }
}
