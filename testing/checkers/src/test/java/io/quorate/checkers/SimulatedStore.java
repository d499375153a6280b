package io.quorate.checkers;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A store of lists whose transactions run step by step between each other, as a seed wills. As it
 * is, it is strictly serializable: a transaction reads one snapshot, and commits if nothing it read
 * has changed since. Its weaknesses are what stores get wrong.
 */
final class SimulatedStore {
  enum Weakness {
    NONE,
    /** Each transaction at one moment: nothing is ever in conflict. */
    NONE_AND_NO_CONFLICTS,
    /** Snapshot isolation: only what is written is compared with the snapshot. */
    WRITE_SKEW,
    /** Nothing is compared, and what is appended to is read before. */
    LOST_UPDATE,
    /** Each read sees the newest state, and nothing is compared. */
    READ_COMMITTED,
    /** Reads see what isn't committed. */
    DIRTY_READ,
    /** Transactions that only read may get an older snapshot. */
    STALE_READ,
    /** Of some transactions only the first writes take effect. */
    HALF_COMMIT
  }

  private static final int STALE_VERSIONS_MAX = 12;

  private final Random random;
  private final Weakness weakness;
  private final HistoryRecorder recorder = new HistoryRecorder();
  private final Map<Long, KeyData> data = new HashMap<>();
  private final List<Running> late = new ArrayList<>();
  private final List<Long> activeKeys = new ArrayList<>();
  private final Map<Long, Long> nextValues = new HashMap<>();
  private final int appendsPerKey;
  private long nextKey;
  private long now;
  private int version;

  private SimulatedStore(long seed, Weakness weakness) {
    this.random = new Random(seed);
    this.weakness = weakness;
    this.appendsPerKey = 4 + random.nextInt(36);
    int keys = 2 + random.nextInt(4);
    for (int i = 0; i < keys; i++) {
      activeKeys.add(nextKey++);
    }
  }

  static History run(long seed, Weakness weakness, int processes, int transactions) {
    return new SimulatedStore(seed, weakness).run(processes, transactions);
  }

  /** A list, and with which version of the store each element came; -1 for what isn't committed. */
  private static final class KeyData {
    final List<Long> values = new ArrayList<>();
    final List<Integer> versions = new ArrayList<>();

    Elements at(int version) {
      int size = 0;
      while (size < values.size() && versions.get(size) <= version) {
        size++;
      }
      return Elements.of(values.subList(0, size).stream().mapToLong(it -> it).toArray());
    }

    boolean changedSince(int version) {
      return !versions.isEmpty() && versions.getLast() > version;
    }
  }

  private static final class Running {
    final int id;
    final List<MicroOp> program;
    final List<MicroOp> done = new ArrayList<>();
    final Map<Long, List<Long>> written = new LinkedHashMap<>();
    final Set<Long> read = new HashSet<>();
    int snapshot = -1;
    @Nullable Outcome outcome;

    Running(int id, List<MicroOp> program) {
      this.id = id;
      this.program = program;
    }
  }

  private History run(int processes, int transactions) {
    @Nullable Running[] running = new @Nullable Running[processes];
    int begun = 0;
    int ended = 0;
    while (ended < transactions) {
      now += 1 + random.nextInt(100_000);
      int process = random.nextInt(processes);
      Running txn = running[process];
      if (txn == null) {
        if (begun < transactions) {
          List<MicroOp> program = program();
          running[process] = new Running(recorder.invoke(process, now, program), program);
          begun++;
        }
      } else if (txn.outcome != null) {
        switch (txn.outcome) {
          case OK -> recorder.ok(txn.id, now, txn.done);
          case FAIL -> recorder.fail(txn.id, now);
          case INFO -> recorder.info(txn.id, now);
        }
        running[process] = null;
        ended++;
      } else {
        step(txn);
      }
      if (!late.isEmpty() && random.nextInt(40) == 0) {
        Running waiting = late.removeLast();
        if (canCommit(waiting)) {
          commit(waiting);
        }
      }
    }
    return recorder.history();
  }

