package io.quorate.bench.jmh;

import io.quorate.raft.Admission;
import io.quorate.raft.Configuration;
import io.quorate.raft.ConfigurationAt;
import io.quorate.raft.Effects;
import io.quorate.raft.EntryKind;
import io.quorate.raft.Message;
import io.quorate.raft.RaftCore;
import io.quorate.raft.RaftSettings;
import io.quorate.raft.Rare;
import io.quorate.raft.ReadFailure;
import io.quorate.raft.RecoveredState;
import io.quorate.raft.Role;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The core's hot lane: three members in one heap, joined by plain calls, with disks that are
 * durable at once. One operation is a turn: the whole way of a batch of entries on all three,
 * proposed, written, replicated, acknowledged, committed and applied. What little is allocated is
 * the rare lane's, which is asked to trim now and then.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class RaftSteps {
  private static final int TURNS = 100;
  private static final int PAYLOAD_BYTES = 300;
  private static final long TURN_NANOS = 10_000;
  private static final int ENTRIES_KEPT = 50_000;

  /** Entries that are proposed in one turn: how large the batches are. */
  @Param({"1", "128"})
  int batch;

  private final Member[] members = new Member[4];
  private long now;

  /** Elects a leader. */
  @Setup
  public void elect() {
    for (int id = 1; id <= 3; id++) {
      members[id] = new Member(id);
    }
    while (leader() == null) {
      now += 1_000_000;
      for (int id = 1; id <= 3; id++) {
        members[id].core.tick(now);
      }
      turn();
    }
  }

  /** A batch's way, over all three members. */
  @Benchmark
  @OperationsPerInvocation(TURNS)
  public long turns() {
    Member leader = leader();
    if (leader == null) {
      throw new IllegalStateException("no leader");
    }
    for (int i = 0; i < TURNS; i++) {
      now += TURN_NANOS;
      for (int entry = 0; entry < batch; entry++) {
        if (leader.core.propose(now, PAYLOAD_BYTES) != Admission.ADMITTED) {
          throw new IllegalStateException("a proposal was not admitted");
        }
      }
      leader.core.tick(now);
      turn();
      turn();
    }
    // Trimming is of the rare lane; without it, the arrays would grow for ever.
    if (leader.core.appliedIndex() - leader.core.firstIndex() > 2 * ENTRIES_KEPT) {
      for (int id = 1; id <= 3; id++) {
        RaftCore core = members[id].core;
        core.step(now, new Rare.Trim(Math.max(1, core.appliedIndex() - ENTRIES_KEPT)));
      }
    }
    return leader.core.commitIndex();
  }

  private @Nullable Member leader() {
    for (int id = 1; id <= 3; id++) {
      if (members[id].core.role() == Role.LEADER) {
        return members[id];
      }
    }
    return null;
  }

  private void turn() {
    for (int id = 1; id <= 3; id++) {
      members[id].turn();
    }
    for (int id = 1; id <= 3; id++) {
      members[id].turn();
    }
  }

  /** One member, and what is on its way to it. */
  private final class Member implements Effects {
    private static final int WIDTH = 9;
    private static final int QUEUE = 256;

    private final long id;
    private final RaftCore core;
    private final int[] sizes = new int[8_192];
    private final long[] arrived = new long[WIDTH * QUEUE];
    private final boolean[] isAck = new boolean[QUEUE];
    private final ArrayDeque<Rare> rare = new ArrayDeque<>();
    private int count;
    private long io;
    private long apply;

    Member(long id) {
      this.id = id;
      Arrays.fill(sizes, PAYLOAD_BYTES);
      core =
          RaftCore.create(
              RaftSettings.defaults(id, 1),
              RecoveredState.founding(Configuration.of(1, 2, 3)),
              id,
              0,
              this);
    }

    void turn() {
      while (!rare.isEmpty()) {
        core.step(now, rare.removeFirst());
      }
      for (int i = 0; i < count; i++) {
        int at = i * WIDTH;
        long from = arrived[at];
        if (isAck[i]) {
          core.appendAck(
              now,
              from,
              arrived[at + 1],
              arrived[at + 2],
              arrived[at + 3],
              (int) arrived[at + 4],
              arrived[at + 5],
              arrived[at + 6],
              arrived[at + 7]);
        } else {
          core.appendFrom(
              now,
              from,
              arrived[at + 1],
              arrived[at + 2],
              arrived[at + 3],
              arrived[at + 4],
              sizes,
              (int) (arrived[at + 5] - arrived[at + 2]),
              arrived[at + 6],
              arrived[at + 7]);
        }
      }
      count = 0;
      core.flush(now);
      if (io != 0) {
        core.durable(now, io);
        io = 0;
        core.flush(now);
      }
      if (apply != 0) {
        core.applied(now, apply);
        apply = 0;
      }
    }

    private void arrive(
        boolean ack, long from, long a, long b, long c, long d, long e, long f, long g) {
      if (count == QUEUE) {
        return; // messages may be lost
      }
      isAck[count] = ack;
      int at = count * WIDTH;
      arrived[at] = from;
      arrived[at + 1] = a;
      arrived[at + 2] = b;
      arrived[at + 3] = c;
      arrived[at + 4] = d;
      arrived[at + 5] = e;
      arrived[at + 6] = f;
      arrived[at + 7] = g;
      count++;
    }

    @Override
    public void sendAppend(
        long to,
        long term,
        long prevIndex,
        long prevTerm,
        long entryTerm,
        long lastIndex,
        long commit,
        long round) {
      members[(int) to].arrive(
          false, id, term, prevIndex, prevTerm, entryTerm, lastIndex, commit, round);
    }

    @Override
    public void sendAppendAck(
        long to,
        long term,
        long round,
        long match,
        int flags,
        long rejectedPrev,
        long hintIndex,
        long hintTerm,
        long afterIo) {
      members[(int) to].arrive(
          true, id, term, round, match, flags, rejectedPrev, hintIndex, hintTerm);
    }

    @Override
    public void send(long to, Message message, long afterIo) {
      members[(int) to].rare.add(new Rare.Received(id, message));
    }

    @Override
    public void writeEntries(long ioSeq, long firstIndex, long lastIndex) {
      io = ioSeq;
    }

    @Override
    public void writeState(long ioSeq, long term, long vote) {
      io = ioSeq;
    }

    @Override
    public void writePeer(long ioSeq, long peer, long boot, long nonce, long term, long index) {
      io = ioSeq;
    }

    @Override
    public void forgetPeer(long ioSeq, long peer) {
      io = ioSeq;
    }

    @Override
    public void applicable(long index) {
      apply = index;
    }

    @Override
    public int ownEntry(
        long index, long term, EntryKind kind, @Nullable Configuration configuration) {
      return PAYLOAD_BYTES;
    }

    @Override
    public void adoptSnapshot(
        long ioSeq,
        long snapshot,
        long index,
        long indexTerm,
        ConfigurationAt configuration,
        boolean keepSuffix) {
      throw new IllegalStateException("nobody lags so far");
    }

    @Override
    public void trimmed(long index, long indexTerm, ConfigurationAt configuration) {}

    @Override
    public void truncated(long firstIndex, long lastIndex) {}

    @Override
    public void committed(long index) {}

    @Override
    public void roleChanged(Role role, long term, long leader) {}

    @Override
    public void configuration(ConfigurationAt configuration, boolean committed) {}

    @Override
    public void readReady(long boot, long sequence, long index) {}

    @Override
    public void readFailed(long boot, long sequence, ReadFailure why) {}

    @Override
    public void transferFailed(long target) {}

    @Override
    public void snapshotNeeded(long peer, long atLeast) {}

    @Override
    public void snapshotDone(long peer, long snapshot) {}

    @Override
    public void fetchSnapshot(
        long from, long snapshot, long index, long indexTerm, ConfigurationAt configuration) {}

    @Override
    public void discardSnapshot(long snapshot) {}

    @Override
    public void peerFenced(long peer, long acknowledged, long found) {}
  }
}
