package io.quorate.admin;

/**
 * What the pages say of the member that they don't ask it for.
 *
 * @param memberId this member
 * @param serverVersion the version of the API that is spoken
 * @param clusterVersion the version that the cluster has agreed on
 * @param storageVersion the version of the storage
 * @param quotaBytes size of the state at which puts are refused; {@link Long#MAX_VALUE} for none
 */
public record AdminSettings(
    long memberId,
    String serverVersion,
    String clusterVersion,
    String storageVersion,
    long quotaBytes) {}
