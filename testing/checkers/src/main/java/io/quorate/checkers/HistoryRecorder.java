package io.quorate.checkers;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes down a history while it happens.
 *
 * <p>The order of the calls is the real-time order that is judged by: call {@link #invoke} before
 * the transaction is sent, and {@link #ok} after its answer has come. Then whatever completed
 * before another was invoked has really been first.
 *
 * <p>A process whose transaction ended with {@link #info} may go on: its session goes on with it,
 * but the unknown transaction is before nothing, since it may still come about.
 *
 * <p>Safe for many threads.
 */
public final class HistoryRecorder {
  private final List<Entry> entries = new ArrayList<>();
  private final Map<Integer, Integer> running = new HashMap<>();
  private int events;

  /** A transaction so far; belongs to the recorder's lock. */
  private static final class Entry {
    final int process;
    final int invoked;
    final long began;
    List<MicroOp> ops;
    @Nullable Outcome outcome;
    int completed = Transaction.NEVER;
    long ended;

    Entry(int process, int invoked, long began, List<MicroOp> ops) {
      this.process = process;
      this.invoked = invoked;
      this.began = began;
      this.ops = ops;
    }
  }

  /**
   * A process begins a transaction.
   *
   * @param nanos the time, for words only
   * @return the transaction's id, for its completion
   * @throws IllegalStateException if the process has one that isn't completed
   */
  public synchronized int invoke(int process, long nanos, List<MicroOp> ops) {
    int id = entries.size();
    Integer before = running.putIfAbsent(process, id);
    if (before != null) {
      throw new IllegalStateException(
          "process "
              + process
              + " still runs T"
              + before
              + ": complete it, or use another process");
    }
    entries.add(new Entry(process, events++, nanos, List.copyOf(ops)));
    return id;
  }

  /**
   * It is committed.
   *
   * @param ops the same steps, and what the reads saw
   */
  public synchronized void ok(int id, long nanos, List<MicroOp> ops) {
    Entry entry = complete(id, nanos, Outcome.OK);
    entry.completed = events++;
    entry.ops = List.copyOf(ops);
  }

  /** It didn't happen and never will. */
  public synchronized void fail(int id, long nanos) {
    complete(id, nanos, Outcome.FAIL).completed = events++;
  }

  /** Nobody knows whether it happened or will. */
  public synchronized void info(int id, long nanos) {
    var _ = complete(id, nanos, Outcome.INFO);
  }

  /** All so far; what isn't completed is of unknown outcome. */
  public synchronized History history() {
    List<Transaction> transactions = new ArrayList<>(entries.size());
    for (Entry entry : entries) {
      transactions.add(
          new Transaction(
              transactions.size(),
              entry.process,
              entry.outcome == null ? Outcome.INFO : entry.outcome,
              entry.invoked,
              entry.completed,
              entry.began,
              entry.ended,
              entry.ops));
    }
    return new History(transactions);
  }

  private Entry complete(int id, long nanos, Outcome outcome) {
    Entry entry = entries.get(id);
    if (entry.outcome != null) {
      throw new IllegalStateException("T" + id + " has already ended: " + entry.outcome);
    }
    running.remove(entry.process);
    entry.outcome = outcome;
    entry.ended = nanos;
    return entry;
  }
}
