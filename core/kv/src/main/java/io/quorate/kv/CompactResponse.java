package io.quorate.kv;

/**
 * What was superseded is forgotten; its space is released later, by {@link CompactionJob}.
 *
 * @param revision for the header
 */
public record CompactResponse(long revision) implements KvResponse {}
