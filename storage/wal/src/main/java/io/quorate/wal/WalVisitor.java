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
   * Whether the payloads of a group's entries are wanted; without, {@link #entry} is not called for
   * it, and {@link Wal#read} brings them later.
   */
  default boolean wantsEntries(GroupState state) {
    return true;
  }

  /**
   * The log is damaged below what was durable, and opening it is about to be refused. Here a node
   * learns in figures what its peers would have to supply.
   */
  default void damaged(Damage damage) {}
}
