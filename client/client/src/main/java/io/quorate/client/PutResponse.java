package io.quorate.client;

import org.jspecify.annotations.Nullable;

/**
 * A key was written.
 *
 * @param prevKv what was there before, if it was asked for and there was something
 */
public record PutResponse(Header header, @Nullable KeyValue prevKv) implements OpResponse {}
