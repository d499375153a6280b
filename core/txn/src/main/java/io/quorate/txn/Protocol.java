package io.quorate.txn;

/** What makes a transaction committed. */
public enum Protocol {
  /**
   * A record of it in the store. Without a record it is aborted, which needs none: presumed abort.
   */
  RECORD_DECIDES,
  /**
   * That all participants have prepared. What needs a record is the abort, as somebody else may
   * have found all of them prepared.
   */
  VOTES_DECIDE
}
