package io.quorate.raft;

import io.quorate.base.Checks;
import java.util.Arrays;
import java.util.function.LongConsumer;

/**
 * Linearizable reads without writing (thesis, 6.4).
 *
 * <p>A leader answers a read with its commit index once two things are so: it has committed an
 * entry of its own term, so that its commit index is no older than any earlier leader's; and a
 * quorum has echoed a round that began after the read arrived, so that no later leader existed when
 * it did. All reads of one turn share a round. Rounds are numbered by the leader and never reused,
 * so that no delayed echo can confirm a read that it is older than.
 *
 * <p>A follower asks its leader, naming (boot, sequence); an answer is good however late it comes,
 * for it was made after the question.
 */
final class Reads {
  private static final long NO_ROUND = Long.MAX_VALUE;

  private final MemberState s;
  private final RaftCore core;

  /** On a leader: who asks (this member itself among others); elsewhere: what was asked for. */
  private int head;

  private int count;
  private int unassigned;
  private long[] froms = new long[2];
  private long[] boots = new long[2];
  private long[] sequences = new long[2];
  private long[] indexes = new long[2];
  private long[] rounds = new long[2];

  Reads(RaftCore core) {
    this.core = core;
    this.s = core.s;
  }

  void copyFrom(Reads that) {
    head = that.head;
    count = that.count;
    unassigned = that.unassigned;
    froms = that.froms.clone();
    boots = that.boots.clone();
    sequences = that.sequences.clone();
    indexes = that.indexes.clone();
    rounds = that.rounds.clone();
  }

  /** This member wants to read. */
  void local(long boot, long sequence) {
    if (s.leader == 0 || s.standing != Standing.GOOD) {
      s.effects.readFailed(boot, sequence, ReadFailure.NO_LEADER);
    } else if (count >= s.settings.waitingReadsMax()) {
      s.effects.readFailed(boot, sequence, ReadFailure.OVERLOADED);
    } else {
      push(s.self, boot, sequence);
      if (!s.leads()) {
        s.effects.send(s.leader, new Message.ReadIndexRequest(s.term, boot, sequence), 0);
      }
    }
  }

  /** Another member wants to read. */
  void request(long from, Message.ReadIndexRequest request) {
    if (!s.leads() || request.term() != s.term || count >= s.settings.waitingReadsMax()) {
      s.effects.send(
          from,
          new Message.ReadIndexReply(s.term, request.boot(), request.sequence(), 0, false),
          0);
      return;
    }
    push(from, request.boot(), request.sequence());
  }

  /** The leader that was asked answers. */
  void reply(Message.ReadIndexReply reply) {
    if (s.leads()) {
      return;
    }
    for (int i = 0; i < count; i++) {
      int slot = slot(i);
      if (sequences[slot] == reply.sequence() && boots[slot] == reply.boot()) {
        remove(i);
        if (reply.ok()) {
          s.effects.readReady(reply.boot(), reply.sequence(), reply.index());
        } else {
          s.effects.readFailed(reply.boot(), reply.sequence(), ReadFailure.LEADER_CHANGED);
        }
        return;
      }
    }
  }

  /** The leader, this member or another, is gone: what waits for it gets no answer from it. */
  void leaderGone() {
    boolean led = s.leads();
    while (count > 0) {
      int slot = slot(0);
      head = slot(1);
      count--;
      if (froms[slot] == s.self) {
        s.effects.readFailed(boots[slot], sequences[slot], ReadFailure.LEADER_CHANGED);
      } else {
        Checks.that(led, "a follower holds another member's read");
        s.effects.send(
            froms[slot],
            new Message.ReadIndexReply(s.term, boots[slot], sequences[slot], 0, false),
            0);
      }
    }
    unassigned = 0;
  }

  /** The turn ends: whether the reads that arrived in it want a round to begin. */
  boolean beginRound() {
    if (unassigned == 0) {
      return false;
    }
    long round = core.replication.nextRound();
    for (int i = count - unassigned; i < count; i++) {
      rounds[slot(i)] = round;
    }
    unassigned = 0;
    return true;
  }

  /** Answers what a quorum has confirmed. */
  void answer() {
    if (count == 0 || s.commit < s.leadershipIndex) {
      return;
    }
    long confirmed = s.peers.agreedRound(core.replication.round());
    while (count > 0 && rounds[slot(0)] <= confirmed) {
      int slot = slot(0);
      head = slot(1);
      count--;
      long index = s.rules.readIndex(indexes[slot], s.leadershipIndex);
      if (froms[slot] == s.self) {
        s.effects.readReady(boots[slot], sequences[slot], index);
      } else {
        s.effects.send(
            froms[slot],
            new Message.ReadIndexReply(s.term, boots[slot], sequences[slot], index, true),
            0);
      }
    }
  }

  void encode(LongConsumer sink) {
    sink.accept(count);
    sink.accept(unassigned);
    for (int i = 0; i < count; i++) {
      int slot = slot(i);
      sink.accept(froms[slot]);
      sink.accept(boots[slot]);
      sink.accept(sequences[slot]);
      sink.accept(indexes[slot]);
      sink.accept(rounds[slot]);
    }
  }

  private void push(long from, long boot, long sequence) {
    if (count == froms.length) {
      grow();
    }
    int slot = slot(count++);
    froms[slot] = from;
    boots[slot] = boot;
    sequences[slot] = sequence;
    indexes[slot] = s.commit;
    rounds[slot] = NO_ROUND;
    if (s.leads()) {
      unassigned++;
    }
  }

  private void remove(int i) {
    for (int j = i; j > 0; j--) {
      int to = slot(j);
      int from = slot(j - 1);
      froms[to] = froms[from];
      boots[to] = boots[from];
      sequences[to] = sequences[from];
      indexes[to] = indexes[from];
      rounds[to] = rounds[from];
    }
    head = slot(1);
    count--;
  }

  private int slot(int i) {
    return (head + i) & (froms.length - 1);
  }

  private void grow() {
    froms = unrolled(froms);
    boots = unrolled(boots);
    sequences = unrolled(sequences);
    indexes = unrolled(indexes);
    rounds = unrolled(rounds);
    head = 0;
  }

  private long[] unrolled(long[] ring) {
    long[] fresh = Arrays.copyOf(ring, 2 * ring.length);
    System.arraycopy(ring, head, fresh, 0, ring.length - head);
    System.arraycopy(ring, 0, fresh, ring.length - head, head);
    return fresh;
  }
}
