package io.quorate.kv;

/**
 * Ends a lease and deletes its keys, in key order and in one revision; refused with {@link
 * KvError#LEASE_NOT_FOUND} if there is none.
 *
 * @param id its number
 */
public record LeaseRevokeRequest(long id) implements LeaseRequest {}
