package io.quorate.node;

import io.quorate.base.Checks;
import io.quorate.base.Limits;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The linearizable reads that wait for their read point.
 *
 * <p>All reads that arrive in one turn of the loop form a batch and share one request for a read
 * index. A request is numbered; the answer to number n holds for every batch asked before or with
 * n, since the leader began its round after they had arrived. So a lost request is repaired by
 * asking again with a higher number, and a late answer to an old number can only help the old
 * batches.
 *
 * <p>Holds at most {@link Limits#WAITING_READS_MAX} reads. Used on the group's loop only.
 */
final class ReadBarriers {
  private static final int POOLED_BATCHES_MAX = 64;

  /** Reads of one turn. */
  private static final class Batch {
    final List<Barrier> barriers = new ArrayList<>();
    long deadline;

    /** The first request that covers it. */
    long asked;
  }

  private final Answers answers;
  private final ArrayDeque<Batch> unconfirmed = new ArrayDeque<>();
  private final ArrayDeque<Batch> confirmed = new ArrayDeque<>();
  private final ArrayDeque<Long> confirmedAt = new ArrayDeque<>();
  private final ArrayDeque<Batch> pool = new ArrayDeque<>();

  private Batch open = new Batch();
  private long lastAsked;
  private int count;

  ReadBarriers(Answers answers) {
    this.answers = answers;
  }

  /** Whether the next read has to be refused. */
  boolean isFull() {
    return count >= Limits.WAITING_READS_MAX;
  }

  int count() {
    return count;
  }

  /** Whether reads have arrived that no request covers yet. */
  boolean hasOpen() {
    return !open.barriers.isEmpty();
  }

  /** Whether a request is under way that no answer has come to. */
  boolean hasUnconfirmed() {
    return !unconfirmed.isEmpty();
  }

  /** Takes a read on; it joins the batch of this turn. */
  void add(Barrier barrier, long deadline) {
    Checks.that(!isFull(), "too many reads: %d", count);
    if (open.barriers.isEmpty()) {
      open.deadline = deadline;
    }
    open.barriers.add(barrier);
    count++;
  }

  /**
   * Closes the batch of this turn, if there is one.
   *
   * @return the number of a new request, which covers every batch that waits
   */
  long ask() {
    lastAsked++;
    if (hasOpen()) {
      open.asked = lastAsked;
      unconfirmed.addLast(open);
      Batch next = pool.pollFirst();
      open = next == null ? new Batch() : next;
    }
    return lastAsked;
  }

  /**
   * Request {@code asked} was answered: what it covers may be served once {@code index} is applied.
   */
  void confirm(long asked, long index) {
    Checks.that(asked <= lastAsked, "answer to %d, but asked only %d", asked, lastAsked);
    while (!unconfirmed.isEmpty() && unconfirmed.getFirst().asked <= asked) {
      confirmed.addLast(unconfirmed.removeFirst());
      confirmedAt.addLast(index);
    }
  }

  /** Serves every confirmed batch whose read index is applied. */
  void applied(long index) {
    while (!confirmed.isEmpty() && confirmedAt.getFirst() <= index) {
      confirmedAt.removeFirst();
      finish(confirmed.removeFirst(), null);
    }
  }

  /** Refuses the batches whose time is over at {@code now}. */
  void expire(long now, Refusal why) {
    while (!confirmed.isEmpty() && confirmed.getFirst().deadline - now <= 0) {
      confirmedAt.removeFirst();
      finish(confirmed.removeFirst(), why);
    }
    while (!unconfirmed.isEmpty() && unconfirmed.getFirst().deadline - now <= 0) {
      finish(unconfirmed.removeFirst(), why);
    }
    if (hasOpen() && open.deadline - now <= 0) {
      refuseOpen(why);
    }
  }

  /** Refuses everything that waits. */
  void refuseAll(Refusal why) {
    while (!confirmed.isEmpty()) {
      confirmedAt.removeFirst();
      finish(confirmed.removeFirst(), why);
    }
    while (!unconfirmed.isEmpty()) {
      finish(unconfirmed.removeFirst(), why);
    }
    if (hasOpen()) {
      refuseOpen(why);
    }
  }

  private void refuseOpen(Refusal why) {
    Batch batch = open;
    Batch next = pool.pollFirst();
    open = next == null ? new Batch() : next;
    finish(batch, why);
  }

  private void finish(Batch batch, @Nullable Refusal why) {
    List<Barrier> barriers = batch.barriers;
    count -= barriers.size();
    for (int i = 0; i < barriers.size(); i++) {
      if (why == null) {
        answers.passed(barriers.get(i));
      } else {
        answers.refused(barriers.get(i), why);
      }
    }
    barriers.clear();
    if (pool.size() < POOLED_BATCHES_MAX) {
      pool.addLast(batch);
    }
  }
}