  private List<MicroOp> program() {
    int size = weakness == Weakness.NONE_AND_NO_CONFLICTS ? 4 : 1 + random.nextInt(4);
    boolean readOnly = random.nextInt(3) == 0;
    List<MicroOp> program = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      int which = random.nextInt(activeKeys.size());
      long key = activeKeys.get(which);
      if (readOnly || random.nextInt(2) == 0) {
        program.add(MicroOp.read(key));
        continue;
      }
      long value = nextValues.merge(key, 1L, Long::sum);
      if (weakness == Weakness.LOST_UPDATE) {
        program.add(MicroOp.read(key));
      }
      program.add(MicroOp.append(key, value));
      if (value >= appendsPerKey) {
        activeKeys.set(which, nextKey++);
      }
    }
    return program;
  }

  private void step(Running txn) {
    if (txn.snapshot < 0) {
      boolean readOnly = txn.program.stream().allMatch(op -> op instanceof MicroOp.Read);
      txn.snapshot =
          weakness == Weakness.STALE_READ && readOnly
              ? Math.max(0, version - random.nextInt(STALE_VERSIONS_MAX))
              : version;
      if (weakness != Weakness.NONE_AND_NO_CONFLICTS) {
        return;
      }
    }
    while (txn.done.size() < txn.program.size()) {
      txn.done.add(run(txn, txn.program.get(txn.done.size())));
      if (weakness != Weakness.NONE_AND_NO_CONFLICTS) {
        return;
      }
    }
    int luck = random.nextInt(40);
    if (luck == 0) {
      txn.outcome = Outcome.INFO;
      late.add(txn);
    } else if (luck < 4 || !canCommit(txn)) {
      abort(txn);
      txn.outcome = Outcome.FAIL;
    } else {
      commit(txn);
      txn.outcome = random.nextInt(40) == 0 ? Outcome.INFO : Outcome.OK;
    }
  }

  private MicroOp run(Running txn, MicroOp op) {
    return switch (op) {
      case MicroOp.Append(long key, long value) -> {
        if (weakness == Weakness.DIRTY_READ) {
          put(key, value, Integer.MAX_VALUE);
        }
        txn.written.computeIfAbsent(key, _ -> new ArrayList<>()).add(value);
        yield op;
      }
      case MicroOp.Read(long key, var _) -> {
        txn.read.add(key);
        yield new MicroOp.Read(key, see(txn, key));
      }
      case MicroOp.Write write -> throw new IllegalStateException("no list: " + write);
    };
  }

  private Elements see(Running txn, long key) {
    int at =
        switch (weakness) {
          case READ_COMMITTED -> version;
          case DIRTY_READ -> Integer.MAX_VALUE;
          default -> txn.snapshot;
        };
    Elements seen = data.computeIfAbsent(key, _ -> new KeyData()).at(at);
    if (weakness != Weakness.DIRTY_READ) {
      for (long own : txn.written.getOrDefault(key, List.of())) {
        seen = seen.with(own);
      }
    }
    return seen;
  }

  private boolean canCommit(Running txn) {
    Set<Long> compared = new HashSet<>();
    switch (weakness) {
      case NONE, NONE_AND_NO_CONFLICTS, HALF_COMMIT, STALE_READ -> {
        if (!txn.written.isEmpty()) {
          compared.addAll(txn.read);
        }
      }
      case WRITE_SKEW -> compared.addAll(txn.written.keySet());
      case LOST_UPDATE, READ_COMMITTED, DIRTY_READ -> {}
    }
    return compared.stream()
        .noneMatch(key -> data.containsKey(key) && data.get(key).changedSince(txn.snapshot));
  }

  private void commit(Running txn) {
    if (txn.written.isEmpty()) {
      return;
    }
    version++;
    boolean half = weakness == Weakness.HALF_COMMIT && random.nextInt(4) == 0;
    int left = half ? 1 : Integer.MAX_VALUE;
    for (Map.Entry<Long, List<Long>> written : txn.written.entrySet()) {
      if (left-- <= 0) {
        return;
      }
      for (long value : written.getValue()) {
        if (weakness != Weakness.DIRTY_READ) {
          put(written.getKey(), value, version);
        }
      }
    }
  }

  private void abort(Running txn) {
    if (weakness == Weakness.DIRTY_READ) {
      txn.written.forEach((key, values) -> {
        KeyData of = data.computeIfAbsent(key, _ -> new KeyData());
        of.values.removeAll(values);
        of.versions.subList(of.values.size(), of.versions.size()).clear();
      });
    }
  }

  private void put(long key, long value, int at) {
    KeyData of = data.computeIfAbsent(key, _ -> new KeyData());
    of.values.add(value);
    of.versions.add(at);
  }
}
