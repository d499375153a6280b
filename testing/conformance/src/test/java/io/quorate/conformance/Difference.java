package io.quorate.conformance;

/**
 * Where etcd's versions differ, all in one place: what is newer, since which 3.x, and what was
 * before. Each case that depends on one names it; Quorate is held to the newest.
 */
enum Difference {
  /** A progress request waits until its stream's watchers have caught up; 3.4 answers at once. */
  PROGRESS_IN_ORDER(5),
  /** A watch from a negative revision is refused; 3.4 creates it, then cancels it as compacted. */
  NEGATIVE_START_REFUSED(5),
  /** A watch from the compacted revision sees a tombstone of that revision; 3.4 doesn't. */
  TOMBSTONE_AT_COMPACTED_SEEN(5),
  /** Unknown sort orders and targets are refused; 3.4 and 3.5 fall over an unknown target. */
  SORT_CHECKED(6),
  /** A permission that is absent is refused; 3.4 falls over it. */
  PERMISSION_CHECKED(5),
  /** Answers about alarms have a header; in 3.4 they have none. */
  ALARM_HEADER(5),
  /** With auth off a token means nothing; 3.4 refuses one that it doesn't know. */
  TOKEN_MEANS_NOTHING_WITHOUT_AUTH(5),
  /** A lease's keys are told to who may read them; 3.4 tells everybody. */
  LEASE_KEYS_GUARDED(5),
  /** A nested txn is judged like its outer one; before, nobody looked into it. */
  NESTED_TXN_GUARDED(6),
  /** A permission for an inverted range is refused; 3.4 takes it. */
  PERMISSION_RANGE_CHECKED(5),
  /** AuthStatus, Downgrade and linearizable member lists; 3.4 lacks them. */
  AUTH_STATUS(5),
  DOWNGRADE(5),
  MEMBER_LIST_LINEARIZABLE(5),
  /** With auth on each method but Authenticate needs a token; 3.4 leaves many open. */
  TOKEN_FOR_ALL(5),
  /** Admin methods refuse with their codes; before, some answered Unknown with "auth: …". */
  ADMIN_CODES(6),
  /** Status tells storageVersion, dbSizeQuota and downgradeInfo. */
  STATUS_OF_STORAGE(6),
  /** HashKV tells the revision that it hashed. */
  HASH_REVISION(6),
  /** Canceling a downgrade that isn't is no error; 3.5 refuses. */
  DOWNGRADE_CANCEL_OK(6),
  /** /version tells the storage version. */
  STORAGE_IN_VERSION(6),
  /** /livez and /readyz on every server. */
  LIVEZ(6),
  /** Errors of the gateway are google.rpc.Status: code, message, details; before also "error". */
  GATEWAY_STATUS(6),
  /** --watch-progress-notify-interval; before --experimental-watch-progress-notify-interval. */
  FLAGS_WITHOUT_EXPERIMENTAL(6);

  private final int sinceMinor;

  Difference(int sinceMinor) {
    this.sinceMinor = sinceMinor;
  }

  /** The first 3.x with it. */
  int sinceMinor() {
    return sinceMinor;
  }
}
