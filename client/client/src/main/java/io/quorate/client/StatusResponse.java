package io.quorate.client;

import java.util.List;

/**
 * How one member is.
 *
 * @param version of the server
 * @param dbSize bytes that the state takes on disk
 * @param leader the member that it takes for the leader; 0 for none; unsigned
 * @param raftIndex its commit index; unsigned, as below
 * @param errors what is wrong, in words
 * @param dbSizeInUse bytes of {@code dbSize} that hold something
 * @param learner whether it only listens and doesn't vote
 * @param storageVersion empty before etcd 3.6
 * @param dbSizeQuota size at which it refuses writes; 0 before etcd 3.6
 */
public record StatusResponse(
    Header header,
    String version,
    long dbSize,
    long leader,
    long raftIndex,
    long raftTerm,
    long raftAppliedIndex,
    List<String> errors,
    long dbSizeInUse,
    boolean learner,
    String storageVersion,
    long dbSizeQuota) {}
