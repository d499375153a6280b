package io.quorate.raft;

import io.quorate.base.Checks;
import io.quorate.raft.PeerStatus.Supply;
import java.util.function.LongConsumer;

/**
 * Snapshots, on both sides (paper, 7): when a member needs one, what becomes of the log when it has
 * come, and how much of the log stays for whom. The bytes go their own way, outside the log's.
 *
 * <p>A received snapshot never throws away entries that agree with it: they may have been
 * acknowledged, and counted. Where the log contradicts it, or ends below it, the log starts anew
 * behind it.
 */
final class Snapshots {
  private final RaftCore core;
  private final MemberState s;

  /** The snapshot being fetched here, and in which term it was offered; 0 for none. */
  private long incoming;

  private long incomingTerm;

  Snapshots(RaftCore core) {
    this.core = core;
    this.s = core.s;
  }

  void copyFrom(Snapshots that) {
    incoming = that.incoming;
    incomingTerm = that.incomingTerm;
  }

  // ---- the leader's side
  // ---------------------------------------------------------------------------

  /** The log doesn't reach back to what a peer lacks. */
  void need(long now, Peer peer) {
    Checks.that(peer.state != Supply.SNAPSHOT, "a second snapshot for peer=%d", peer.id);
    peer.state = Supply.SNAPSHOT;
    peer.snapshot = 0;
    peer.snapshotIndex = 0;
    peer.snapshotAnswered = false;
    peer.snapshotActivity = now;
    s.effects.snapshotNeeded(peer.id, s.log.baseIndex());
  }

  void ready(long now, Rare.SnapshotReady ready) {
    Peer peer = s.peers.get(ready.peer());
    if (!s.leads() || peer == null || peer.state != Supply.SNAPSHOT || peer.snapshot != 0) {
      s.effects.snapshotDone(ready.peer(), ready.snapshot());
      return;
    }
    Checks.that(ready.index() <= s.commit, "a snapshot=%d above commit", ready.index());
    if (ready.index() < s.log.baseIndex()) {
      s.effects.snapshotDone(ready.peer(), ready.snapshot());
      giveUp(peer); // trimmed away meanwhile: another, newer one is asked for
      return;
    }
    peer.snapshot = ready.snapshot();
    peer.snapshotIndex = ready.index();
    peer.snapshotTerm = ready.indexTerm();
    peer.snapshotConfiguration = ready.configuration();
    peer.snapshotActivity = now;
    offer(peer);
  }

  private void offer(Peer peer) {
    s.effects.send(
        peer.id,
        new Message.SnapshotOffer(
            s.term,
            peer.snapshot,
            peer.snapshotIndex,
            peer.snapshotTerm,
            peer.snapshotConfiguration),
        0);
  }

  void answered(long now, long from, Message.SnapshotAnswer answer) {
    Peer peer = s.peers.get(from);
    if (!s.leads() || peer == null || answer.term() != s.term) {
      return;
    }
    peer.lastHeard = now;
    if (peer.state != Supply.SNAPSHOT || peer.snapshot != answer.snapshot()) {
      return;
    }
    peer.snapshotAnswered = true;
    peer.snapshotActivity = now;
    if (!answer.wanted()) {
      long index = peer.snapshotIndex;
      release(peer);
      peer.probeFrom(index + 1);
    }
  }

  void progress(long now, Rare.SnapshotProgress progress) {
    Peer peer = s.peers.get(progress.peer());
    if (peer != null && peer.snapshot == progress.snapshot()) {
      peer.snapshotActivity = now;
    }
  }

  void failed(Rare.SnapshotFailed failed) {
    Peer peer = s.peers.get(failed.peer());
    if (s.leads()
        && peer != null
        && peer.state == Supply.SNAPSHOT
        && peer.snapshot == failed.snapshot()) {
      giveUp(peer);
    }
  }

  private void giveUp(Peer peer) {
    release(peer);
    peer.probeFrom(peer.match + 1);
    peer.probeSent = true; // tried again with the next heartbeat, not in a busy loop
  }

  /** A peer in need of a snapshot acknowledged more than before: it may have arrived. */
  void reached(Peer peer) {
    if (peer.match >= s.log.baseIndex()
        && (peer.snapshot == 0 || peer.match >= peer.snapshotIndex)) {
      release(peer);
      peer.state = Supply.REPLICATE;
      peer.next = peer.match + 1;
    }
  }

  /** Offers again what wasn't answered, and gives up what doesn't move. */
  void tick(long now) {
    for (int i = 0; i < s.peers.count(); i++) {
      Peer peer = s.peers.at(i);
      if (peer.state != Supply.SNAPSHOT) {
        continue;
      }
      if (peer.snapshot != 0 && now - peer.snapshotActivity >= s.settings.snapshotStallNanos()) {
        giveUp(peer);
      } else if (peer.snapshot != 0 && !peer.snapshotAnswered) {
        offer(peer);
      }
    }
  }

