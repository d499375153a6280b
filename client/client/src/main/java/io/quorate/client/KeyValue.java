package io.quorate.client;

import io.quorate.base.Bytes;

/**
 * A key as it stood at some revision.
 *
 * @param createRevision the revision that created it
 * @param modRevision the revision that last wrote it
 * @param version how often it was written since its creation, from 1 on
 * @param lease the lease that it goes with, or 0
 */
public record KeyValue(
    Bytes key, Bytes value, long createRevision, long modRevision, long version, long lease) {}
