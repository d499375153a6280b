package io.quorate.raft;

/** What a member is in its group at present. */
public enum Role {
  /** Follows a leader, or waits for one. Learners are followers that have no vote. */
  FOLLOWER(0),
  /** Asks whether it could win, without disturbing anybody's term. */
  PRE_CANDIDATE(1),
  /** Asks for votes in a term of its own. */
  CANDIDATE(2),
  /** Leads its term. */
  LEADER(3);

  /** Its place in canonical encodings; never changes. */
  final int code;

  Role(int code) {
    this.code = code;
  }
}