  void release(Peer peer) {
    if (peer.snapshot != 0) {
      s.effects.snapshotDone(peer.id, peer.snapshot);
      peer.snapshot = 0;
      peer.snapshotIndex = 0;
    }
  }

  /** A leadership ends, and with it what it was sending. */
  void end() {
    for (int i = 0; i < s.peers.count(); i++) {
      release(s.peers.at(i));
    }
  }

  /** Drops the log's head, as far as nobody needs it. */
  void trim(long upTo) {
    long bound = upTo;
    if (s.leads()) {
      for (int i = 0; i < s.peers.count(); i++) {
        bound = Math.min(bound, neededFrom(s.peers.at(i)));
      }
    }
    trimUnreadable(bound);
  }

  /** Drops the log's head, whoever would need it. */
  void trimUnreadable(long upTo) {
    long bound = Math.min(Math.min(upTo, s.applied), Math.min(s.commit, s.stability.stable()));
    if (bound <= s.log.baseIndex() || !s.stability.isDurable(s.adoptSeq)) {
      return;
    }
    s.log.trim(bound);
    s.configurations.trim(bound);
    s.effects.trimmed(bound, s.log.baseTerm(), s.configurations.at(bound));
  }

  /** What of the log a peer still needs it to begin above, unless that is too much to keep. */
  private long neededFrom(Peer peer) {
    long from =
        switch (peer.state) {
          case PROBE, REPLICATE -> peer.connected ? peer.match : Long.MAX_VALUE;
          case SNAPSHOT -> peer.snapshot == 0 ? s.log.baseIndex() : peer.snapshotIndex;
          case FENCED -> Long.MAX_VALUE;
        };
    return s.log.bytes(from, s.log.lastIndex()) <= s.settings.retainedBytesMax()
        ? from
        : Long.MAX_VALUE;
  }

  // ---- the follower's side
  // --------------------------------------------------------------------------

  void offered(long now, long from, Message.SnapshotOffer offer) {
    core.following.offerHeard(now, from, offer.term());
    if (offer.term() < s.term) {
      return;
    }
    boolean here = offer.index() <= s.commit || s.log.term(offer.index()) == offer.indexTerm();
    if (here) {
      core.following.verify(offer.index() <= s.commit ? s.commit : offer.index());
      core.following.learnCommit(Math.max(s.commit, offer.index()));
    } else if (incoming != offer.snapshot() || incomingTerm != offer.term()) {
      if (incoming != 0) {
        s.effects.discardSnapshot(incoming);
      }
      incoming = offer.snapshot();
      incomingTerm = offer.term();
      s.effects.fetchSnapshot(
          from, offer.snapshot(), offer.index(), offer.indexTerm(), offer.configuration());
    }
    s.effects.send(from, new Message.SnapshotAnswer(s.term, offer.snapshot(), !here), 0);
  }

  /** A snapshot is here, whole and synced. It was committed where it came from: it is so here. */
  void received(long now, Rare.SnapshotReceived received) {
    if (incoming == received.snapshot()) {
      incoming = 0;
    }
    if (received.index() <= s.commit || s.leads()) {
      s.effects.discardSnapshot(received.snapshot());
      return;
    }
    if (received.indexTerm() > s.term || s.role != Role.FOLLOWER) {
      core.election.becomeFollower(now, Math.max(s.term, received.indexTerm()), 0);
    }
    long index = received.index();
    boolean keep = s.rules.keepsSuffix(s.log.term(index), received.indexTerm());
    if (keep) {
      s.log.trim(index);
      s.configurations.trim(index);
      s.adoptSeq = s.stability.issueOther();
    } else {
      if (s.log.lastIndex() > index) {
        s.effects.truncated(index + 1, s.log.lastIndex());
      }
      s.log.reset(index, received.indexTerm());
      s.written = index;
      s.adoptSeq = s.stability.issueReset(index);
      s.configurations.reset(received.configuration());
    }
    s.restartAt(index);
    s.effects.adoptSnapshot(
        s.adoptSeq,
        received.snapshot(),
        index,
        received.indexTerm(),
        received.configuration(),
        keep);
    if (!keep) {
      s.configurationChanged(now);
    }
    core.following.learnCommit(index);
    core.following.verify(index);
  }

  void aborted(Rare.SnapshotAborted aborted) {
    if (incoming == aborted.snapshot()) {
      incoming = 0;
    }
  }

  void encode(LongConsumer sink) {
    sink.accept(incoming);
    sink.accept(incomingTerm);
  }
}
