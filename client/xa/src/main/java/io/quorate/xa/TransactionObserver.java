package io.quorate.xa;

import io.quorate.client.ClientObserver;
import io.quorate.txn.Decision;
import java.time.Duration;

/**
 * A client's observer that also hears of transactions over databases: give it to the client whose
 * store keeps the decisions ({@link io.quorate.client.ClientOptions#observer}).
 *
 * <p>As of every observer, its methods must be quick and never wait.
 */
public interface TransactionObserver extends ClientObserver {
  /** A transaction begins. */
  default void transactionBegan() {}

  /**
   * A transaction has ended, as far as whoever began it is told.
   *
   * @param duration of its commit or rollback alone, without its work
   */
  default void transactionEnded(Outcome outcome, Duration duration) {}

  /**
   * Recovery has finished a branch that was found at a resource, and that nobody drove any more.
   *
   * @param decision what was done with it
   */
  default void branchRecovered(String resource, Decision decision) {}

  /** A resource did otherwise than was decided. */
  default void heuristicOutcome(String resource) {}

  /**
   * What a round of recovery has found at a resource, after it has done what it could.
   *
   * @param inDoubt how many branches are left there that are prepared and that nobody drives
   * @param ask how many of these a person has to decide
   * @param oldest since when the first of them has been known here; zero if there is none
   */
  default void lookedThrough(String resource, int inDoubt, int ask, Duration oldest) {}

  /** Recovery couldn't look through a resource. */
  default void lookFailed(String resource) {}

  /** A coordinator's life begins, or another one after a loss. */
  default void coordinatorBegan() {}

  /** A coordinator's lease has ended, or may have: its open transactions will be aborted. */
  default void coordinatorLost() {}
}
