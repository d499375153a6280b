package io.quorate.simulator.transactions;

/** What is wrong on purpose: a check that finds none of these finds nothing. */
public enum Planted {
  /** Nothing. */
  NOTHING,
  /** Decisions are written without asking whether their incarnation lives. */
  UNFENCED,
  /** Somebody rolls back what has been prepared for long, without asking the store. */
  ABORTS_WHO_IS_SLOW,
  /** A database doesn't list what prepared after its client was gone. */
  HIDES_LATE_PREPARES,
  /** A database forgets what is prepared when it crashes. */
  FORGETS_WHAT_IS_PREPARED,
  /** Somebody deletes decisions that have been there for a while. */
  DELETES_DECISIONS,
  /** A database answers that it has committed, and hasn't. */
  COMMITS_NOTHING
}
