package io.quorate.checkers;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What the reads of one list show to be wrong by themselves. */
final class ListCheck {
  private final History history;
  private final ListHistory key;
  private final Findings findings;

  ListCheck(History history, ListHistory key, Findings findings) {
    this.history = history;
    this.key = key;
    this.findings = findings;
  }

  void run() {
    Suspects inOrder = suspectsOf(key.order());
    for (ListHistory.Seen read : key.reads()) {
      boolean fits = read.seen().isPrefixOf(key.order());
      tell(read, fits ? inOrder : suspectsOf(read.seen()));
      checkIntermediate(read);
      if (!fits) {
        checkOrder(read);
      }
    }
    if (!key.isDisputed()) {
      checkDirtyUpdates();
    }
    checkLostUpdates();
  }

  /** The first places of a list that have what nobody appended, what failed, or what was there. */
  private record Suspects(int garbage, int aborted, int duplicate) {}

  private Suspects suspectsOf(Elements seen) {
    int garbage = Integer.MAX_VALUE;
    int aborted = Integer.MAX_VALUE;
    int duplicate = Integer.MAX_VALUE;
    Set<Long> distinct = new HashSet<>();
    for (int i = seen.size() - 1; i >= 0; i--) {
      Integer writer = key.writerOf(seen.get(i));
      if (writer == null) {
        garbage = i;
      } else if (history.get(writer).outcome() == Outcome.FAIL) {
        aborted = i;
      }
    }
    for (int i = 0; i < seen.size() && duplicate > i; i++) {
      if (!distinct.add(seen.get(i))) {
        duplicate = i;
      }
    }
    return new Suspects(garbage, aborted, duplicate);
  }

  private void tell(ListHistory.Seen read, Suspects suspects) {
    Transaction reader = read.reader();
    Elements seen = read.seen();
    if (suspects.garbage() < seen.size()) {
      long value = seen.get(suspects.garbage());
      findings.add(
          AnomalyType.GARBAGE_READ,
          List.of(reader),
          () ->
              "%s read %d in k%d, which nobody appended"
                  .formatted(reader.name(), value, key.key()));
    }
    if (suspects.aborted() < seen.size()) {
      long value = seen.get(suspects.aborted());
      Transaction writer = writer(value);
      findings.add(
          AnomalyType.G1A,
          List.of(writer, reader),
          () ->
              "%s read %d in k%d, which %s appended, but %s failed"
                  .formatted(reader.name(), value, key.key(), writer.name(), writer.name()));
    }
    if (suspects.duplicate() < seen.size()) {
      long value = seen.get(suspects.duplicate());
      findings.add(
          AnomalyType.DUPLICATE_ELEMENTS,
          List.of(reader),
          () -> "%s read %d in k%d more than once".formatted(reader.name(), value, key.key()));
    }
  }

  private void checkIntermediate(ListHistory.Seen read) {
    if (read.seen().isEmpty()) {
      return;
    }
    long value = read.seen().last();
    Integer by = key.writerOf(value);
    if (by == null || history.get(by).outcome() == Outcome.FAIL) {
      return;
    }
    Transaction writer = history.get(by);
    long last = value;
    for (MicroOp op : writer.ops()) {
      if (op instanceof MicroOp.Append append && append.key() == key.key()) {
        last = append.value();
      }
    }
    if (last != value) {
      long end = last;
      findings.add(
          AnomalyType.G1B,
          List.of(writer, read.reader()),
          () ->
              "%s read k%d up to %d, which %s appended, but %s appended %d after it"
                  .formatted(
                      read.reader().name(), key.key(), value, writer.name(), writer.name(), end));
    }
  }

  private void checkOrder(ListHistory.Seen read) {
    Transaction longest =
        key.reads().stream()
            .filter(it -> it.seen().equals(key.order()))
            .findFirst()
            .orElseThrow()
            .reader();
    findings.add(
        AnomalyType.INCOMPATIBLE_ORDER,
        List.of(longest, read.reader()),
        () ->
            "%s read k%d as %s, %s as %s: neither is how the other begins"
                .formatted(
                    longest.name(), key.key(), key.order(), read.reader().name(), read.seen()));
  }

  private void checkDirtyUpdates() {
    Transaction failed = null;
    for (int i = 0; i < key.order().size(); i++) {
      Integer by = key.writerOf(key.order().get(i));
      if (by == null) {
        continue;
      }
      Transaction writer = history.get(by);
      if (writer.outcome() == Outcome.FAIL) {
        failed = writer;
      } else if (failed != null) {
        Transaction below = failed;
        findings.add(
            AnomalyType.DIRTY_UPDATE,
            List.of(below, writer),
            () ->
                "%s appended to k%d on top of what %s appended, but %s failed"
                    .formatted(writer.name(), key.key(), below.name(), below.name()));
        failed = null;
      }
    }
  }

  private void checkLostUpdates() {
    Map<Elements, List<Transaction>> updates = new LinkedHashMap<>();
    for (ListHistory.Seen read : key.reads()) {
      if (read.beforeWrite()) {
        updates.computeIfAbsent(read.seen(), _ -> new ArrayList<>()).add(read.reader());
      }
    }
    updates.forEach((seen, transactions) -> {
      if (transactions.size() > 1) {
        findings.add(
            AnomalyType.LOST_UPDATE,
            transactions,
            () ->
                "%s all read k%d as %s, then appended to it, and are all committed"
                    .formatted(
                        Words.list(transactions.stream().map(Transaction::name).toList()),
                        key.key(),
                        seen));
      }
    });
  }

  private Transaction writer(long value) {
    Integer writer = key.writerOf(value);
    if (writer == null) {
      throw new IllegalStateException("nobody appended " + value);
    }
    return history.get(writer);
  }
}
