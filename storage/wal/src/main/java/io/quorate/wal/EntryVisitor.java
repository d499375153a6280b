package io.quorate.wal;

import io.quorate.base.Bytes;

/** Takes the entries of one group, in the order of their indexes. */
@FunctionalInterface
public interface EntryVisitor {
  /**
   * One entry. The payload is the visitor's to keep.
   *
   * @param hash the rolling hash of the log up to and including this entry
   */
  void entry(long index, long term, byte kind, Bytes payload, long hash);
}
