package io.quorate.node;

import io.quorate.base.Bytes;
import io.quorate.base.Checks;
import io.quorate.base.Limits;
import io.quorate.kv.KvRequest;
import io.quorate.kv.KvResult;
import io.quorate.kv.Principal;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The writes that this member took and hasn't answered yet, by sequence number.
 *
 * <p>A write is <i>waiting</i> (nobody has proposed it), or <i>proposed in a term</i>: handed to
 * that term's leader, which may be this member. Only that leader may append it, so once an entry of
 * a later term is applied here, a write of an earlier term that hasn't been applied never will be:
 * it is lost for certain, and waits again. Before that moment its outcome is unknown, and it is not
 * proposed again.
 *
 * <p>Sequence numbers rise by one and all writes wait equally long, so the oldest unanswered write
 * is the first to time out. Holds at most {@link #CAPACITY} writes of {@link #BYTES_MAX}. Used on
 * the group's loop only.
 */
final class PendingWrites {
  /** Writes that may be unanswered at one time. */
  static final int CAPACITY = 1 << 16;

  private static final int MASK = CAPACITY - 1;

  /** Bytes of unanswered writes past which no more is taken. */
  static final long BYTES_MAX = 2 * Limits.UNCOMMITTED_BYTES_MAX;

  /** The term of a write that nobody has proposed. */
  static final long WAITING = 0;

  @SuppressWarnings("unchecked")
  private final @Nullable Reply<? super KvResult>[] replies =
      (Reply<? super KvResult>[]) new Reply<?>[CAPACITY];

  private final @Nullable Bytes[] payloads = new Bytes[CAPACITY];
  private final @Nullable KvRequest[] requests = new KvRequest[CAPACITY];
  private final @Nullable Principal[] principals = new Principal[CAPACITY];
  private final long[] terms = new long[CAPACITY];
  private final long[] numbers = new long[CAPACITY];

  /** Whether the leader of the write's term may have had it twice. */
  private final boolean[] repeated = new boolean[CAPACITY];

  private final long[] deadlines = new long[CAPACITY];

  /** Every unanswered sequence number is in [oldest, next). */
  private long oldest = 1;

  private long next = 1;
  private int count;
  private long bytes;

  /** Sequence numbers of waiting writes in the order to propose them; may name answered ones. */
  private long[] waiting = new long[64];

  private int waitingHead;
  private int waitingCount;

  /** Whether the next write has to be refused. */
  boolean isFull() {
    return next - oldest >= CAPACITY || bytes >= BYTES_MAX;
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
  void add(
      KvRequest request,
      Principal principal,
      Bytes payload,
      Reply<? super KvResult> reply,
      long deadline) {
    Checks.that(!isFull(), "too many writes: oldest=%d next=%d", oldest, next);
    int slot = slot(next);
    replies[slot] = reply;
    payloads[slot] = payload;
    requests[slot] = request;
    principals[slot] = principal;
    terms[slot] = WAITING;
    deadlines[slot] = deadline;
    bytes += payload.length();
    enqueue(next);
    next++;
    count++;
  }

  /** The first write to propose, or 0; it stays the first until {@link #proposed} or taken. */
  long firstWaiting() {
    while (waitingCount > 0) {
      long sequence = waiting[waitingHead];
      if (isPending(sequence) && terms[slot(sequence)] == WAITING) {
        return sequence;
      }
      dequeue();
    }
    return 0;
  }

  /** The bytes to propose for an unanswered write. */
  Bytes payload(long sequence) {
    Bytes payload = payloads[slot(sequence)];
    if (!isPending(sequence) || payload == null) {
      throw Checks.unreachable("write " + sequence + " is not pending");
    }
    return payload;
  }

  /** What the bytes of an unanswered write say. */
  KvRequest request(long sequence) {
    KvRequest request = requests[slot(sequence)];
    if (!isPending(sequence) || request == null) {
      throw Checks.unreachable("write " + sequence + " is not pending");
    }
    return request;
  }

  /** For whom an unanswered write is. */
  Principal principal(long sequence) {
    Principal principal = principals[slot(sequence)];
    if (!isPending(sequence) || principal == null) {
      throw Checks.unreachable("write " + sequence + " is not pending");
    }
    return principal;
  }

  /**
   * The first waiting write has been handed to the leader of a term.
   *
   * @param number rises with every write handed to a leader by this member
   */
  void proposed(long sequence, long term, long number) {
    Checks.that(firstWaiting() == sequence, "write %d is not the first", sequence);
    dequeue();
    terms[slot(sequence)] = term;
    numbers[slot(sequence)] = number;
    repeated[slot(sequence)] = false;
  }

  /** The write is handed to its term's leader once more. */
  void repeated(long sequence) {
    repeated[slot(sequence)] = true;
  }

  /**
   * Whether the write was handed over more than once: then a refusal tells of one of the copies,
   * and the other may be in the log.
   */
  boolean isRepeated(long sequence) {
    return isPending(sequence) && repeated[slot(sequence)];
  }

  /** The write was refused by whom it was handed to, and is in nobody's log: it waits again. */
  void refused(long sequence, long term) {
    if (isPending(sequence) && terms[slot(sequence)] == term) {
      terms[slot(sequence)] = WAITING;
      enqueue(sequence);
    }
  }

  /** Every write that was proposed before {@code term} is lost: it waits again, oldest first. */
  void lostBefore(long term) {
    for (long s = oldest; s < next; s++) {
      int slot = slot(s);
      if (replies[slot] != null && terms[slot] != WAITING && terms[slot] < term) {
        terms[slot] = WAITING;
        enqueue(s);
      }
    }
  }

  /**
   * The unanswered writes that were handed to the leader of a term, in the order of their numbers:
   * to be handed over again when the connection broke in between. The leader skips what it has.
   */
  long[] proposedIn(long term) {
    long[] found = new long[count];
    int size = 0;
    for (long s = oldest; s < next; s++) {
      if (replies[slot(s)] != null && terms[slot(s)] == term) {
        // One word to sort by: the number, and below it which write has it.
        found[size++] = numbers[slot(s)] * CAPACITY + (s - oldest);
      }
    }
    Arrays.sort(found, 0, size);
    for (int i = 0; i < size; i++) {
      found[i] = oldest + (found[i] & MASK);
    }
    return Arrays.copyOf(found, size);
  }

  /** The unanswered writes that were handed to the leaders of terms up to this one. */
  long[] proposedUpTo(long term) {
    long[] found = new long[count];
    int size = 0;
    for (long s = oldest; s < next; s++) {
      long proposedIn = terms[slot(s)];
      if (replies[slot(s)] != null && proposedIn != WAITING && proposedIn <= term) {
        found[size++] = s;
      }
    }
    return Arrays.copyOf(found, size);
  }

  /** The number under which an unanswered write was handed over last. */
  long number(long sequence) {
    return numbers[slot(sequence)];
  }

  /** Whether the write is unanswered. */
  boolean isPending(long sequence) {
    return sequence >= oldest && sequence < next && replies[slot(sequence)] != null;
  }

  /**
   * Takes a write out, to answer it.
   *
   * @return null if it was answered before: it timed out
   */
  @Nullable Reply<? super KvResult> take(long sequence) {
    if (!isPending(sequence)) {
      return null;
    }
    int slot = slot(sequence);
    Reply<? super KvResult> reply = replies[slot];
    bytes -= payload(sequence).length();
    replies[slot] = null;
    payloads[slot] = null;
    requests[slot] = null;
    principals[slot] = null;
    count--;
    while (oldest < next && replies[slot(oldest)] == null) {
      oldest++;
    }
    return reply;
  }

  /** The oldest unanswered write, or 0. */
  long oldest() {
    return count > 0 ? oldest : 0;
  }

  /** When the oldest unanswered write times out; {@link Long#MAX_VALUE} if there is none. */
  long nextDeadline() {
    return count > 0 ? deadlines[slot(oldest)] : Long.MAX_VALUE;
  }

  private void enqueue(long sequence) {
    if (waitingCount == waiting.length) {
      long[] more = new long[waiting.length * 2];
      for (int i = 0; i < waitingCount; i++) {
        more[i] = waiting[(waitingHead + i) & (waiting.length - 1)];
      }
      waiting = more;
      waitingHead = 0;
    }
    waiting[(waitingHead + waitingCount) & (waiting.length - 1)] = sequence;
    waitingCount++;
  }

  private void dequeue() {
    waitingHead = (waitingHead + 1) & (waiting.length - 1);
    waitingCount--;
  }

  private static int slot(long sequence) {
    return (int) (sequence & MASK);
  }
}
