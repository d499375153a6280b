package io.quorate.xa.it;

/** Where a transaction can be when something dies: the steps of its commit, in their order. */
enum Step {
  /** Both branches have done their work. */
  ENLISTED,
  /** The first is about to prepare. */
  BEFORE_PREPARE,
  /** The order to prepare is on its way to the first, and nobody knows how far. */
  IN_PREPARE,
  /** One is prepared. */
  AFTER_PREPARE,
  /** Both are, and nothing is decided. */
  BEFORE_DECISION,
  /** The decision is on its way to the store, and nobody knows how far. */
  IN_DECISION,
  /** The store has answered that it is taken. */
  AFTER_DECISION,
  /** The first is about to commit. */
  BEFORE_COMMIT,
  /** The order to commit is on its way to the first, and nobody knows how far. */
  IN_COMMIT,
  /** One has committed. */
  AFTER_COMMIT,
  /** Both have, and the decision is still in the store. */
  BEFORE_FORGET;

  /** Whether a process goes on at this step, to be struck somewhere behind it. */
  boolean goesOn() {
    return this == IN_PREPARE || this == IN_DECISION || this == IN_COMMIT;
  }
}
