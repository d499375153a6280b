package io.quorate.node;

import io.quorate.base.Bytes;

/**
 * What a member says of itself before its first frame.
 *
 * @param clusterId the cluster it belongs to; another one is refused
 * @param from who speaks
 * @param to whom it means to reach; a stale address is thereby noticed
 * @param boot how often its data directory has been started
 * @param nonce a number drawn at this start: two lives of one directory differ in it
 * @param extension what later versions add; ignored by those who don't know it
 */
public record PeerHandshake(
    long clusterId, long from, long to, long boot, long nonce, Bytes extension) {}
