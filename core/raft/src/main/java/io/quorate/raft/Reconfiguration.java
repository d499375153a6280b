package io.quorate.raft;

/** The answer to a request for another configuration. All but {@link #ACCEPTED} took no effect. */
public enum Reconfiguration {
  /** It is in the log, and in force here; {@link Effects#configuration} tells of its commit. */
  ACCEPTED,
  /** This member doesn't lead. */
  NOT_LEADER,
  /** The configuration is another by now than the one that the request was made for. */
  STALE,
  /** Another change is under way; one at a time. */
  IN_FLIGHT,
  /** The leader hasn't committed an entry of its own term yet (the 2015 single-step bug). */
  NOT_READY,
  /** No voter would be left, a member would be both voter and learner, or there are too many. */
  INVALID,
  /** The group has this configuration already. */
  UNCHANGED,
  /** Leadership is being handed over. */
  TRANSFERRING
}
