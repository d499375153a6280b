package io.quorate.checkers;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a history tells of one register: its versions, who wrote and read them, and what is known of
 * their order. Versions are numbered in the order of invocations; the first is that of a register
 * that was never written.
 */
final class RegisterHistory {
  static final int INITIAL = 0;
  static final int NOBODY = -1;

  /**
   * What one transaction has to do with the register.
   *
   * @param read the version it saw of others; -1 if it didn't look, or nobody wrote what it saw
   * @param writes its versions, in their order
   * @param readFirst whether it had read before it wrote
   */
  record Access(Transaction txn, int read, List<Integer> writes, boolean readFirst) {
    /** The version that it saw or made first; -1 if none is known. */
    int first() {
      return read >= 0 || writes.isEmpty() ? read : writes.getFirst();
    }

    /** The version that it saw or made last; -1 if none is known. */
    int last() {
      return writes.isEmpty() ? read : writes.getLast();
    }
  }

  private final long key;
  private final Map<Long, Integer> versionOf = new HashMap<>();
  private final List<Long> values = new ArrayList<>(List.of(0L));
  private final List<Integer> writers = new ArrayList<>(List.of(NOBODY));
  private final Map<Integer, Access> accesses = new LinkedHashMap<>();
  private boolean disputed;

  RegisterHistory(long key) {
    this.key = key;
  }

  long key() {
    return key;
  }

  /**
   * @throws IllegalArgumentException if it was written before: then nobody can tell whose it is
   */
  void addWrite(Transaction writer, long value) {
    Integer before = versionOf.putIfAbsent(value, values.size());
    if (before != null) {
      throw new IllegalArgumentException(
          "%d is written to k%d by T%d and %s: a workload writes no value of a key twice"
              .formatted(value, key, writers.get(before), writer.name()));
    }
    values.add(value);
    writers.add(writer.id());
  }

  void addAccess(Access access) {
    accesses.put(access.txn().id(), access);
  }

  /** In the order of the transactions' invocations. */
  Collection<Access> accesses() {
    return accesses.values();
  }

  @Nullable Access accessOf(Transaction txn) {
    return accesses.get(txn.id());
  }

  /** How many versions there are. */
  int versions() {
    return values.size();
  }

  /** The version that has {@code value}; null if nobody wrote it. */
  @Nullable Integer versionOf(long value) {
    return versionOf.get(value);
  }

  int writerOf(int version) {
    return writers.get(version);
  }

  String told(int version) {
    return version == INITIAL ? "nothing" : String.valueOf(values.get(version));
  }

  /** Says that what is known of the order contradicts itself: then nothing is concluded from it. */
  void dispute() {
    disputed = true;
  }

  boolean isDisputed() {
    return disputed;
  }

  /**
   * What is known of the order of versions, as a graph whose nodes they are: by edges of {@link
   * Graph#WW} from what transactions did, by others from time.
   *
   * @param happened which transactions certainly did
   * @param linearizable whether time tells the order
   */
  Graph order(boolean[] happened, boolean linearizable) {
    Graph.Builder graph = new Graph.Builder(versions(), Integer.MAX_VALUE);
    boolean[] follows = new boolean[versions()];
    List<Access> certain =
        accesses.values().stream().filter(access -> happened[access.txn().id()]).toList();
    for (Access access : certain) {
      int before = access.read();
      for (int version : access.writes()) {
        if (before >= 0) {
          graph.add(before, version, Graph.WW);
          follows[version] = true;
        }
        before = version;
      }
    }
    for (int version = 1; version < versions(); version++) {
      if (!follows[version] && happened[writers.get(version)]) {
        graph.add(INITIAL, version, Graph.WW);
      }
    }
    if (linearizable) {
      addTime(graph, certain.stream().filter(access -> access.first() >= 0).toList());
    }
    return graph.build();
  }

  /** From what completed accesses saw last to what later ones see first, without what follows. */
  private static void addTime(Graph.Builder graph, List<Access> accesses) {
    List<Access> completed =
        accesses.stream()
            .sorted(Comparator.comparingInt(access -> access.txn().completed()))
            .toList();
    Map<Integer, Access> lastOfProcess = new HashMap<>();
    List<Access> frontier = new ArrayList<>();
    int next = 0;
    for (Access access : accesses) {
      // Ends at the latest at the access itself, which hasn't completed before it was invoked.
      while (completed.get(next).txn().completed() < access.txn().invoked()) {
        Access done = completed.get(next++);
        frontier.removeIf(it -> it.txn().completed() < done.txn().invoked());
        frontier.add(done);
        lastOfProcess.put(done.txn().process(), done);
      }
      Access before = lastOfProcess.get(access.txn().process());
      if (before != null) {
        graph.add(before.last(), access.first(), Graph.PROCESS);
      }
      for (Access done : frontier) {
        graph.add(done.last(), access.first(), Graph.REALTIME);
      }
    }
  }
}
