package io.quorate.node;

import io.quorate.base.Bytes;
import io.quorate.base.QuorateException;
import io.quorate.wal.GroupState;
import io.quorate.wal.Hole;
import io.quorate.wal.LogEntry;
import io.quorate.wal.Wal;
import java.util.ArrayDeque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Tells members what this one's log has of entries that theirs lack. Whatever is durable here may
 * be told, whether or not it is agreed on: who asks knows it by its hash.
 *
 * <p>Used on the loop; the log is read on a reader.
 */
final class RepairSource {
  /** How many entries an answer has at most, and their bytes. */
  private static final int ENTRIES_MAX = 256;

  /** First so many are read, and more only if they are small. */
  private static final int FEW = 8;

  private static final long BYTES_MAX = 256 << 10;

  private final Node node;
  private final FrameWriter frames = new FrameWriter();

  RepairSource(Node node) {
    this.node = node;
  }

  /**
   * @param replica the group's, if it runs here and the asking member has a voice in it
   */
  void asked(long from, long group, @Nullable GroupReplica replica, FrameReader in)
      throws FrameReader.Malformed {
    long term = in.u64();
    long index = in.u64();
    long hash = in.u64();
    in.end();
    long leads = 0;
    boolean underWay = false;
    if (replica != null && !replica.hasFailed()) {
      replica.termSeen(from, term);
      leads = replica.decidingTerm();
      underWay = replica.isUnderWayBelow(index);
    }
    long leaderTerm = leads;
    if (underWay) {
      return; // What becomes of it the disk here will tell: it is asked for again.
    }
    node.read(
        () -> answer(node.wal(), group, index, hash, leaderTerm),
        answer ->
            node.env()
                .transport()
                .send(from, Transport.Lane.BULK, answer.encode(frames, group), Bytes.EMPTY),
        () -> {});
  }

  private static RepairAnswer answer(Wal wal, long group, long index, long hash, long leaderTerm) {
    GroupState state = wal.mending().state(group);
    if (state == null) {
      return without(wal, group, index, RepairAnswer.Outcome.DAMAGED, 0, 0);
    }
    if (index <= state.baseIndex()) {
      return without(wal, group, index, RepairAnswer.Outcome.COMPACTED, leaderTerm, 0);
    }
    long here = wal.hash(group, index);
    if (index > state.lastIndex() || (hash != 0 && here != 0 && here != hash)) {
      long before = wal.mending().knownBelow(group, index);
      return mayHaveHad(state.hole(), index)
          ? without(wal, group, index, RepairAnswer.Outcome.GONE, 0, before)
          : without(wal, group, index, RepairAnswer.Outcome.LACKS, leaderTerm, before);
    }
    List<LogEntry> run = read(wal, group, Math.max(state.baseIndex() + 1, index - FEW + 1), index);
    long bytes = run.stream().mapToLong(entry -> entry.payload().length()).sum();
    if (run.size() == FEW && bytes * (ENTRIES_MAX / FEW) <= BYTES_MAX) {
      run = read(wal, group, Math.max(state.baseIndex() + 1, index - ENTRIES_MAX + 1), index);
    }
    if (run.isEmpty()) {
      // A last batch that doesn't verify counts as one that was never written whole, as it does
      // with
      // everybody who lost a log's end: two who tore the same one would wait for each other.
      return mayHaveHad(state.hole(), index)
          ? without(
              wal,
              group,
              index,
              RepairAnswer.Outcome.GONE,
              0,
              wal.mending().knownBelow(group, index))
          : without(wal, group, index, RepairAnswer.Outcome.DAMAGED, 0, 0);
    }
    long before = run.getFirst().index() - 1;
    return new RepairAnswer(
        index,
        RepairAnswer.Outcome.FOUND,
        leaderTerm,
        before,
        wal.term(group, before),
        wal.hash(group, before),
        run);
  }

  private static boolean mayHaveHad(@Nullable Hole hole, long index) {
    return hole != null && index >= hole.from() && (hole.open() || index <= hole.to());
  }

  private static RepairAnswer without(
      Wal wal, long group, long index, RepairAnswer.Outcome outcome, long leaderTerm, long before) {
    return new RepairAnswer(
        index,
        outcome,
        leaderTerm,
        before,
        Math.max(0, wal.term(group, before)),
        wal.hash(group, before),
        List.of());
  }

  /** Entries up to {@code last}, without a gap, as many as there are and fit. */
  private static List<LogEntry> read(Wal wal, long group, long first, long last) {
    ArrayDeque<LogEntry> run = new ArrayDeque<>();
    long[] bytes = {0};
    long next = first;
    while (next <= last) {
      try {
        long from = next;
        next =
            wal.read(
                group,
                next,
                last + 1,
                BYTES_MAX,
                (index, term, kind, payload, hash) -> {
                  run.addLast(new LogEntry(index, term, kind, payload, hash));
                  bytes[0] += payload.length();
                  while (bytes[0] > BYTES_MAX && run.size() > 1) {
                    bytes[0] -= run.removeFirst().payload().length();
                  }
                });
        if (next == from) {
          return List.of(); // the log ends below by now
        }
      } catch (QuorateException.Corrupt damaged) {
        // Damaged here too: what is behind it may serve nevertheless.
        next = run.isEmpty() || run.getLast().index() < next ? next + 1 : run.getLast().index() + 2;
        run.clear();
        bytes[0] = 0;
      }
    }
    return List.copyOf(run);
  }
}
