package io.quorate.raft;

/** The answer to a proposal. Everything but {@link #ADMITTED} took no effect. */
public enum Admission {
  /** It is the log's last entry now; its fate is told by commit or loss. */
  ADMITTED,
  /** This member doesn't lead. */
  NOT_LEADER,
  /** It was meant for the leader of another term. */
  OTHER_TERM,
  /** Too many bytes wait for their commit; try again when some have been committed. */
  OVERLOADED,
  /** It is larger than an entry may ever be. */
  TOO_LARGE,
  /** Leadership is being handed over; try again at the new leader. */
  TRANSFERRING
}
