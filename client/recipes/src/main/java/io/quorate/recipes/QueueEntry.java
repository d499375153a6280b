package io.quorate.recipes;

/**
 * A session in a queue.
 *
 * @param owner as it names itself; empty if it doesn't, as {@code etcdctl}
 * @param lease of the session
 * @param since the revision at which it queued: that of its token, once it holds
 * @param holds whether it is the first
 */
public record QueueEntry(String owner, long lease, long since, boolean holds) {}
