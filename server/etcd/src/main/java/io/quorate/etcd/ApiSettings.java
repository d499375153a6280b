package io.quorate.etcd;

import io.quorate.base.Limits;

/**
 * What the services are told about the member that they serve.
 *
 * @param clusterId the cluster, for every answer's header
 * @param memberId this member, for every answer's header
 * @param requestBytesMax longest request that may be proposed
 * @param txnOpsMax most operations in one list of a transaction
 * @param quotaBytes size on disk at which puts are refused; {@link Long#MAX_VALUE} for no bound
 */
public record ApiSettings(
    long clusterId, long memberId, int requestBytesMax, int txnOpsMax, long quotaBytes) {

  /** The settings of a member without flags. */
  public static ApiSettings of(long clusterId, long memberId) {
    return new ApiSettings(
        clusterId,
        memberId,
        Limits.REQUEST_BYTES_DEFAULT,
        Limits.TXN_OPS_DEFAULT,
        Limits.QUOTA_BYTES_DEFAULT);
  }

  /** Longest message that the transport should take for these settings, in bytes. */
  public int messageBytesMax() {
    return requestBytesMax + Limits.REQUEST_OVERHEAD_BYTES;
  }
}
