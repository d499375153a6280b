package io.quorate.raft;

import io.quorate.raft.PeerStatus.Supply;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * What a member knows of another one of its group: whether it is reachable, how it voted, and, on a
 * leader, how far its log has come. Mutable; owned by {@link Peers}.
 */
final class Peer {
  final long id;

  /** The life as which it returned, and whose log all of this is about; null if it never did. */
  @Nullable Returned life;

  /** In the incoming set of voters; in the outgoing one, of a joint configuration. */
  boolean incoming;

  boolean outgoing;

  /** False once the shell said that the connection broke, until anything says otherwise. */
  boolean connected = true;

  /** The answer in the present campaign; null if there is none yet. */
  @Nullable Ballot vote;

  Supply state = Supply.PROBE;

  /** All up to here is durable there and agrees. Only grows within a leadership. */
  long match;

  /** The next entry to send; above {@link #match}. */
  long next = 1;

  /** The round that the acknowledgement of {@link #match} echoed. */
  long matchRound;

  /** A probe is under way; the next leaves on its answer, or with the heartbeat. */
  boolean probeSent;

  /** The last entry of that probe: there too, if what came before it agrees. */
  long probeLast;

  /** It asked to hold entries back. */
  boolean full;

  /** The queue towards it is full. */
  boolean queueFull;

  /** The highest round that it echoed. */
  long ackedRound;

  /** The highest commit index that it was sent. */
  long sentCommit;

  /** When it was heard last in this leadership. */
  long lastHeard;

  /** The snapshot offered to it; 0 while it is being made. */
  long snapshot;

  long snapshotIndex;
  long snapshotTerm;
  ConfigurationAt snapshotConfiguration = new ConfigurationAt(0, Configuration.EMPTY);
  boolean snapshotAnswered;
  long snapshotActivity;

  Peer(long id) {
    this.id = id;
  }

  Peer(Peer that) {
    id = that.id;
    life = that.life;
    incoming = that.incoming;
    outgoing = that.outgoing;
    connected = that.connected;
    vote = that.vote;
    state = that.state;
    match = that.match;
    next = that.next;
    matchRound = that.matchRound;
    probeSent = that.probeSent;
    probeLast = that.probeLast;
    full = that.full;
    queueFull = that.queueFull;
    ackedRound = that.ackedRound;
    sentCommit = that.sentCommit;
    lastHeard = that.lastHeard;
    snapshot = that.snapshot;
    snapshotIndex = that.snapshotIndex;
    snapshotTerm = that.snapshotTerm;
    snapshotConfiguration = that.snapshotConfiguration;
    snapshotAnswered = that.snapshotAnswered;
    snapshotActivity = that.snapshotActivity;
  }

  boolean votes() {
    return incoming || outgoing;
  }

  /** Nothing is known of its log: a leadership begins, or the peer is new. */
  void restart(long now, long lastIndex) {
    state = Supply.PROBE;
    match = 0;
    next = lastIndex + 1;
    matchRound = 0;
    probeSent = false;
    probeLast = 0;
    full = false;
    ackedRound = 0;
    sentCommit = 0;
    lastHeard = now;
    snapshot = 0;
    snapshotIndex = 0;
    snapshotAnswered = false;
  }

  /** Starts over from what is certain. */
  void probeFrom(long from) {
    state = Supply.PROBE;
    next = Math.max(from, match + 1);
    probeSent = false;
    probeLast = 0;
    snapshot = 0;
    snapshotIndex = 0;
    snapshotAnswered = false;
  }

  boolean wantsEntries() {
    return connected && !full && !queueFull;
  }

  void encode(LongConsumer sink) {
    sink.accept(id);
    sink.accept(
        (incoming ? 1 : 0)
            | (outgoing ? 2 : 0)
            | (connected ? 4 : 0)
            | (probeSent ? 8 : 0)
            | (full ? 16 : 0)
            | (queueFull ? 32 : 0)
            | (snapshotAnswered ? 64 : 0)
            | ((vote == null ? 3L : vote.code()) << 8)
            | ((long) state.code << 12));
    sink.accept(match);
    sink.accept(next);
    sink.accept(probeLast);
    sink.accept(matchRound);
    sink.accept(ackedRound);
    sink.accept(sentCommit);
    sink.accept(lastHeard);
    sink.accept(snapshot);
    sink.accept(snapshotIndex);
    sink.accept(snapshotActivity);
  }
}
