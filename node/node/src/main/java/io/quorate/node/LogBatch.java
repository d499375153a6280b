package io.quorate.node;

import io.quorate.base.Bytes;
import io.quorate.wal.Wal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What the groups of one loop want written in one turn, in their order. Filled on the loop, carried
 * out on the log's thread, and used again.
 */
final class LogBatch {
  private static final byte APPEND = 1;
  private static final byte HARD_STATE = 2;
  private static final byte CONFIGURATION = 3;
  private static final byte SNAPSHOT_MARK = 4;
  private static final byte TRIM = 5;
  private static final byte RESOLVE_HOLE = 6;

  /** Past this many operations, {@link #clear} gives the room back. */
  private static final int KEPT_OPERATIONS_MAX = 1 << 14;

  private byte[] operations = new byte[64];
  private long[] groups = new long[64];
  private long[] first = new long[64];
  private long[] second = new long[64];
  private long[] third = new long[64];
  private long[] fourth = new long[64];
  private Bytes[] contents = new Bytes[64];
  private int size;

  /** How many of them the log has taken. */
  private int staged;

  /** Of the last batch of a sync: how long that took, and how many batches it covered; else 0. */
  private long syncNanos;

  private int syncBatches;

  /** Who waits for this batch, and for which of its writes. */
  private final List<GroupReplica> waiters = new ArrayList<>();

  private long[] sequences = new long[4];
  private long[] bytes = new long[4];

  /** The last batch of a sync is told of it, on the log's thread. */
  void synced(long nanos, int batches) {
    syncNanos = nanos;
    syncBatches = batches;
  }

  /** Says how the sync went, if this is its last batch. */
  void report(NodeMetrics metrics) {
    if (syncBatches > 0) {
      metrics.synced(syncNanos, syncBatches);
    }
  }

  boolean isEmpty() {
    return size == 0 && waiters.isEmpty();
  }

  void append(long group, long index, long term, byte kind, Bytes payload, long hash) {
    add(APPEND, group, index, term, kind, hash, payload);
  }

  void hardState(long group, long term, long vote, Bytes blob) {
    add(HARD_STATE, group, term, vote, 0, 0, blob);
  }

  void configuration(long group, Bytes configuration) {
    add(CONFIGURATION, group, 0, 0, 0, 0, configuration);
  }

  void snapshotMark(
      long group, long index, long term, long hash, Bytes configuration, long generation) {
    add(SNAPSHOT_MARK, group, index, term, hash, generation, configuration);
  }

  void trim(long group, long index) {
    add(TRIM, group, index, 0, 0, 0, Bytes.EMPTY);
  }

  void resolveHole(long group) {
    add(RESOLVE_HOLE, group, 0, 0, 0, 0, Bytes.EMPTY);
  }

  /**
   * The group wants to know when its writes up to {@code ioSeq}, which are in here, are durable.
   *
   * @param stagedBytes what it has handed over until then, to be told again
   */
  void waiting(GroupReplica replica, long ioSeq, long stagedBytes) {
    int at = waiters.indexOf(replica);
    if (at < 0) {
      at = waiters.size();
      waiters.add(replica);
      if (at == sequences.length) {
        sequences = Arrays.copyOf(sequences, at * 2);
        bytes = Arrays.copyOf(bytes, at * 2);
      }
    }
    sequences[at] = ioSeq;
    bytes[at] = stagedBytes;
  }

  /**
   * Stages everything with the log, on the log's thread. After a refusal for want of room it is
   * called again, and goes on with what was refused.
   */
  void stage(Wal wal) {
    for (; staged < size; staged++) {
      int i = staged;
      switch (operations[i]) {
        case APPEND ->
            wal.append(groups[i], first[i], second[i], (byte) third[i], contents[i], fourth[i]);
        case HARD_STATE -> wal.hardState(groups[i], first[i], second[i], contents[i]);
        case CONFIGURATION -> wal.configuration(groups[i], contents[i]);
        case SNAPSHOT_MARK ->
            wal.snapshotMark(groups[i], first[i], second[i], third[i], contents[i], fourth[i]);
        case TRIM -> wal.trim(groups[i], first[i]);
        case RESOLVE_HOLE -> wal.resolveHole(groups[i]);
        default -> throw new IllegalStateException("operation " + operations[i]);
      }
    }
  }

  /** Tells who waits that it is durable. On the loop. */
  void announce() {
    for (int i = 0; i < waiters.size(); i++) {
      waiters.get(i).durable(sequences[i], bytes[i]);
    }
  }

  void clear() {
    syncNanos = 0;
    syncBatches = 0;
    if (size > KEPT_OPERATIONS_MAX) {
      operations = new byte[64];
      groups = new long[64];
      first = new long[64];
      second = new long[64];
      third = new long[64];
      fourth = new long[64];
      contents = new Bytes[64];
    } else {
      Arrays.fill(contents, 0, size, Bytes.EMPTY);
    }
    size = 0;
    staged = 0;
    waiters.clear();
  }

  private void add(byte operation, long group, long a, long b, long c, long d, Bytes content) {
    if (size == operations.length) {
      int room = size * 2;
      operations = Arrays.copyOf(operations, room);
      groups = Arrays.copyOf(groups, room);
      first = Arrays.copyOf(first, room);
      second = Arrays.copyOf(second, room);
      third = Arrays.copyOf(third, room);
      fourth = Arrays.copyOf(fourth, room);
      contents = Arrays.copyOf(contents, room);
    }
    operations[size] = operation;
    groups[size] = group;
    first[size] = a;
    second[size] = b;
    third[size] = c;
    fourth[size] = d;
    contents[size] = content;
    size++;
  }
}
