package io.quorate.kv;

import java.util.List;

/**
 * The keys of a range.
 *
 * @param revision for the header: the store's revision, not the one that was read at
 * @param kvs the keys that were asked for, sorted, filtered and limited
 * @param more whether the limit left some out
 * @param count how many keys the range has at that revision, regardless of limit and filters
 */
public record RangeResponse(long revision, List<KeyValue> kvs, boolean more, long count)
    implements KvResponse {}
