package io.quorate.raft;

import io.quorate.base.Checks;
import io.quorate.raft.PeerStatus.Supply;
import java.util.function.LongConsumer;

/**
 * A leader's side of replication (paper, 5.3 and 5.4.2).
 *
 * <p>At the end of a turn each follower gets what it lacks, as far as its window in bytes allows,
 * beside the leader's own write and not after it. Every append names the round it belongs to; the
 * echo shows that the follower still followed then. A heartbeat begins a round, and so does a turn
 * with reads, and a probe.
 */
final class Replication {
  private final RaftCore core;
  private final MemberState s;

  private long round;
  private long heartbeatDeadline;
  private boolean heartbeatDue;
  private long awakened;

  Replication(RaftCore core) {
    this.core = core;
    this.s = core.s;
  }

  void copyFrom(Replication that) {
    round = that.round;
    heartbeatDeadline = that.heartbeatDeadline;
    heartbeatDue = that.heartbeatDue;
    awakened = that.awakened;
  }

  long round() {
    return round;
  }

  long nextRound() {
    return ++round;
  }

  long deadline() {
    return heartbeatDeadline;
  }

  /** A leadership begins, with an entry of its own term, without which nothing can commit. */
  void begin(long now) {
    s.peers.restart(now, s.log.lastIndex());
    s.leadershipIndex = s.appendOwn(EntryKind.NOOP, null);
    round = 1;
    heartbeatDeadline = now + s.settings.heartbeatNanos();
    heartbeatDue = true;
    awakened = now;
  }

  /** A leadership ends. */
  void end() {
    s.leadershipIndex = 0;
    heartbeatDue = false;
    core.handover.end();
    core.snapshots.end();
  }

  void tick(long now) {
    if (now < heartbeatDeadline) {
      return;
    }
    if (now - heartbeatDeadline > s.settings.electionNanosMin() / 2) {
      // This process was stopped: what its followers said meanwhile is still to be read.
      awakened = now;
    }
    beat(now);
  }

  /** Shows itself to everybody, and sees whether a quorum still answers. */
  void beat(long now) {
    heartbeatDeadline = now + s.settings.heartbeatNanos();
    heartbeatDue = true;
    round++;
    long heard = Math.max(s.peers.quorumHeard(now), awakened);
    if (now - heard >= s.settings.electionNanosMin()) {
      core.election.resign(now, 0);
      return;
    }
    core.snapshots.tick(now);
  }

  // ---- sending
  // -----------------------------------------------------------------------------------

  /** The end of the turn. */
  void flush(long now) {
    if (core.reads.beginRound()) {
      heartbeatDue = true;
    }
    for (int i = 0; i < s.peers.count(); i++) {
      supply(now, s.peers.at(i));
    }
    heartbeatDue = false;
  }

  private void supply(long now, Peer peer) {
    if (peer.state == Supply.FENCED) {
      return;
    }
    if (heartbeatDue) {
      peer.probeSent = false;
    }
    boolean sent = false;
    while (peer.next <= s.log.lastIndex() && mayGetEntries(peer)) {
      if (peer.next - 1 < s.log.baseIndex()) {
        core.snapshots.need(now, peer);
        break;
      }
      sendEntries(peer);
      sent = true;
    }
    if (!sent && (heartbeatDue || (peer.state == Supply.REPLICATE && peer.sentCommit < s.commit))) {
      sendHeartbeat(peer);
    }
  }

  private boolean mayGetEntries(Peer peer) {
    if (!peer.wantsEntries()) {
      return false;
    }
    return switch (peer.state) {
      case PROBE -> !peer.probeSent;
      case REPLICATE -> s.log.bytes(peer.match, peer.next - 1) < s.settings.windowBytesMax();
      case SNAPSHOT, FENCED -> false;
    };
  }

  private void sendEntries(Peer peer) {
    long first = peer.next;
    long last = batchEnd(first);
    long previous = first - 1;
    if (peer.state == Supply.PROBE) {
      peer.probeSent = true;
      peer.probeLast = last;
      round++; // so that the follower answers even if it has nothing else to say
    } else {
      peer.next = last + 1;
    }
    peer.sentCommit = s.commit;
    s.effects.sendAppend(
        peer.id, s.term, previous, s.log.term(previous), s.log.term(first), last, s.commit, round);
  }

  /** The end of a batch: of one term, within the bounds, and a configuration entry alone. */
  private long batchEnd(long first) {
    long configuration = s.configurations.nextFrom(first);
    if (configuration == first) {
      return first;
    }
    long last = Math.min(s.log.runLast(first), configuration - 1);
    last = Math.min(last, first + s.settings.appendEntriesMax() - 1);
    return s.log.lastWithin(first, last, s.settings.appendBytesMax());
  }

  private void sendHeartbeat(Peer peer) {
    long previous = peer.next - 1;
    if (peer.state == Supply.SNAPSHOT || previous < s.log.baseIndex()) {
      previous = 0; // where everybody agrees: it shows the leader, and no more
    }
    peer.sentCommit = s.commit;
    long previousTerm = previous == 0 ? 0 : s.log.term(previous);
    s.effects.sendAppend(peer.id, s.term, previous, previousTerm, 0, previous, s.commit, round);
  }

  // ---- acknowledgements
  // ----------------------------------------------------------------------------

