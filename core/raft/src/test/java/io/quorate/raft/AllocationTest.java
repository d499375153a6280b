package io.quorate.raft;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The hot lane works without allocating: bytes are counted, not guessed. */
final class AllocationTest {
  private static final int WARM_UP = 200_000;
  private static final int MEASURED = 100_000;

  /** A leader's and a follower's whole path of an entry, and of trimming it away again. */
  @Test
  void a_turn_of_propose_flush_acknowledge_durable_and_applied_allocates_nothing() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    Pair pair = new Pair();
    pair.elect();
    for (int i = 0; i < WARM_UP; i++) {
      pair.turn();
    }
    long before = threads.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < MEASURED; i++) {
      pair.turn();
    }
    long allocated = threads.getCurrentThreadAllocatedBytes() - before;
    System.out.printf("%d bytes in %,d turns%n", allocated, MEASURED);
    // The few records of the rare lane that asked for trimming are in it.
    assertThat((double) allocated / MEASURED).isLessThan(0.1);
    assertThat(pair.leader.core().commitIndex()).isGreaterThan(WARM_UP);
  }

  /** Two members in one heap, joined by plain calls. */
  private static final class Pair {
    final Side leader = new Side(1);
    final Side follower = new Side(2);
    private long now;

    Pair() {
      leader.other = follower;
      follower.other = leader;
    }

    void elect() {
      leader.core().election.timeOut(now);
      for (int i = 0; i < 20; i++) {
        leader.turn(now);
        follower.turn(now);
      }
      assertThat(leader.core().role()).isEqualTo(Role.LEADER);
    }

    void turn() {
      now += 1_000;
      assertThatAdmitted(leader.core().propose(now, 100));
      assertThatAdmitted(leader.core().propose(now, 200));
      leader.core().tick(now);
      for (int i = 0; i < 3; i++) {
        leader.turn(now);
        follower.turn(now);
      }
      // Trimming is of the rare lane, but must not let the arrays grow.
      if (leader.core().appliedIndex() - leader.core().firstIndex() > 10_000) {
        leader.trim(now);
        follower.trim(now);
      }
    }

    private static void assertThatAdmitted(Admission admission) {
      if (admission != Admission.ADMITTED) {
        throw new AssertionError(admission);
      }
    }
  }

  /** One member; what it wants done is done at the next turn. */
  private static final class Side implements Effects {
    private final long id;
    private final RaftCore core;
    private @Nullable Side other;
    private long io;
    private long apply;
    private final int[] sizes = new int[64];

    // One append and one acknowledgement on their way, as primitives.
    private boolean appendWaits;
    private final long[] append = new long[7];
    private boolean ackWaits;
    private final long[] ack = new long[7];
    private @Nullable Message message;

    Side(long id) {
      this.id = id;
      java.util.Arrays.fill(sizes, 100);
      RaftSettings settings = RaftSettings.defaults(id, 1);
      this.core =
          RaftCore.create(settings, RecoveredState.founding(Configuration.of(1, 2)), id, 0, this);
    }

    RaftCore core() {
      return core;
    }

    void trim(long now) {
      core.step(now, new Rare.Trim(core.appliedIndex()));
    }

    void turn(long now) {
      if (message != null) {
        Message in = message;
        message = null;
        core.step(now, new Rare.Received(3 - id, in));
      }
      if (appendWaits) {
        appendWaits = false;
        core.appendFrom(
            now,
            3 - id,
            append[0],
            append[1],
            append[2],
            append[3],
            sizes,
            (int) (append[4] - append[1]),
            append[5],
            append[6]);
      }
      if (ackWaits) {
        ackWaits = false;
        core.appendAck(now, 3 - id, ack[0], ack[1], ack[2], (int) ack[3], ack[4], ack[5], ack[6]);
      }
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

    @Override
    public void writeEntries(long ioSeq, long firstIndex, long lastIndex) {
      io = ioSeq;
    }

    @Override
    public void writeState(long ioSeq, long term, long vote) {
      io = ioSeq;
    }

    @Override
    public void adoptSnapshot(
        long ioSeq,
        long snapshot,
        long index,
        long indexTerm,
        ConfigurationAt configuration,
        boolean keepSuffix) {}

    @Override
    public void writePeer(long ioSeq, long peer, long boot, long nonce, long term, long index) {
      io = ioSeq;
    }

    @Override
    public void forgetPeer(long ioSeq, long peer) {}

    @Override
    public void trimmed(long index, long indexTerm, ConfigurationAt configuration) {}

    @Override
    public int ownEntry(
        long index, long term, EntryKind kind, @Nullable Configuration configuration) {
      return 0;
    }

    @Override
    public void truncated(long firstIndex, long lastIndex) {}

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
      Side there = other;
      if (there == null) {
        return;
      }
      if (there.appendWaits && there.append[4] == prevIndex) {
        there.append[4] = lastIndex; // joined, as a connection would deliver both
      } else {
        there.append[1] = prevIndex;
        there.append[2] = prevTerm;
        there.append[4] = lastIndex;
      }
      there.appendWaits = true;
      there.append[0] = term;
      there.append[3] = entryTerm == 0 ? term : entryTerm;
      there.append[5] = commit;
      there.append[6] = round;
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
      Side there = other;
      if (there == null) {
        return;
      }
      there.ackWaits = true;
      there.ack[0] = term;
      there.ack[1] = round;
      there.ack[2] = match;
      there.ack[3] = flags;
      there.ack[4] = rejectedPrev;
      there.ack[5] = hintIndex;
      there.ack[6] = hintTerm;
    }

    @Override
    public void send(long to, Message sent, long afterIo) {
      if (other != null) {
        other.message = sent;
      }
    }

    @Override
    public void committed(long index) {}

    @Override
    public void applicable(long index) {
      apply = index;
    }

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
