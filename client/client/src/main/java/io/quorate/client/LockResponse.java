package io.quorate.client;

import io.quorate.base.Bytes;

/**
 * A lock is held.
 *
 * @param key exists as long as it is
 */
public record LockResponse(Header header, Bytes key) {}
