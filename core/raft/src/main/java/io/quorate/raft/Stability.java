package io.quorate.raft;

import io.quorate.base.Checks;
import java.util.Arrays;
import java.util.function.LongConsumer;

/**
 * Which part of the log is durable, while writes are under way.
 *
 * <p>All writes of a group, of state and of entries, are in one order and numbered. That the write
 * {@code s} is durable means that all up to it are. So the log is stable up to the end that it had
 * as of {@code s}, unless a later write, not durable yet, starts at or below that end: such a write
 * may have destroyed on disk what it replaces, so issuing it lowers the stable end at once. Of
 * three leaders that wrote one range of indexes, only the last one's completion counts.
 */
final class Stability {
  private final SafetyRules rules;
  private long issued;
  private long durable;
  private long durableEnd;
  private long stable;
  private int head;
  private int count;
  private long[] seqs = new long[4];
  private long[] firsts = new long[4];
  private long[] ends = new long[4];

  Stability(SafetyRules rules, long end) {
    this.rules = rules;
    this.durableEnd = end;
    this.stable = end;
  }

  Stability(Stability that) {
    rules = that.rules;
    issued = that.issued;
    durable = that.durable;
    durableEnd = that.durableEnd;
    stable = that.stable;
    head = that.head;
    count = that.count;
    seqs = that.seqs.clone();
    firsts = that.firsts.clone();
    ends = that.ends.clone();
  }

  /** The end of what is durable and will stay. */
  long stable() {
    return stable;
  }

  /** The highest write of which all up to it are durable. */
  long durableSeq() {
    return durable;
  }

  boolean isDurable(long seq) {
    return seq <= durable;
  }

  /** A write that leaves the log alone. */
  long issueOther() {
    return ++issued;
  }

  /** A write of entries, whatever was there from {@code first} on being replaced. */
  long issueEntries(long first, long last) {
    Checks.that(first > 0 && last >= first, "writing first=%d last=%d", first, last);
    return push(first, last);
  }

  /** The log is emptied and continues behind {@code index}: nothing counts until it is durable. */
  long issueReset(long index) {
    return push(1, index);
  }

  private long push(long first, long end) {
    if (count == seqs.length) {
      grow();
    }
    int slot = (head + count++) & (seqs.length - 1);
    seqs[slot] = ++issued;
    firsts[slot] = first;
    ends[slot] = end;
    stable = Math.min(stable, first - 1);
    return issued;
  }

  /** All writes up to {@code seq} are durable. A repeated or late report changes nothing. */
  void durable(long seq) {
    Checks.that(seq <= issued, "durable=%d of issued=%d", seq, issued);
    if (seq <= durable) {
      return;
    }
    durable = seq;
    while (count > 0 && seqs[head] <= seq) {
      durableEnd = ends[head];
      head = (head + 1) & (seqs.length - 1);
      count--;
    }
    long lowest = Long.MAX_VALUE;
    for (int i = 0; i < count; i++) {
      lowest = Math.min(lowest, firsts[(head + i) & (seqs.length - 1)]);
    }
    stable = rules.stable(durableEnd, lowest);
  }

  void encode(LongConsumer sink) {
    // Sequence numbers enter relative to the last one issued: only their distance matters.
    sink.accept(issued - durable);
    sink.accept(durableEnd);
    sink.accept(stable);
    sink.accept(count);
    for (int i = 0; i < count; i++) {
      int slot = (head + i) & (seqs.length - 1);
      sink.accept(issued - seqs[slot]);
      sink.accept(firsts[slot]);
      sink.accept(ends[slot]);
    }
  }

  long issued() {
    return issued;
  }

  private void grow() {
    int size = seqs.length;
    seqs = unrolled(seqs, size);
    firsts = unrolled(firsts, size);
    ends = unrolled(ends, size);
    head = 0;
  }

  private long[] unrolled(long[] ring, int size) {
    long[] fresh = Arrays.copyOfRange(ring, head, head + 2 * size);
    Arrays.fill(fresh, size - head, 2 * size, 0);
    System.arraycopy(ring, 0, fresh, size - head, head);
    return fresh;
  }
}
