package io.quorate.kv;

/**
 * Forgets what was superseded at or below a revision.
 *
 * @param revision the oldest revision that stays readable
 * @param physical whether the caller wants the answer only once the space is released; the store
 *     itself answers at once, the node that runs the {@link CompactionJob} holds the answer back
 */
public record CompactRequest(long revision, boolean physical) implements KvRequest {}
