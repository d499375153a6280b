package io.quorate.checkers;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Registers, whose reads show the last write alone. So the order of a key's versions is known only
 * in parts, as a graph: never written is before all; who read one and wrote another wrote the later
 * one; and a transaction's own writes are in its order.
 *
 * <p>If each key for itself is taken to be linearizable, then what a later transaction of a
 * session, or one that began after another had completed, saw or wrote of a key is not older than
 * what the other did. What the cycles prove then rests on that too. If it contradicts itself, that
 * is an anomaly, and nothing more is concluded of that key.
 */
final class Registers implements Workload {
  private final History history;
  private final boolean linearizableKeys;
  private final Map<Long, RegisterHistory> keys = new LinkedHashMap<>();
  private final boolean[] happened;

  private final List<Anomaly> anomalies = new ArrayList<>();

  /**
   * @throws IllegalArgumentException if a value is written to a key twice, a list is appended to,
   *     or a read saw more than one value
   */
  Registers(History history, boolean linearizableKeys) {
    this.history = history;
    this.linearizableKeys = linearizableKeys;
    this.happened = new boolean[history.size()];
    for (Transaction txn : history.transactions()) {
      happened[txn.id()] = txn.outcome() == Outcome.OK;
      for (MicroOp op : txn.ops()) {
        RegisterHistory register = keys.computeIfAbsent(op.key(), RegisterHistory::new);
        switch (op) {
          case MicroOp.Append append ->
              throw new IllegalArgumentException(
                  txn.name() + " appends to a list, where registers are checked: " + append);
          case MicroOp.Read read -> {
            if (read.seen() != null && read.seen().size() > 1) {
              throw new IllegalArgumentException(
                  txn.name() + " read more than a register holds: " + read);
            }
          }
          case MicroOp.Write write -> register.addWrite(txn, write.value());
        }
      }
    }
    for (Transaction txn : history.transactions()) {
      if (txn.outcome() != Outcome.FAIL) {
        addAccesses(txn);
      }
    }
    for (RegisterHistory register : keys.values()) {
      for (RegisterHistory.Access access : register.accesses()) {
        int writer =
            access.read() <= RegisterHistory.INITIAL ? -1 : register.writerOf(access.read());
        if (writer >= 0 && history.get(writer).outcome() != Outcome.FAIL) {
          happened[writer] = true;
        }
      }
    }
    keys.values().forEach(this::checkVersions);
  }

  @Override
  public void addAnomaliesTo(Findings findings) {
    for (Anomaly anomaly : anomalies) {
      findings.add(anomaly.type(), anomaly.transactions(), anomaly::explanation);
    }
    for (RegisterHistory register : keys.values()) {
      for (RegisterHistory.Access access : register.accesses()) {
        checkWriter(register, access, findings);
      }
      checkLostUpdates(register, findings);
    }
  }

  @Override
  public void addDependenciesTo(Graph.Builder graph) {
    for (RegisterHistory register : keys.values()) {
      List<List<Integer>> readers = new ArrayList<>();
      for (int version = 0; version < register.versions(); version++) {
        readers.add(new ArrayList<>());
      }
      for (RegisterHistory.Access access : register.accesses()) {
        if (access.read() < 0) {
          continue;
        }
        readers.get(access.read()).add(access.txn().id());
        int writer = committedWriter(register, access.read());
        if (writer >= 0) {
          graph.add(writer, access.txn().id(), Graph.WR);
        }
      }
      if (register.isDisputed()) {
        continue;
      }
      Graph versions = register.order(happened, linearizableKeys);
      for (int version = 0; version < versions.nodes(); version++) {
        int writer = committedWriter(register, version);
        for (int e = versions.firstEdge(version); e < versions.firstEdge(version + 1); e++) {
          int next = committedWriter(register, versions.target(e));
          if (next < 0 || next == writer) {
            continue;
          }
          if (writer >= 0) {
            graph.add(writer, next, Graph.WW);
          }
          for (int reader : readers.get(version)) {
            graph.add(reader, next, Graph.RW);
          }
        }
      }
    }
  }

