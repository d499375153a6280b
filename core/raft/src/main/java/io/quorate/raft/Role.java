package io.quorate.raft;

/** What a member is in its group at present. */
public enum Role {
  /** Follows a leader, or waits for one. Learners are followers that have no vote. */
  FOLLOWER,
  /** Asks whether it could win, without disturbing anybody's term. */
  PRE_CANDIDATE,
  /** Asks for votes in a term of its own. */
  CANDIDATE,
  /** Leads its term. */
  LEADER
}
