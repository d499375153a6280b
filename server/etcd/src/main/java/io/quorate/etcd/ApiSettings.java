package io.quorate.etcd;

import io.quorate.base.Limits;

/**
 * What the services are told about the member that they serve.
 *
 * @param clusterId the cluster, for every answer's header
 * @param memberId this member, for every answer's header
 * @param requestBytesMax longest request that may be proposed
 * @param txnOpsMax most operations in one list of a transaction
 * @param electionNanos after how long without a leader a member campaigns: the shortest lease and
 *     the patience with a lost leader follow from it
 * @param watchProgressNanos pause between the progress notices of a quiet watcher
 * @param quotaBytes size on disk at which puts are refused; {@link Long#MAX_VALUE} for no bound
 */
public record ApiSettings(
    long clusterId,
    long memberId,
    int requestBytesMax,
    int txnOpsMax,
    long electionNanos,
    long watchProgressNanos,
    long quotaBytes) {
  /** Pause between progress notices unless told otherwise; etcd's. */
  public static final long WATCH_PROGRESS_NANOS_DEFAULT = 600_000_000_000L;

  /** The shortest such pause; etcd's. */
  public static final long WATCH_PROGRESS_NANOS_MIN = 100_000_000L;

  private static final long ELECTION_NANOS_DEFAULT = 1_000_000_000L;

  /** The settings of a member without flags. */
  public static ApiSettings of(long clusterId, long memberId) {
    return new ApiSettings(
        clusterId,
        memberId,
        Limits.REQUEST_BYTES_DEFAULT,
        Limits.TXN_OPS_DEFAULT,
        ELECTION_NANOS_DEFAULT,
        WATCH_PROGRESS_NANOS_DEFAULT,
        Limits.QUOTA_BYTES_DEFAULT);
  }

  /** Longest message that the transport should take for these settings, in bytes. */
  public int messageBytesMax() {
    return requestBytesMax + Limits.REQUEST_OVERHEAD_BYTES;
  }
}
