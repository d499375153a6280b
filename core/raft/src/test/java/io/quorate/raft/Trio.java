package io.quorate.raft;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Three members in one heap, joined by plain calls, with disks that are durable at once: the least
 * shell for the core's hot lane, which allocates nothing itself. Of the test of that, and of the
 * microbenchmark. One owner thread.
 */
public final class Trio {
  private static final int MEMBERS = 3;
  private static final long LEADER = 1;
  private static final int ENTRIES_KEPT = 4_000;
  private static final long TURN_NANOS = 10_000;
  private static final long BOOT = 1;

  private final Member[] members = new Member[MEMBERS + 1];
  private final Member leader;
  private final int payloadBytes;
  private long now;
  private long reads;
  private long readsDone;

  /** Elects the first member. */
  public Trio(int payloadBytes) {
    this.payloadBytes = payloadBytes;
    for (int id = 1; id <= MEMBERS; id++) {
      members[id] = new Member(id);
    }
    leader = members[(int) LEADER];
    leader.core.election.timeOut(now);
    for (int i = 0; i < 10; i++) {
      turn();
    }
    that(leader.core.commitIndex() == 1 && leader.core.role() == Role.LEADER, "no leader");
  }

  /** The whole way of a batch: proposed, written, replicated, acknowledged, committed, applied. */
  public long write(int entries) {
    now += TURN_NANOS;
    propose(entries);
    leader.core.tick(now);
    turn(); // the leader's appends; their acknowledgements; the commit
    turn(); // the followers learn of it and apply
    that(leader.core.appliedIndex() == leader.core.lastIndex(), "the batch isn't applied");
    trim();
    return leader.core.commitIndex();
  }

  /** As {@link #write}, the leader's part alone: the others acknowledge in a word. */
  public long lead(int entries) {
    now += TURN_NANOS;
    propose(entries);
    leader.core.tick(now);
    leader.turn();
    for (int id = 2; id <= MEMBERS; id++) {
      members[id].count = 0;
      leader.core.appendAck(
          now,
          id,
          leader.core.term(),
          leader.core.replication.round(),
          leader.core.lastIndex(),
          0,
          0,
          0,
          0);
    }
    leader.turn();
    that(leader.core.appliedIndex() == leader.core.lastIndex(), "the batch isn't applied");
    trim(leader);
    return leader.core.commitIndex();
  }

  /** As {@link #write}, a follower's part alone: appended, written, acknowledged, applied. */
  public long follow(int entries) {
    now += TURN_NANOS;
    Member follower = members[2];
    RaftCore core = follower.core;
    long last = core.lastIndex();
    core.appendFrom(
        now,
        LEADER,
        core.term(),
        last,
        core.termAt(last),
        core.term(),
        follower.sizes,
        entries,
        last,
        0);
    follower.turn();
    leader.count = 0;
    that(core.appliedIndex() == last, "what is committed isn't applied");
    trim(follower);
    return core.lastIndex();
  }

  /** A linearizable read on the leader: a round of heartbeats, and its echoes. */
  public long read() {
    now += TURN_NANOS;
    leader.core.read(BOOT, ++reads);
    turn();
    turn();
    that(readsDone == reads, "the read isn't answered");
    return reads;
  }

  /** A heartbeat falls due: everybody's clock ticks, the leader shows itself and is answered. */
  public long heartbeat() {
    now = Math.max(now, leader.core.nextDeadline());
    for (int id = 1; id <= MEMBERS; id++) {
      members[id].core.tick(now);
    }
    turn();
    turn();
    that(leader.core.role() == Role.LEADER, "the leader was deposed");
    return leader.core.nextDeadline();
  }

  private void propose(int entries) {
    for (int i = 0; i < entries; i++) {
      that(leader.core.propose(now, payloadBytes) == Admission.ADMITTED, "not admitted");
    }
  }

  private void turn() {
    for (int id = 1; id <= MEMBERS; id++) {
      members[id].turn();
    }
  }

  /** So that the arrays don't grow for ever. */
  private void trim() {
    for (int id = 1; id <= MEMBERS; id++) {
      trim(members[id]);
    }
  }

  private static void trim(Member member) {
    RaftCore core = member.core;
    if (core.appliedIndex() - core.firstIndex() > 2 * ENTRIES_KEPT) {
      core.trim(core.appliedIndex() - ENTRIES_KEPT);
    }
  }

  private static void that(boolean holds, String otherwise) {
    if (!holds) {
      throw new AssertionError(otherwise);
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
    private final Kind[] kinds = new Kind[QUEUE];
    private final @Nullable Message[] messages = new Message[QUEUE];
    private int count;
    private long io;
    private long apply;

    Member(long id) {
      this.id = id;
      Arrays.fill(sizes, payloadBytes);
      core =
          RaftCore.create(
              RaftSettings.defaults(id, 1),
              RecoveredState.founding(Configuration.of(1, 2, 3)),
              id,
              0,
              this);
    }

    void turn() {
      for (int i = 0; i < count; i++) {
        handIn(i);
      }
      count = 0;
      core.flush(now);
      while (io != 0) {
        long done = io;
        io = 0;
        core.durable(now, done);
        core.flush(now);
      }
      if (apply != 0) {
        core.applied(now, apply);
        apply = 0;
      }
    }

    private void handIn(int i) {
      int at = i * WIDTH;
      long from = arrived[at];
      switch (kinds[i]) {
        case ACK ->
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
        case APPEND ->
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
        case MESSAGE -> {
          Message message = messages[i];
          if (message != null) {
            messages[i] = null;
            core.step(now, new Rare.Received(from, message));
          }
        }
      }
    }

    private int arrive(Kind kind, long from) {
      that(count < QUEUE, "more messages than there is room for");
      kinds[count] = kind;
      arrived[count * WIDTH] = from;
      return count++;
    }

    private void arrive(
        Kind kind, long from, long a, long b, long c, long d, long e, long f, long g) {
      int at = arrive(kind, from) * WIDTH;
      arrived[at + 1] = a;
      arrived[at + 2] = b;
      arrived[at + 3] = c;
      arrived[at + 4] = d;
      arrived[at + 5] = e;
      arrived[at + 6] = f;
      arrived[at + 7] = g;
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
          Kind.APPEND, id, term, prevIndex, prevTerm, entryTerm, lastIndex, commit, round);
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
          Kind.ACK, id, term, round, match, flags, rejectedPrev, hintIndex, hintTerm);
    }

    @Override
    public void send(long to, Message message, long afterIo) {
      Member there = members[(int) to];
      there.messages[there.arrive(Kind.MESSAGE, id)] = message;
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
    public void writeStanding(long ioSeq, Standing standing) {
      io = ioSeq;
    }

    @Override
    public void applicable(long index) {
      apply = index;
    }

    @Override
    public int ownEntry(
        long index, long term, EntryKind kind, @Nullable Configuration configuration) {
      return payloadBytes;
    }

    @Override
    public void readReady(long boot, long sequence, long index) {
      readsDone = sequence;
    }

    @Override
    public void adoptSnapshot(
        long ioSeq,
        long snapshot,
        long index,
        long indexTerm,
        ConfigurationAt configuration,
        boolean keepSuffix) {
      throw new AssertionError("nobody lags so far");
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

  /** What a message is. */
  private enum Kind {
    APPEND,
    ACK,
    MESSAGE
  }
}
