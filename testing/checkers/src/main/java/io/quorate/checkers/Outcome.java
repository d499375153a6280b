package io.quorate.checkers;

/** What a transaction's client learned of it. */
public enum Outcome {
  /** It is committed. */
  OK,
  /** It did not happen, and never will. */
  FAIL,
  /** Nobody knows: it may have happened, may happen later, or never. */
  INFO
}
