package io.quorate.client;

import java.util.List;

/**
 * Keys were deleted.
 *
 * @param deleted how many
 * @param prevKvs what they were, in key order, if it was asked for
 */
public record DeleteResponse(Header header, long deleted, List<KeyValue> prevKvs)
    implements OpResponse {}
