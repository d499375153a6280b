package io.quorate.client;

/**
 * A hash over a member's contents.
 *
 * @param hash unsigned
 * @param compactRevision from which on history was hashed
 * @param hashRevision up to which it was; 0 before etcd 3.6
 */
public record HashResponse(Header header, int hash, long compactRevision, long hashRevision) {}
