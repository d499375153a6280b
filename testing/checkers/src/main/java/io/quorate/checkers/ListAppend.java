package io.quorate.checkers;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Lists that are appended to and read as a whole. A read shows not only the last write but all
 * before it in their order, so that the order of versions needn't be guessed.
 *
 * <p>What can be concluded of appends that nobody has read? One of a committed transaction lies
 * behind the last element that was read, since a list only grows; so its writer comes after that of
 * the last element, and after all who read no further. Two such appends have no order between them.
 * One whose outcome is unknown may never have happened, and nothing is concluded from it; unless an
 * other element of the same transaction was read, for then it is committed, and all of it.
 */
final class ListAppend implements Workload {
  private final History history;
  private final Map<Long, ListHistory> keys = new LinkedHashMap<>();
  private final boolean[] happened;
  private final OwnReads ownReads = new OwnReads();

  /**
   * @throws IllegalArgumentException if a value is appended to a key twice, or a register is
   *     written
   */
  ListAppend(History history) {
    this.history = history;
    this.happened = new boolean[history.size()];
    for (Transaction txn : history.transactions()) {
      happened[txn.id()] = txn.outcome() == Outcome.OK;
      for (MicroOp op : txn.ops()) {
        switch (op) {
          case MicroOp.Append append -> key(append.key()).addAppend(txn, append.value());
          case MicroOp.Read read -> key(read.key());
          case MicroOp.Write write ->
              throw new IllegalArgumentException(
                  txn.name() + " writes a register, where lists are checked: " + write);
        }
      }
    }
    for (Transaction txn : history.transactions()) {
      if (txn.outcome() == Outcome.OK) {
        ownReads.collect(txn, keys);
      }
    }
    for (ListHistory key : keys.values()) {
      for (ListHistory.Seen read : key.reads()) {
        if (!read.seen().isPrefixOf(key.order())) {
          key.dispute();
          markHappened(key, read.seen());
        }
      }
      markHappened(key, key.order());
      if (hasDuplicates(key.order())) {
        key.dispute();
      }
    }
  }

  @Override
  public void addAnomaliesTo(Findings findings) {
    ownReads.addAnomaliesTo(findings);
    for (ListHistory key : keys.values()) {
      new ListCheck(history, key, findings).run();
    }
  }

  @Override
  public void addDependenciesTo(Graph.Builder graph) {
    for (ListHistory key : keys.values()) {
      int[] order = writersInOrder(key);
      int last = ListHistory.NOBODY;
      int[] unread = new int[0];
      if (!key.isDisputed()) {
        for (int writer : order) {
          if (writer != ListHistory.NOBODY) {
            if (last != ListHistory.NOBODY) {
              graph.add(last, writer, Graph.WW);
            }
            last = writer;
          }
        }
        unread = unreadWriters(key);
        for (int writer : unread) {
          if (last != ListHistory.NOBODY) {
            graph.add(last, writer, Graph.WW);
          }
        }
      }
      for (ListHistory.Seen read : key.reads()) {
        int reader = read.reader().id();
        if (key.isDisputed()) {
          if (!read.seen().isEmpty()) {
            addReadFrom(graph, committedWriter(key, read.seen().last()), reader);
          }
          continue;
        }
        int version = read.seen().size();
        int from = version - 1;
        while (from >= 0 && order[from] == ListHistory.NOBODY) {
          from--;
        }
        int readFrom = from < 0 ? ListHistory.NOBODY : order[from];
        addReadFrom(graph, readFrom, reader);
        // Who read the middle of a transaction hasn't missed the rest: that is G1b, not an rw.
        int next = version;
        while (next < order.length
            && (order[next] == ListHistory.NOBODY || order[next] == readFrom)) {
          next++;
        }
        if (next < order.length) {
          graph.add(reader, order[next], Graph.RW);
        } else {
          for (int writer : unread) {
            if (writer != readFrom) {
              graph.add(reader, writer, Graph.RW);
            }
          }
        }
      }
    }
  }

  @Override
  public String because(Transaction from, Transaction to, int type) {
    return new ListAppendWords(keys).because(from, to, type);
  }

  private static void addReadFrom(Graph.Builder graph, int writer, int reader) {
    if (writer != ListHistory.NOBODY) {
      graph.add(writer, reader, Graph.WR);
    }
  }

  private ListHistory key(long key) {
    return keys.computeIfAbsent(key, ListHistory::new);
  }

  /** What a committed transaction read has happened, unless it failed, which is an anomaly. */
  private void markHappened(ListHistory key, Elements seen) {
    for (int i = 0; i < seen.size(); i++) {
      Integer writer = key.writerOf(seen.get(i));
      if (writer != null && history.get(writer).outcome() != Outcome.FAIL) {
        happened[writer] = true;
      }
    }
  }

  private int committedWriter(ListHistory key, long value) {
    Integer writer = key.writerOf(value);
    return writer == null || !happened[writer] ? ListHistory.NOBODY : writer;
  }

  private int[] writersInOrder(ListHistory key) {
    int[] writers = new int[key.order().size()];
    for (int i = 0; i < writers.length; i++) {
      writers[i] = committedWriter(key, key.order().get(i));
    }
    return writers;
  }

  private int[] unreadWriters(ListHistory key) {
    Set<Long> read = new HashSet<>();
    for (int i = 0; i < key.order().size(); i++) {
      read.add(key.order().get(i));
    }
    return key.appended().stream()
        .filter(value -> !read.contains(value))
        .mapToInt(value -> committedWriter(key, value))
        .filter(writer -> writer != ListHistory.NOBODY)
        .distinct()
        .toArray();
  }

  private static boolean hasDuplicates(Elements elements) {
    Set<Long> distinct = new HashSet<>();
    for (int i = 0; i < elements.size(); i++) {
      if (!distinct.add(elements.get(i))) {
        return true;
      }
    }
    return false;
  }
}