  @Override
  public String because(Transaction from, Transaction to, int type) {
    for (MicroOp op : from.ops()) {
      RegisterHistory register = Objects.requireNonNull(keys.get(op.key()));
      RegisterHistory.Access first = register.accessOf(from);
      RegisterHistory.Access next = register.accessOf(to);
      if (first == null || next == null) {
        continue;
      }
      if (type == Graph.WR && first.writes().contains(next.read())) {
        return "%s read k%d as %s, which %s wrote"
            .formatted(to.name(), op.key(), register.told(next.read()), from.name());
      }
      if (type == Graph.WR || register.isDisputed()) {
        continue;
      }
      Graph versions = register.order(happened, linearizableKeys);
      List<Integer> before = type == Graph.WW ? first.writes() : List.of(first.read());
      for (int version : before) {
        int end = version < 0 ? 0 : versions.firstEdge(version + 1);
        for (int e = version < 0 ? 0 : versions.firstEdge(version); e < end; e++) {
          if (next.writes().contains(versions.target(e))) {
            return "%s %s k%d as %s before %s wrote %s"
                .formatted(
                    from.name(),
                    type == Graph.WW ? "wrote" : "read",
                    op.key(),
                    register.told(version),
                    to.name(),
                    register.told(versions.target(e)));
          }
        }
      }
    }
    throw new IllegalStateException("no reason for " + from + " before " + to);
  }

  private void addAccesses(Transaction txn) {
    Map<Long, RegisterHistory.Access> accesses = new LinkedHashMap<>();
    for (MicroOp op : txn.ops()) {
      RegisterHistory register = Objects.requireNonNull(keys.get(op.key()));
      RegisterHistory.Access so =
          accesses.getOrDefault(op.key(), new RegisterHistory.Access(txn, -1, List.of(), false));
      switch (op) {
        case MicroOp.Write write -> {
          List<Integer> writes = new ArrayList<>(so.writes());
          writes.add(Objects.requireNonNull(register.versionOf(write.value())));
          accesses.put(
              op.key(),
              new RegisterHistory.Access(txn, so.read(), writes, so.readFirst() || so.read() >= 0));
        }
        case MicroOp.Read read -> {
          Elements seen = read.seen();
          if (seen != null) {
            int version = version(register, txn, seen);
            if (!so.writes().isEmpty() || so.read() >= 0) {
              checkInternal(register, txn, so, version);
            } else if (version >= 0) {
              accesses.put(op.key(), new RegisterHistory.Access(txn, version, List.of(), false));
            }
          }
        }
        case MicroOp.Append append -> throw new IllegalStateException("a list: " + append);
      }
    }
    accesses.forEach(
        (key, access) -> Objects.requireNonNull(keys.get(key)).addAccess(checked(key, access)));
  }

  /** The version that was seen; -1 if nobody wrote it. */
  private int version(RegisterHistory register, Transaction reader, Elements seen) {
    if (seen.isEmpty()) {
      return RegisterHistory.INITIAL;
    }
    Integer version = register.versionOf(seen.last());
    if (version == null) {
      add(
          AnomalyType.GARBAGE_READ,
          reader,
          "%s read k%d as %d, which nobody wrote"
              .formatted(reader.name(), register.key(), seen.last()));
      return -1;
    }
    return version;
  }

  private void checkInternal(
      RegisterHistory register, Transaction txn, RegisterHistory.Access so, int version) {
    if (version >= 0 && version != so.last()) {
      add(
          AnomalyType.INTERNAL,
          txn,
          "%s read k%d as %s, where it had %s %s before"
              .formatted(
                  txn.name(),
                  register.key(),
                  register.told(version),
                  so.writes().isEmpty() ? "read" : "written",
                  register.told(so.last())));
    }
  }

