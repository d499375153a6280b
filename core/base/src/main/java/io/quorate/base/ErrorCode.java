package io.quorate.base;

/**
 * The catalogue of failures that a caller can meet. A code is stable: exceptions, exit codes, the
 * doctor and the documentation name the same thing by it.
 */
public enum ErrorCode {
  /** No leader is known, or none can be reached. */
  NO_LEADER(Kind.UNAVAILABLE),
  /** The leader changed while the call was under way and it took no effect. */
  LEADER_CHANGED(Kind.UNAVAILABLE),
  /** The member is stopping or has stopped. */
  STOPPED(Kind.UNAVAILABLE),
  /** A queue is full: the call took no effect; try again later. */
  OVERLOADED(Kind.UNAVAILABLE),
  /** The disk is full: the call took no effect; nothing that was acknowledged is lost. */
  DISK_FULL(Kind.UNAVAILABLE),
  /** Another process, or another member in this one, works on the directory. */
  DIRECTORY_IN_USE(Kind.UNAVAILABLE),
  /** No member answered in time, and nothing was changed. */
  UNREACHABLE(Kind.UNAVAILABLE),
  /** The calling thread was interrupted while it waited for something that changes nothing. */
  INTERRUPTED(Kind.UNAVAILABLE),
  /** The clock is behind the last id by more than is allowed: no ids are made. */
  CLOCK_BEHIND(Kind.UNAVAILABLE),
  /** Somebody else has the lock, and had it until the caller's time was over. */
  LOCK_BUSY(Kind.UNAVAILABLE),
  /** All workers are in use: no ids can be made as one of them. */
  WORKERS_EXHAUSTED(Kind.UNAVAILABLE),
  /** A file could not be read or written; nothing that was promised is lost. */
  FILE_FAILED(Kind.UNAVAILABLE),
  /** The call took too long; whether it took effect is not known. */
  TIMED_OUT(Kind.INDETERMINATE),
  /** The call was handed on, and the outcome was lost on the way back. */
  OUTCOME_UNKNOWN(Kind.INDETERMINATE),
  /** The request can never succeed as it is. */
  INVALID_REQUEST(Kind.REJECTED),
  /** What the request names is not there: a lease, a member, a role. */
  NOT_FOUND(Kind.REJECTED),
  /** The revision asked for has been compacted away. */
  REVISION_COMPACTED(Kind.REJECTED),
  /** The revision asked for has not been reached yet. */
  REVISION_IN_FUTURE(Kind.REJECTED),
  /** The store has reached its quota: it refuses writes until space is made and the alarm ends. */
  SPACE_EXCEEDED(Kind.REJECTED),
  /** The member was removed from the cluster, and has no way back. */
  MEMBER_REMOVED(Kind.REJECTED),
  /** The server does not have this method. */
  NOT_SUPPORTED(Kind.REJECTED),
  /** A value is there, and isn't of the form that the caller reads. */
  VALUE_UNREADABLE(Kind.REJECTED),
  /** The caller may not do this. */
  PERMISSION_DENIED(Kind.REJECTED),
  /** The state moved on: a compare failed. */
  STATE_MOVED(Kind.CONFLICT),
  /** A session is over or may be, and with it what was held under it. */
  SESSION_LOST(Kind.CONFLICT),
  /** A lock, a leadership or a permit is no longer the caller's. */
  OWNERSHIP_LOST(Kind.CONFLICT),
  /** A transaction was undone wherever it had done something: nothing of it remains. */
  TRANSACTION_ABORTED(Kind.CONFLICT),
  /** A participant of a transaction has done otherwise than was decided. */
  HEURISTIC_OUTCOME(Kind.CORRUPT),
  /** A file or a record is damaged and could not be repaired. */
  DATA_DAMAGED(Kind.CORRUPT),
  /** A file of the rows' engine is damaged or missing: the state is to be had from peers. */
  ENGINE_DAMAGED(Kind.CORRUPT),
  /** A write or a sync of the log failed: it takes nothing more until it is opened again. */
  LOG_FAILED(Kind.CORRUPT),
  /** The rows' engine could not write or read its files: the group stops. */
  ENGINE_FAILED(Kind.CORRUPT),
  /** A directory or a peer belongs to another cluster, member or format. */
  WRONG_IDENTITY(Kind.CORRUPT);

  /** What the caller may conclude and do. */
  public enum Kind {
    /** Took no effect; may be tried again. */
    UNAVAILABLE,
    /** Took no effect and never will. */
    REJECTED,
    /** Took no effect, because the state is another by now. */
    CONFLICT,
    /** May have taken effect, or may still. */
    INDETERMINATE,
    /** Data is damaged: stop and look. */
    CORRUPT
  }

  private final Kind kind;

  ErrorCode(Kind kind) {
    this.kind = kind;
  }

  /** What the caller may conclude and do. */
  public Kind kind() {
    return kind;
  }

  /** Whether an exception is one of ours with this code. */
  public boolean isOf(Throwable thrown) {
    return thrown instanceof QuorateException known && known.code() == this;
  }
}
