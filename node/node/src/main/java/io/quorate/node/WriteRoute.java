package io.quorate.node;

import io.quorate.base.Bytes;
import io.quorate.base.QuorateException;
import io.quorate.kv.KvResult;
import io.quorate.machine.CommandCodec;
import io.quorate.raft.Admission;
import io.quorate.raft.EntryKind;
import io.quorate.raft.RaftCore;
import io.quorate.raft.Role;

/**
 * The way of a group's writes to its leader: proposed here if this member leads, handed over if
 * another does, kept while nobody does.
 *
 * <p>See {@link PendingWrites} for when a write may be proposed again, and {@link Forwarding} for
 * how a broken connection loses none. Used on the loop only.
 */
final class WriteRoute {
  /** Bytes of writes in one frame to the leader. */
  private static final int FORWARD_BYTES_MAX = 1 << 20;

  /** How often a member's own record is proposed until it is applied. */
  private static final long PUBLISH_NANOS = 1_000_000_000L;

  private static final byte COMMAND = Applier.kind(EntryKind.COMMAND);

  private final GroupReplica replica;
  private final Node node;
  private final long group;
  private final long life;
  private final PendingWrites pending;
  private final GroupEffects effects;
  private final Forwarding forwarding = new Forwarding();
  private final FrameWriter frames = new FrameWriter();

  /** Writes came back from the leader: they go again at the next tick, not at once. */
  private boolean retryRefused;

  /** Writes didn't get off to the leader: nothing may overtake them until they have. */
  private boolean forwardBlocked;

  /** A leader was found, perhaps the one from before: see {@link #handOver}. */
  private boolean handOver;

  private long lastPublish;

  WriteRoute(GroupReplica replica, Node node, PendingWrites pending, GroupEffects effects) {
    this.replica = replica;
    this.node = node;
    this.group = replica.group();
    this.life = replica.life();
    this.pending = pending;
    this.effects = effects;
    this.lastPublish = node.env().loop().now() - PUBLISH_NANOS;
  }

  private RaftCore core() {
    return replica.core();
  }

  /** Another role, term or leader: what was put off may go now. */
  void leaderChanged(long leader) {
    forwardBlocked = false;
    retryRefused = false;
    handOver |= leader != 0;
  }

  /** Time has passed: what came back may go again, and what has waited too long is refused. */
  void tick(long now) {
    retryRefused = false;
    Refusal why = core().leader() != 0 ? Refusal.TIMED_OUT : Refusal.TIMED_OUT_LEADER_LOST;
    for (long s = pending.oldest();
        s != 0 && pending.nextDeadline() - now <= 0;
        s = pending.oldest()) {
      refuse(s, why);
    }
  }

  /** Refuses everything that waits. */
  void refuseAll(Refusal why) {
    for (long s = pending.oldest(); s != 0; s = pending.oldest()) {
      refuse(s, why);
    }
  }

  /** Refuses what nobody has proposed: of it, and of nothing else, no effect is certain. */
  void refuseWaiting(Refusal why) {
    for (long s = pending.firstWaiting(); s != 0; s = pending.firstWaiting()) {
      refuse(s, why);
    }
  }

  /** Proposes or hands over what waits. */
  void propose(long now) {
    handOver();
    publish(now);
    if (pending.firstWaiting() == 0) {
      return;
    }
    long leader = core().leader();
    if (core().role() == Role.LEADER) {
      proposeHere(now);
    } else if (leader != 0 && !retryRefused && !forwardBlocked) {
      forwardTo(leader);
    }
  }

  private void proposeHere(long now) {
    for (long s = pending.firstWaiting(); s != 0; s = pending.firstWaiting()) {
      Bytes payload = pending.payload(s);
      switch (core().propose(now, payload.length())) {
        case ADMITTED -> {
          effects.appended(core().lastIndex(), core().term(), COMMAND, payload);
          pending.proposed(s, core().term(), 0);
        }
        case TOO_LARGE -> refuse(s, Refusal.TOO_LARGE);
        case NOT_LEADER, OTHER_TERM, OVERLOADED, TRANSFERRING -> {
          // It waits for room, or for the next leader; its deadline bounds how long.
          return;
        }
      }
    }
  }

  private void forwardTo(long leader) {
    long term = core().term();
    while (pending.firstWaiting() != 0 && !forwardBlocked) {
      forwarding.begin();
      long batchFirst = pending.firstWaiting();
      for (long s = batchFirst;
          s != 0 && forwarding.bytes() < FORWARD_BYTES_MAX;
          s = pending.firstWaiting()) {
        long number = forwarding.nextNumber();
        forwarding.add(number, COMMAND, pending.payload(s));
        pending.proposed(s, term, number);
      }
      sendForward(leader, term);
    }
  }

