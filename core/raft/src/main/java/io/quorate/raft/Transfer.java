package io.quorate.raft;

/** The answer to a request to hand leadership over. All but {@link #STARTED} took no effect. */
public enum Transfer {
  /** Under way; ends with a change of leader or with {@link Effects#transferFailed}. */
  STARTED,
  /** This member doesn't lead. */
  NOT_LEADER,
  /** The target is no voter of the configuration in force, or its vote doesn't stand yet. */
  NOT_A_VOTER,
  /** The target leads already. */
  ALREADY_LEADER,
  /** Another hand-over is under way. */
  IN_FLIGHT,
  /** The target can't be reached. */
  UNREACHABLE
}
