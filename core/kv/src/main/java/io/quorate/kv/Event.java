package io.quorate.kv;

import org.jspecify.annotations.Nullable;

/**
 * What became of a key in one step of a revision.
 *
 * @param delete whether it was deleted; else it was put
 * @param kv the version that was put; of a deletion only key and mod revision, the rest is 0
 * @param prevKv the version before; null if there was none, or if compaction has taken it
 */
public record Event(boolean delete, KeyValue kv, @Nullable KeyValue prevKv) {}
