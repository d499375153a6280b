package io.quorate.wal;

import io.quorate.base.Bytes;

/**
 * Takes what a log holds when it is opened: for each group, in the order of their ids, its state
 * and then its entries in the order of their indexes.
 */
public interface WalVisitor {
  /** A group that the log holds. */
  void group(GroupState state);

  /** An entry of the group named last. The payload is the visitor's to keep. */
  void entry(long group, long index, long term, byte kind, Bytes payload, long hash);

  /**
   * In the place of an entry that was found damaged: a peer has to supply it ({@link
   * Mending#restore}).
   */
  default void missing(long group, long index) {}

  /**
   * Whether the payloads of a group's entries are wanted; without, {@link #entry} is not called for
   * it, and {@link Wal#read} brings them later.
   */
  default boolean wantsEntries(GroupState state) {
    return true;
  }

  /**
   * Something that was durable is not what it was. What can be told about it otherwise is; entries
   * that can't are {@link #missing}; and if even that is not enough, opening is refused.
   */
  default void damaged(Damage damage) {}
}
