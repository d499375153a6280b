package io.quorate.recipes;

import io.quorate.base.Bytes;
import io.quorate.client.KeyValue;

/**
 * One who has a turn, or waits for it.
 *
 * @param role what it has or wants
 * @param owner as it names itself; empty if it doesn't, as {@code etcdctl lock}. Of an election,
 *     the first line of what it says of itself
 * @param lease that its key goes with: of its session, if it has one
 * @param since the revision at which it queued: that of its token, once it holds
 * @param holds whether its turn has come
 * @param key that stands for it
 */
public record QueueEntry(
    Role role, String owner, long lease, long since, boolean holds, Bytes key) {

  /** What one in a queue has or wants. */
  public enum Role {
    /** All of it: a lock, or a leadership; their keys don't tell which. */
    EXCLUSIVE,
    /** All of it, for whoever says the owner's name: see {@link OwnerLocks}. */
    BY_NAME,
    /** To read, with others; also a writer that has become a reader. */
    READER,
    /** To write, alone. */
    WRITER,
    /** One of several permits. */
    PERMIT
  }

  static QueueEntry of(Role role, KeyValue kv, boolean holds) {
    return new QueueEntry(
        role, Owner.name(kv.value()), kv.lease(), kv.createRevision(), holds, kv.key());
  }
}
