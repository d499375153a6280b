package io.quorate.client;

import io.quorate.base.Bytes;

/**
 * A piece of a member's state.
 *
 * @param remainingBytes how much is still to come
 * @param version of the storage; empty before etcd 3.6
 */
public record SnapshotPart(Header header, long remainingBytes, Bytes blob, String version) {}
