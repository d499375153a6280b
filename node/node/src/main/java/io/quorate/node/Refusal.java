package io.quorate.node;

import io.quorate.base.ErrorCode;

/** Why a replica didn't do as asked. {@link #code} says what the caller may conclude. */
public enum Refusal {
  /** No leader is known; the call took no effect. */
  NO_LEADER(ErrorCode.NO_LEADER),
  /** The leader changed under the call; a write took no effect that is known, and may yet. */
  LEADER_CHANGED(ErrorCode.OUTCOME_UNKNOWN),
  /** The call's time is over; a write may have taken effect or may still. */
  TIMED_OUT(ErrorCode.TIMED_OUT),
  /** As {@link #TIMED_OUT}, while the leader was lost. */
  TIMED_OUT_LEADER_LOST(ErrorCode.TIMED_OUT),
  /** Too much waits already; the call took no effect. */
  OVERLOADED(ErrorCode.OVERLOADED),
  /** The command is larger than an entry may be; the call took no effect. */
  TOO_LARGE(ErrorCode.INVALID_REQUEST),
  /** This member's disk is full: it takes no writes until there is room; no effect. */
  DISK_FULL(ErrorCode.DISK_FULL),
  /** This member stopped before it had applied the write, which may have taken effect elsewhere. */
  NOT_APPLIED(ErrorCode.OUTCOME_UNKNOWN),
  /** The member is stopping. */
  STOPPED(ErrorCode.STOPPED),
  /** This member may not answer: a learner, or one whose disk has failed. */
  NOT_SERVING(ErrorCode.STOPPED),
  /** This member gets from its peers what its disk has lost; the call took no effect. */
  REPAIRING(ErrorCode.STOPPED),
  /** This member only learns; it votes on nothing and answers no such call. */
  LEARNER(ErrorCode.INVALID_REQUEST);

  private final ErrorCode code;

  Refusal(ErrorCode code) {
    this.code = code;
  }

  /** The catalogue's code for it. */
  public ErrorCode code() {
    return code;
  }
}
