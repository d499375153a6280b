package io.quorate.txn;

/** What a participant answers when it is told to prepare. */
public enum Vote {
  /** It has prepared: it can do either from now on, and does neither unless it is told. */
  YES,
  /** It can't commit, and has undone what it did. */
  NO,
  /** It has changed nothing, and takes no part in what follows. */
  READ_ONLY
}