  /** Without a read of what the same transaction wrote only later. */
  private RegisterHistory.Access checked(long key, RegisterHistory.Access access) {
    if (access.read() < 0 || !access.writes().contains(access.read())) {
      return access;
    }
    add(
        AnomalyType.FUTURE_READ,
        access.txn(),
        "%s read of k%d what it wrote only later".formatted(access.txn().name(), key));
    return new RegisterHistory.Access(access.txn(), -1, access.writes(), false);
  }

  private void add(AnomalyType type, Transaction txn, String explanation) {
    anomalies.add(new Anomaly(type, List.of(txn), explanation));
  }

  private void checkWriter(
      RegisterHistory register, RegisterHistory.Access access, Findings findings) {
    if (access.read() <= RegisterHistory.INITIAL) {
      return;
    }
    Transaction reader = access.txn();
    Transaction writer = history.get(register.writerOf(access.read()));
    if (writer.outcome() == Outcome.FAIL) {
      findings.add(
          AnomalyType.G1A,
          List.of(writer, reader),
          () ->
              "%s read k%d as %s, which %s wrote, but %s failed"
                  .formatted(
                      reader.name(),
                      register.key(),
                      register.told(access.read()),
                      writer.name(),
                      writer.name()));
      return;
    }
    RegisterHistory.Access written = Objects.requireNonNull(register.accessOf(writer));
    if (written.last() != access.read()) {
      findings.add(
          AnomalyType.G1B,
          List.of(writer, reader),
          () ->
              "%s read k%d as %s, which %s wrote, but %s wrote %s over it"
                  .formatted(
                      reader.name(),
                      register.key(),
                      register.told(access.read()),
                      writer.name(),
                      writer.name(),
                      register.told(written.last())));
    }
  }

  private static void checkLostUpdates(RegisterHistory register, Findings findings) {
    Map<Integer, List<Transaction>> updates = new LinkedHashMap<>();
    for (RegisterHistory.Access access : register.accesses()) {
      if (access.readFirst() && access.read() >= 0) {
        updates.computeIfAbsent(access.read(), _ -> new ArrayList<>()).add(access.txn());
      }
    }
    updates.forEach((version, transactions) -> {
      if (transactions.size() > 1) {
        findings.add(
            AnomalyType.LOST_UPDATE,
            transactions,
            () ->
                "%s all read k%d as %s, then wrote it, and are all committed"
                    .formatted(
                        Words.list(transactions.stream().map(Transaction::name).toList()),
                        register.key(),
                        register.told(version)));
      }
    });
  }

  private void checkVersions(RegisterHistory register) {
    Graph versions = register.order(happened, linearizableKeys);
    int[] masks = {Graph.WW, Graph.WW | Graph.PROCESS, Graph.ALL};
    AnomalyType[] types = {
      AnomalyType.CYCLIC_VERSIONS,
      AnomalyType.CYCLIC_VERSIONS_PROCESS,
      AnomalyType.CYCLIC_VERSIONS_REALTIME
    };
    for (int i = 0; i < masks.length && !register.isDisputed(); i++) {
      Components components = Components.of(versions, masks[i]);
      if (components.hasCycle()) {
        register.dispute();
        int[] cycle = components.cyclic()[0];
        List<String> values = new ArrayList<>();
        List<Transaction> writers = new ArrayList<>();
        for (int version : cycle) {
          values.add(register.told(version));
          if (version != RegisterHistory.INITIAL) {
            writers.add(history.get(register.writerOf(version)));
          }
        }
        anomalies.add(
            new Anomaly(
                types[i],
                writers,
                "of k%d each of %s is known to be before the others"
                    .formatted(register.key(), Words.list(values))));
      }
    }
  }

  private int committedWriter(RegisterHistory register, int version) {
    int writer = register.writerOf(version);
    return writer >= 0 && happened[writer] ? writer : -1;
  }
}
