package io.quorate.node;

/** What became of the wish that another member should lead. */
public enum LeadershipMove {
  /** It leads. */
  MOVED,
  /** This member doesn't lead, and can't hand over what it hasn't. */
  NOT_LEADER,
  /** There is no such member, or it has no vote. */
  BAD_TARGET,
  /** It can't be reached, or didn't take over in time; this member leads on. */
  NOT_TAKEN
}
