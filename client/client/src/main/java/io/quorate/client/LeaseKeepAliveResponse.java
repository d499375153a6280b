package io.quorate.client;

/**
 * A lease was renewed.
 *
 * @param ttlSeconds how long it lives from now; 0 if there is no such lease
 */
public record LeaseKeepAliveResponse(Header header, long id, long ttlSeconds) {}
