package io.quorate.events.group;

import io.quorate.events.Position;

/**
 * How a partition stands.
 *
 * @param partition which
 * @param owner who handles it, as it calls itself; empty if nobody does at the moment
 * @param checkpoint up to where its events are handled
 */
public record PartitionStatus(int partition, String owner, Position checkpoint) {}
