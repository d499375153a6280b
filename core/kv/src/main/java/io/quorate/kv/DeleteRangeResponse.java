package io.quorate.kv;

import java.util.List;

/**
 * The keys of a range were deleted.
 *
 * @param revision for the header
 * @param deleted how many there were
 * @param prevKvs what was deleted, in key order, if it was asked for
 */
public record DeleteRangeResponse(long revision, long deleted, List<KeyValue> prevKvs)
    implements KvResponse {}
