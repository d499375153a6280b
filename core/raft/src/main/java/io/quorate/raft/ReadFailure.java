package io.quorate.raft;

/** Why a read has no index. It may be asked for again at once, under a new sequence number. */
public enum ReadFailure {
  /** No leader is known. */
  NO_LEADER,
  /** The leader that was asked no longer leads. */
  LEADER_CHANGED,
  /** Too many reads wait. */
  OVERLOADED
}