  void acknowledged(
      long now,
      long from,
      long term,
      long round,
      long match,
      int flags,
      long rejectedPrev,
      long hintIndex,
      long hintTerm) {
    Peer peer = s.peers.get(from);
    if (!s.leads() || peer == null) {
      return;
    }
    if (term > s.term) {
      core.election.leadAgainAbove(now, term);
      return;
    }
    if (!s.rules.ackCounts(term, s.term) || match > s.log.lastIndex()) {
      return;
    }
    if (peer.state == Supply.FENCED) {
      return;
    }
    peer.lastHeard = now;
    peer.connected = true;
    peer.ackedRound = Math.max(peer.ackedRound, round);
    peer.full = (flags & RaftCore.ACK_FULL) != 0;
    if (match > peer.match) {
      peer.match = match;
      peer.matchRound = round;
      s.records.acknowledged(from, s.term, match, s);
      supplied(peer);
      advanceCommit(now);
    } else if (peer.state == Supply.PROBE && peer.match == peer.next - 1 && match == peer.match) {
      supplied(peer);
    }
    if ((flags & RaftCore.ACK_REJECTED) != 0) {
      rejected(peer, round, rejectedPrev, hintIndex, hintTerm);
    }
  }

  /** An acknowledgement confirmed {@link Peer#match}: where to go on from. */
  private void supplied(Peer peer) {
    switch (peer.state) {
      case PROBE -> {
        if (peer.match >= peer.next - 1) {
          peer.state = Supply.REPLICATE;
          peer.next = Math.max(peer.match, peer.probeLast) + 1;
          peer.probeSent = false;
          peer.probeLast = 0;
        }
      }
      case REPLICATE -> peer.next = Math.max(peer.next, peer.match + 1);
      case SNAPSHOT -> core.snapshots.reached(peer);
      case FENCED -> {}
    }
  }

  private void rejected(Peer peer, long round, long rejectedPrev, long hintIndex, long hintTerm) {
    if (hintIndex < peer.match && round > peer.matchRound) {
      // Said after it had acknowledged more, in the same term: its directory lost data.
      fence(peer, hintIndex);
      return;
    }
    boolean late =
        switch (peer.state) {
          case PROBE -> rejectedPrev != peer.next - 1;
          case REPLICATE -> rejectedPrev <= peer.match || rejectedPrev >= peer.next;
          case SNAPSHOT, FENCED -> true;
        };
    if (late) {
      return;
    }
    long hint = Math.min(hintIndex, rejectedPrev - 1);
    long next = hint < s.log.baseIndex() ? hint + 1 : s.log.lastAtMost(hint, hintTerm) + 1;
    peer.probeFrom(next);
  }

  private void fence(Peer peer, long found) {
    long acknowledged = peer.match;
    core.snapshots.release(peer);
    peer.state = Supply.FENCED;
    peer.match = 0;
    peer.ackedRound = 0;
    s.effects.peerFenced(peer.id, acknowledged, found);
  }

  void diverged(long id, long index) {
    Peer peer = s.peers.get(id);
    if (s.leads() && peer != null && peer.state != Supply.FENCED) {
      fence(peer, index);
    }
  }

  /** Commits what a quorum has, if it is of this term; with it goes all that is older. */
  void advanceCommit(long now) {
    long own = s.rules.ownMatch(s.stability.stable(), s.log.lastIndex());
    long agreed = Math.min(s.peers.agreedMatch(own), s.log.lastIndex());
    if (agreed <= s.commit || !s.rules.commitsByCount(s.log.term(agreed), s.term)) {
      return;
    }
    s.commitTo(agreed);
    core.membership.leaveJoint(now);
  }

  // ---- connections
  // -----------------------------------------------------------------------------------

  void connected(long id) {
    Peer peer = s.peers.get(id);
    if (peer != null) {
      peer.connected = true;
      peer.queueFull = false;
    }
  }

  /** What was under way is lost: entries will start over from what is certain. */
  void disconnected(long id) {
    Peer peer = s.peers.get(id);
    if (peer == null) {
      return;
    }
    peer.connected = false;
    peer.queueFull = false;
    lost(peer);
  }

  /** What found the queue full is lost, as with a connection; what is before it in there is not. */
  void queueFull(long id, boolean full) {
    Peer peer = s.peers.get(id);
    if (peer == null) {
      return;
    }
    peer.queueFull = full;
    if (full) {
      lost(peer);
    }
  }

  /** What was sent may not have arrived, be it entries or the probe for where they begin. */
  private void lost(Peer peer) {
    if (!s.leads()) {
      return;
    }
    switch (peer.state) {
      case REPLICATE -> peer.probeFrom(peer.match + 1);
      case PROBE -> {
        peer.probeSent = false;
        peer.probeLast = 0;
      }
      case SNAPSHOT, FENCED -> {}
    }
  }

  /** Whom leadership would best go to: the voter that has most of the log; 0 if there is none. */
  long bestSuccessor() {
    long best = 0;
    long match = -1;
    for (int i = 0; i < s.peers.count(); i++) {
      Peer peer = s.peers.at(i);
      if (peer.incoming && peer.connected && peer.state == Supply.REPLICATE && peer.match > match) {
        best = peer.id;
        match = peer.match;
      }
    }
    Checks.that(best != s.self, "a member is no successor of itself");
    return match >= s.commit ? best : 0;
  }

  void encode(LongConsumer sink) {
    sink.accept(s.leads() ? round : 0);
    sink.accept(heartbeatDue ? 1 : 0);
  }

  void encodeTimes(LongConsumer sink) {
    sink.accept(heartbeatDeadline);
    sink.accept(awakened);
  }

  /** Up to where every member that keeps up has acknowledged the log; all of it if none is here. */
  long acknowledgedByThoseWhoKeepUp() {
    long least = s.log.lastIndex();
    for (int i = 0; i < s.peers.count(); i++) {
      Peer peer = s.peers.at(i);
      if (peer.connected && peer.state == Supply.REPLICATE) {
        least = Math.min(least, peer.match);
      }
    }
    return least;
  }
}
