package io.quorate.node;

import io.quorate.base.Bytes;
import io.quorate.base.Checks;
import org.jspecify.annotations.Nullable;

/**
 * The writes that this member took and hasn't answered yet, by sequence number.
 *
 * <p>A write is <i>waiting</i> (nobody has proposed it), or <i>proposed in a term</i>: handed to
 * that term's leader, which may be this member. Only that leader may append it, so once an entry of
 * a later term is applied here, a write of an earlier term that hasn't been applied never will be:
 * it is lost for certain, and may be proposed again. Before that moment its outcome is unknown, and
 * it may not.
 *
 * <p>Sequence numbers rise by one and all writes wait equally long, so the oldest unanswered write
 * is the first to time out. Holds at most {@link #CAPACITY} writes. Used on the group's loop only.
 *
 * @param <R> what a write returns
 */
final class PendingWrites<R> {
  /** Writes that may be unanswered at one time. */
  static final int CAPACITY = 1 << 16;

  private static final int MASK = CAPACITY - 1;

  /** The term of a write that nobody has proposed. */
  static final long WAITING = 0;

  @SuppressWarnings("unchecked")
  private final @Nullable Reply<? super R>[] replies = (Reply<? super R>[]) new Reply<?>[CAPACITY];

  private final @Nullable Bytes[] payloads = new Bytes[CAPACITY];
  private final long[] terms = new long[CAPACITY];
  private final long[] deadlines = new long[CAPACITY];

  /** Every unanswered sequence number is in [oldest, next). */
  private long oldest = 1;

  private long next = 1;
  private int count;

  /** What {@link #forEachWaiting} calls. */
  interface Visitor {
    void write(long sequence, Bytes payload);
  }

  /** Whether the next write has to be refused. */
  boolean isFull() {
    return next - oldest >= CAPACITY;
  }

  /** Writes that wait for their answer. */
  int count() {
    return count;
  }

  /** The number that {@link #add} will give to the next write. */
  long nextSequence() {
    return next;
  }

  /** Takes a write on as waiting; its sequence number is {@link #nextSequence}. */
  void add(Bytes payload, Reply<? super R> reply, long deadline) {
    Checks.that(!isFull(), "too many writes: oldest=%d next=%d", oldest, next);
    int slot = slot(next);
    replies[slot] = reply;
    payloads[slot] = payload;
    terms[slot] = WAITING;
    deadlines[slot] = deadline;
    next++;
    count++;
  }

  /** The write has been handed to the leader of a term. */
  void proposed(long sequence, long term) {
    if (isPending(sequence)) {
      terms[slot(sequence)] = term;
    }
  }

  /** The write was refused by whom it was handed to, and is in nobody's log: it waits again. */
  void refused(long sequence, long term) {
    if (isPending(sequence) && terms[slot(sequence)] == term) {
      terms[slot(sequence)] = WAITING;
    }
  }

  /** Whether the write is unanswered. */
  boolean isPending(long sequence) {
    return sequence >= oldest && sequence < next && replies[slot(sequence)] != null;
  }

  /**
   * Takes a write out, to answer it.
   *
   * @return null if it was answered before (it timed out, or belongs to an earlier life)
   */
  @Nullable Reply<? super R> take(long sequence) {
    if (!isPending(sequence)) {
      return null;
    }
    int slot = slot(sequence);
    Reply<? super R> reply = replies[slot];
    replies[slot] = null;
    payloads[slot] = null;
    count--;
    while (oldest < next && replies[slot(oldest)] == null) {
      oldest++;
    }
    return reply;
  }

  /** Visits, oldest first, the writes that nobody has proposed. */
  void forEachWaiting(Visitor visitor) {
    long end = next;
    for (long s = oldest; s < end; s++) {
      int slot = slot(s);
      Bytes payload = payloads[slot];
      if (payload != null && terms[slot] == WAITING) {
        visitor.write(s, payload);
      }
    }
  }

  /** Makes every write that was proposed in a term before {@code term} wait again: it is lost. */
  void lostBefore(long term) {
    for (long s = oldest; s < next; s++) {
      int slot = slot(s);
      if (replies[slot] != null && terms[slot] < term) {
        terms[slot] = WAITING;
      }
    }
  }

  /** The oldest write if its time is over at {@code now}, else 0. */
  long expired(long now) {
    return count > 0 && deadlines[slot(oldest)] - now <= 0 ? oldest : 0;
  }

  /** The oldest unanswered write, or 0. */
  long oldest() {
    return count > 0 ? oldest : 0;
  }

  /** When the next write times out; only while {@link #count} is above 0. */
  long nextDeadline() {
    return deadlines[slot(oldest)];
  }

  private static int slot(long sequence) {
    return (int) (sequence & MASK);
  }
}
