package io.quorate.kv;

/**
 * Leases ended or were checkpointed.
 *
 * @param revision for the header
 */
public record LeaseChangeResponse(long revision) implements KvResponse {}
