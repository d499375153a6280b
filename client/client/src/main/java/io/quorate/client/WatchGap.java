package io.quorate.client;

/**
 * A piece of history that was compacted before it was told.
 *
 * @param from the first revision of which something may be missing
 * @param to the last
 */
public record WatchGap(long from, long to) {}
