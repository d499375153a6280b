package io.quorate.checkers;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * What is known of the order without looking at data: a session runs one transaction after the
 * other, and what completed before another was invoked has been first.
 *
 * <p>Real time would have an edge from each transaction to all later ones. Only those are made that
 * follow from no others: to an invocation from those completed transactions that no other completed
 * one is known to follow, of which there are no more than ever ran at once.
 *
 * <p>Transactions of unknown outcome come after others, and before none: they may happen late.
 */
final class TimeOrder {
  private TimeOrder() {}

  static void addTo(Graph.Builder graph, History history) {
    Frontier realTime = new Frontier();
    Map<Integer, Integer> lastOfProcess = new HashMap<>();
    for (long event : history.events()) {
      Transaction txn = history.get(History.transaction(event));
      if (txn.outcome() == Outcome.FAIL) {
        continue;
      }
      if (History.isInvocation(event)) {
        realTime.addEdgesTo(graph, txn);
        Integer before = lastOfProcess.get(txn.process());
        if (before != null) {
          graph.add(before, txn.id(), Graph.PROCESS);
        }
      } else {
        realTime.complete(txn);
        lastOfProcess.put(txn.process(), txn.id());
      }
    }
  }

  /** The completed transactions that no other completed one is known to follow. */
  private static final class Frontier {
    private Transaction[] members = new Transaction[16];
    private int size;

    void addEdgesTo(Graph.Builder graph, Transaction invoked) {
      for (int i = 0; i < size; i++) {
        graph.add(members[i].id(), invoked.id(), Graph.REALTIME);
      }
    }

    void complete(Transaction txn) {
      int kept = 0;
      for (int i = 0; i < size; i++) {
        if (members[i].completed() > txn.invoked()) {
          members[kept++] = members[i];
        }
      }
      if (kept == members.length) {
        members = Arrays.copyOf(members, 2 * kept);
      }
      members[kept++] = txn;
      size = kept;
    }
  }
}
