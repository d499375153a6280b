package io.quorate.client;

/**
 * A lease that has begun.
 *
 * @param ttlSeconds how long it lives without being renewed; may be longer than asked for
 */
public record LeaseGrantResponse(Header header, long id, long ttlSeconds) {}