  private void sendForward(long leader, long term) {
    boolean sent =
        node.env()
            .transport()
            .send(
                leader,
                Transport.Lane.CONSENSUS,
                forwarding.head(frames, group, term, life),
                forwarding.body());
    // The conversation is down or full. Once it is up or has room, everything of this term is
    // handed over again, in order.
    forwardBlocked |= !sent;
  }

  /**
   * Once a leader is found anew, what was handed to it before goes first: it may be the leader of
   * the same term, and its word counts numbers in their order.
   */
  private void handOver() {
    if (handOver && core().leader() != 0) {
      handOver = false;
      if (core().role() != Role.LEADER) {
        forwardAgain(core().leader());
      }
    }
  }

  /** Hands over again what the leader may not have had. */
  void forwardAgain(long leader) {
    long term = core().term();
    forwardBlocked = false;
    forwarding.begin();
    for (long s : pending.proposedIn(term)) {
      forwarding.add(pending.number(s), COMMAND, pending.payload(s));
      pending.repeated(s);
      if (forwarding.bytes() >= FORWARD_BYTES_MAX) {
        sendForward(leader, term);
        if (forwardBlocked) {
          return;
        }
        forwarding.begin();
      }
    }
    if (!forwarding.isEmpty()) {
      sendForward(leader, term);
    }
  }

  /** Has the cluster agree on this member's name and addresses, until it has. */
  private void publish(long now) {
    if (now - lastPublish < PUBLISH_NANOS || core().leader() == 0 || forwardBlocked) {
      return;
    }
    MemberInfo self = node.unpublished();
    if (self == null) {
      return;
    }
    lastPublish = now;
    Bytes payload = MemberRows.encode(self);
    if (core().role() != Role.LEADER) {
      forwarding.begin();
      forwarding.add(forwarding.nextNumber(), Applier.MEMBER_KIND, payload);
      sendForward(core().leader(), core().term());
    } else if (core().propose(now, payload.length()) == Admission.ADMITTED) {
      effects.appended(core().lastIndex(), core().term(), Applier.MEMBER_KIND, payload);
    }
  }

  /** Writes that another member took arrive. */
  void receive(long now, long from, FrameReader in) throws FrameReader.Malformed {
    forwarding.receive(
        frames,
        group,
        from,
        in,
        (term, kind, payload) -> {
          expectProposable(kind, payload);
          Admission admission = core().proposeIn(now, term, payload.length());
          if (admission == Admission.ADMITTED) {
            effects.appended(core().lastIndex(), core().term(), kind, payload.compact());
          }
          return admission;
        },
        (head, body) -> node.env().transport().send(from, Transport.Lane.CONSENSUS, head, body));
  }

  /** Whatever gets into the log, every member applies: what none could apply must not. */
  private static void expectProposable(byte kind, Bytes payload) throws FrameReader.Malformed {
    if (kind == Applier.MEMBER_KIND) {
      String url = PeerUrls.malformed(MemberRows.read(payload));
      if (url != null) {
        throw new FrameReader.Malformed("a member's record with a peer URL that is none: " + url);
      }
    } else if (kind != COMMAND) {
      throw new FrameReader.Malformed("a proposal of kind " + kind);
    } else {
      try {
        var _ = CommandCodec.decode(payload);
      } catch (QuorateException.Corrupt e) {
        throw new FrameReader.Malformed("a command that can't be read: " + e.getMessage());
      }
    }
  }

  /**
   * Writes come back. Who leads a term knows what it has had, so that what it has no room for is in
   * nobody's log. Who leads it no more has forgotten: of a write that was handed over twice it may
   * refuse the one copy though the other is in the log. Such a write stays proposed in its term,
   * and the next leader's first entry settles it.
   */
  void receiveRefusals(FrameReader in) throws FrameReader.Malformed {
    long term = in.u64();
    long ofLife = in.u64();
    int count = in.count(9);
    for (int i = 0; i < count; i++) {
      long sequence = in.u64();
      int reason = in.u8();
      if (ofLife != life) {
        continue;
      }
      if (reason == Forwarding.TOO_LARGE) {
        refuse(sequence, Refusal.TOO_LARGE);
      } else {
        if (reason == Forwarding.OVERLOADED || !pending.isRepeated(sequence)) {
          pending.refused(sequence, term);
        }
        // It has no room, or leads no more: hand it over again at the next tick or to the next
        // leader.
        retryRefused = true;
      }
    }
    in.end();
  }

  private void refuse(long sequence, Refusal why) {
    Reply<? super KvResult> reply = pending.take(sequence);
    if (reply != null) {
      node.metrics().refused(group);
      replica.answers().refused(reply, why);
    }
  }
}
