package io.quorate.client;

import io.quorate.base.Bytes;

/**
 * By what a leader is known.
 *
 * @param revision at which its key was created: rises from leader to leader
 */
public record LeaderKey(Bytes name, Bytes key, long revision, long lease) {}
