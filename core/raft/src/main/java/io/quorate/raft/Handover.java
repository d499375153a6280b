package io.quorate.raft;

import io.quorate.raft.PeerStatus.Supply;
import java.util.function.LongConsumer;

/**
 * Handing leadership over on purpose (thesis, 3.10).
 *
 * <p>The leader admits no more proposals, waits until the target has acknowledged its whole log, so
 * that its promotion to a voter is durable there too, and tells it to campaign. If that doesn't
 * bring about another leader within an election time-out, it leads on.
 */
final class Handover {
  private final MemberState s;
  private long target;
  private long deadline;
  private boolean told;

  Handover(RaftCore core) {
    this.s = core.s;
  }

  void copyFrom(Handover that) {
    target = that.target;
    deadline = that.deadline;
    told = that.told;
  }

  boolean underWay() {
    return target != 0;
  }

  long deadline() {
    return underWay() ? deadline : Long.MAX_VALUE;
  }

  Transfer start(long now, long to) {
    if (!s.leads()) {
      return Transfer.NOT_LEADER;
    }
    if (to == s.self) {
      return Transfer.ALREADY_LEADER;
    }
    if (underWay()) {
      return Transfer.IN_FLIGHT;
    }
    Peer peer = s.peers.get(to);
    if (peer == null || !peer.incoming || s.configurations.current().index() > s.commit) {
      return Transfer.NOT_A_VOTER;
    }
    if (!peer.connected || peer.state == Supply.FENCED) {
      return Transfer.UNREACHABLE;
    }
    target = to;
    deadline = now + s.settings.electionNanosMin();
    told = false;
    return Transfer.STARTED;
  }

  void tick(long now) {
    if (underWay() && now >= deadline) {
      long failed = target;
      end();
      s.effects.transferFailed(failed);
    }
  }

  /** The end of the turn: tells the target, as soon as it has everything. */
  void flush() {
    if (!underWay() || told) {
      return;
    }
    Peer peer = s.peers.get(target);
    if (peer != null && peer.match == s.log.lastIndex()) {
      told = true;
      s.effects.send(target, new Message.TimeoutNow(s.term), 0);
    }
  }

  void end() {
    target = 0;
    deadline = 0;
    told = false;
  }

  void encode(LongConsumer sink) {
    sink.accept(target);
    sink.accept(deadline);
    sink.accept(told ? 1 : 0);
  }
}
