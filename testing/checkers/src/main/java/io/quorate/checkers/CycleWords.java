package io.quorate.checkers;

import java.util.ArrayList;
import java.util.List;

/** Tells a cycle in sentences. */
final class CycleWords {
  private final History history;
  private final Workload workload;

  CycleWords(History history, Workload workload) {
    this.history = history;
    this.workload = workload;
  }

  List<Transaction> transactions(Cycle cycle) {
    List<Transaction> members = new ArrayList<>();
    for (int i = 0; i < cycle.length(); i++) {
      members.add(history.get(cycle.node(i)));
    }
    return members;
  }

  String tell(Cycle cycle) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < cycle.length(); i++) {
      Transaction from = history.get(cycle.node(i));
      Transaction to = history.get(cycle.node(i + 1));
      text.append(i == 0 ? "" : i == cycle.length() - 1 ? "; but " : "; ");
      text.append(from.name()).append(" is before ").append(to.name());
      text.append(", as ").append(because(from, to, cycle.type(i)));
    }
    return text.append(": a cycle.").toString();
  }

  private String because(Transaction from, Transaction to, int type) {
    return switch (type) {
      case Graph.PROCESS ->
          "process %d completed %s (%s) before it began %s (%s)"
              .formatted(
                  from.process(),
                  from.name(),
                  Words.time(from.ended()),
                  to.name(),
                  Words.time(to.began()));
      case Graph.REALTIME ->
          "%s completed (%s) before %s began (%s)"
              .formatted(from.name(), Words.time(from.ended()), to.name(), Words.time(to.began()));
      default -> workload.because(from, to, type);
    };
  }
}
