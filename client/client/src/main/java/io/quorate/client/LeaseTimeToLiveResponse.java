package io.quorate.client;

import io.quorate.base.Bytes;
import java.util.List;

/**
 * How long a lease has left.
 *
 * @param ttlSeconds -1 if there is no such lease
 * @param keys that go with it, if they were asked for
 */
public record LeaseTimeToLiveResponse(
    Header header, long id, long ttlSeconds, long grantedTtlSeconds, List<Bytes> keys) {}
