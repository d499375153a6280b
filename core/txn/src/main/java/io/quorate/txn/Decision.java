package io.quorate.txn;

/** What becomes of a transaction. */
public enum Decision {
  COMMIT,
  ABORT
}
