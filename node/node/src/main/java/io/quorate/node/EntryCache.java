package io.quorate.node;

import io.quorate.base.Bytes;
import io.quorate.base.Checks;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The recent end of a group's log in memory, so that replication and apply seldom read the disk.
 *
 * <p>Holds a gapless run of entries up to the last one of the log. What may be dropped is dropped
 * from the front, oldest first, as soon as more than the budget is held; an entry that isn't yet
 * both durable and applied may never be, so the bound in bytes is the budget plus what the core
 * admits uncommitted. Used on the group's loop only.
 *
 * <p>Of what the followers have, too, only a short tail stays. That an entry leaves soon matters
 * more than its bytes: what outlives a few young collections is copied by each of them, and then
 * fills the old generation.
 */
final class EntryCache {
  private static final int CAPACITY_MIN = 1_024;

  /** What is held of the entries that everybody has: a connection may break and lose some. */
  private static final long TAIL_BYTES = 1 << 20;

  private final long bytesBudget;
  private final long tailBytes;

  private @Nullable Bytes[] payloads = new Bytes[CAPACITY_MIN];
  private long[] terms = new long[CAPACITY_MIN];
  private long[] hashes = new long[CAPACITY_MIN];
  private byte[] kinds = new byte[CAPACITY_MIN];
  private int mask = CAPACITY_MIN - 1;

  /** The rolling hash of the log up to the entry before the first one held. */
  private long hashBefore;

  /** The first index held; {@code last + 1} while nothing is. */
  private long first;

  private long last;
  private long bytes;
  private long droppable;
  private long supplied;
  private long appendedBytes;

  /**
   * @param last the log's last index: the next entry to be added is the one after it
   * @param hash the rolling hash up to that index
   */
  EntryCache(long last, long hash, long bytesBudget) {
    this.hashBefore = hash;
    this.first = last + 1;
    this.last = last;
    this.droppable = last;
    this.supplied = last;
    this.bytesBudget = bytesBudget;
    this.tailBytes = Math.min(TAIL_BYTES, bytesBudget);
  }

  /** The first index that is held. */
  long first() {
    return first;
  }

  /** The last index of the log, held or not. */
  long last() {
    return last;
  }

  /** Payload bytes held. */
  long bytes() {
    return bytes;
  }

  /** Payload bytes ever appended. */
  long appendedBytes() {
    return appendedBytes;
  }

  boolean holds(long index) {
    return index >= first && index <= last;
  }

  /** Adds the entry after the last one. */
  void append(long index, long term, byte kind, long hash, Bytes payload) {
    Checks.that(index == last + 1, "append index=%d last=%d", index, last);
    if (index - first > mask) {
      grow();
    }
    int slot = slot(index);
    payloads[slot] = payload;
    terms[slot] = term;
    hashes[slot] = hash;
    kinds[slot] = kind;
    last = index;
    bytes += payload.length();
    appendedBytes += payload.length();
    trim();
  }

  /** Forgets every entry after {@code index}: another leader wrote others in their place. */
  void truncateAfter(long index) {
    Checks.that(index >= first - 1, "truncate to %d, and %d was dropped", index, first - 1);
    for (long i = Math.max(index + 1, first); i <= last; i++) {
      bytes -= payload(i).length();
      payloads[slot(i)] = null;
    }
    last = Math.min(last, index);
    droppable = Math.min(droppable, last);
  }

  /** Starts over behind {@code index}, which a snapshot covers. */
  void reset(long index, long hash) {
    hashBefore = hash;
    Arrays.fill(payloads, null);
    bytes = 0;
    first = index + 1;
    last = index;
    droppable = index;
  }

  /**
   * Entries up to {@code index} are durable and applied: they may go when room is needed, and those
   * up to {@code suppliedIndex}, which nobody is likely to ask for, at once.
   */
  void mayDrop(long index, long suppliedIndex) {
    droppable = Math.max(droppable, Math.min(index, last));
    supplied = suppliedIndex;
    trim();
  }

  Bytes payload(long index) {
    checkHeld(index);
    Bytes payload = payloads[slot(index)];
    if (payload == null) {
      throw Checks.unreachable("no payload at held index " + index);
    }
    return payload;
  }

  long term(long index) {
    checkHeld(index);
    return terms[slot(index)];
  }

  /** The rolling hash up to an entry that is held, or up to the one before the first. */
  long hash(long index) {
    if (index == first - 1) {
      return hashBefore;
    }
    checkHeld(index);
    return hashes[slot(index)];
  }

  byte kind(long index) {
    checkHeld(index);
    return kinds[slot(index)];
  }

  private void trim() {
    while (first <= droppable && bytes > (first <= supplied ? tailBytes : bytesBudget)) {
      hashBefore = hashes[slot(first)];
      bytes -= payload(first).length();
      payloads[slot(first)] = null;
      first++;
    }
  }

  private void grow() {
    int capacity = (mask + 1) * 2;
    @Nullable Bytes[] morePayloads = new Bytes[capacity];
    long[] moreTerms = new long[capacity];
    long[] moreHashes = new long[capacity];
    byte[] moreKinds = new byte[capacity];
    for (long i = first; i <= last; i++) {
      int from = slot(i);
      int to = (int) (i & (capacity - 1));
      morePayloads[to] = payloads[from];
      moreTerms[to] = terms[from];
      moreHashes[to] = hashes[from];
      moreKinds[to] = kinds[from];
    }
    payloads = morePayloads;
    terms = moreTerms;
    hashes = moreHashes;
    kinds = moreKinds;
    mask = capacity - 1;
  }

  private int slot(long index) {
    return (int) (index & mask);
  }

  private void checkHeld(long index) {
    Checks.that(holds(index), "index=%d is outside of [%d, %d]", index, first, last);
  }
}
