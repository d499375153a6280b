package io.quorate.raft;

/** Whether the peers take this member's directory for the one that they have known. */
public enum Standing {
  /** Nobody objects: the member votes, acknowledges and may lead. */
  GOOD,
  /**
   * A peer holds the directory for a wiped, copied or older one. The member neither votes nor
   * acknowledges nor campaigns, until it has been removed and added again.
   */
  REFUSED
}
