package io.quorate.kv;

import org.jspecify.annotations.Nullable;

/**
 * A key was written.
 *
 * @param revision for the header
 * @param prevKv the version before, if it was asked for and there was one
 */
public record PutResponse(long revision, @Nullable KeyValue prevKv) implements KvResponse {}
