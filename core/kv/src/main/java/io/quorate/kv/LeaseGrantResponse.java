package io.quorate.kv;

/**
 * A lease was created.
 *
 * @param revision for the header
 * @param lease what was granted
 */
public record LeaseGrantResponse(long revision, Lease lease) implements KvResponse {}
