package io.quorate.txn;

/** Where a transaction is, as its coordinator knows it. */
public enum CoordinatorState {
  /** Nobody was told anything. */
  INIT,
  /** Its only participant was told to commit, and hasn't answered. */
  WAITING_ONE_PHASE,
  /** Participants were told to prepare, and not all have voted. */
  WAITING_PREPARE,
  /** The decision is under way to its record: from now on that decides, and nothing else. */
  WAITING_DECISION,
  /** It is committed, and not all participants have said that they have done so. */
  WAITING_COMMIT,
  /** All participants have committed. */
  COMMITTED,
  /** It is aborted; participants are told so until all have answered. */
  ABORTED,
  /** What was decided can't be found out any more. */
  UNKNOWN
}
