package io.quorate.checkers;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * All transactions of a run, in the order in which they were invoked. Unchanging; {@link
 * HistoryRecorder} makes one.
 */
public final class History {
  private final List<Transaction> transactions;

  /**
   * @throws IllegalArgumentException if an id isn't a transaction's place in the list, a completion
   *     doesn't follow its invocation, or two events have one place
   */
  public History(List<Transaction> transactions) {
    this.transactions = List.copyOf(transactions);
    for (int id = 0; id < transactions.size(); id++) {
      Transaction txn = transactions.get(id);
      if (txn.id() != id) {
        throw new IllegalArgumentException(
            txn.name() + " is at place " + id + ": ids are places, from 0");
      }
      if (txn.completed() <= txn.invoked()) {
        throw new IllegalArgumentException(txn.name() + " completed before it was invoked");
      }
      if (id > 0 && transactions.get(id - 1).invoked() >= txn.invoked()) {
        throw new IllegalArgumentException(
            txn.name() + " is told after one that was invoked later");
      }
    }
    long[] events = events();
    for (int i = 1; i < events.length; i++) {
      if (events[i] >>> 32 == events[i - 1] >>> 32) {
        throw new IllegalArgumentException("two events have the place " + (events[i] >>> 32));
      }
    }
  }

  public List<Transaction> transactions() {
    return transactions;
  }

  public Transaction get(int id) {
    return transactions.get(id);
  }

  public int size() {
    return transactions.size();
  }

  /** The same, with other steps in the transaction {@code id}. */
  public History with(int id, List<MicroOp> ops) {
    List<Transaction> changed = new ArrayList<>(transactions);
    changed.set(id, changed.get(id).withOps(ops));
    return new History(changed);
  }

  /**
   * All events in their order: invocations, and completions that are certain. {@link #transaction}
   * and {@link #isInvocation} read one.
   */
  long[] events() {
    long[] events = new long[2 * transactions.size()];
    int count = 0;
    for (Transaction txn : transactions) {
      events[count++] = event(txn.invoked(), txn.id(), true);
      if (txn.completed() != Transaction.NEVER) {
        events[count++] = event(txn.completed(), txn.id(), false);
      }
    }
    events = Arrays.copyOf(events, count);
    Arrays.sort(events);
    return events;
  }

  static int transaction(long event) {
    return (int) event >>> 1;
  }

  static boolean isInvocation(long event) {
    return (event & 1) == 0;
  }

  private static long event(int place, int id, boolean invocation) {
    return ((long) place << 32) | ((long) id << 1) | (invocation ? 0 : 1);
  }
}
