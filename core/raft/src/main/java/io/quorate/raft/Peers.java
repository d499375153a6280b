package io.quorate.raft;

import io.quorate.base.Checks;
import io.quorate.raft.PeerStatus.Supply;
import java.util.Objects;
import java.util.function.LongConsumer;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * The other members of the configuration in force, in rising order of their ids, and what quorums
 * of them and of this member have reached. In a joint configuration both sets must agree.
 */
final class Peers {
  /** What the voters are asked for. */
  private enum Asked implements ToLongFunction<Peer> {
    MATCH,
    ROUND,
    HEARD,
    GRANTED,
    REFUSED;

    @Override
    public long applyAsLong(Peer peer) {
      return switch (this) {
        case MATCH -> peer.match;
        case ROUND -> peer.ackedRound;
        case HEARD -> peer.lastHeard;
        case GRANTED -> peer.vote == Ballot.GRANTED ? 1 : 0;
        case REFUSED -> peer.vote == Ballot.REFUSED ? 1 : 0;
      };
    }
  }

  private final long self;
  private final SafetyRules rules;
  private final Quorum quorum = new Quorum();
  private boolean selfIncoming;
  private boolean selfOutgoing;
  private boolean joint;
  private Peer[] all = new Peer[0];

  Peers(long self, SafetyRules rules) {
    this.self = self;
    this.rules = rules;
  }

  Peers(Peers that) {
    self = that.self;
    rules = that.rules;
    selfIncoming = that.selfIncoming;
    selfOutgoing = that.selfOutgoing;
    joint = that.joint;
    all = new Peer[that.all.length];
    for (int i = 0; i < all.length; i++) {
      all[i] = new Peer(that.all[i]);
    }
  }

  int count() {
    return all.length;
  }

  Peer at(int i) {
    return all[i];
  }

  @Nullable Peer get(long id) {
    for (Peer peer : all) {
      if (peer.id == id) {
        return peer;
      }
    }
    return null;
  }

  boolean selfVotes() {
    return selfIncoming || selfOutgoing;
  }

  /** Whether this member decides alone. */
  boolean alone() {
    if (!selfVotes()) {
      return false;
    }
    for (Peer peer : all) {
      if (peer.votes()) {
        return false;
      }
    }
    return true;
  }

  /** Takes over a configuration; who stays keeps what is known of it. */
  void configure(Configuration configuration, long now, long lastIndex) {
    joint = configuration.isJoint();
    selfIncoming = in(configuration.votersShared(), self);
    selfOutgoing = in(configuration.outgoingShared(), self);
    long[] members = configuration.members();
    Peer[] fresh = new Peer[members.length - (configuration.contains(self) ? 1 : 0)];
    int count = 0;
    for (long member : members) {
      if (member != self) {
        Peer peer = get(member);
        if (peer == null) {
          peer = new Peer(member);
          peer.restart(now, lastIndex);
        }
        Returned life = configuration.returned(member);
        if (!in(configuration.outgoingShared(), member) && !Objects.equals(life, peer.life)) {
          boolean another = life != null && !life.isLifeOf(peer.life);
          peer.life = life;
          if (another) {
            peer.restart(now, lastIndex); // it has nothing of what it once acknowledged
          }
        }
        peer.incoming = in(configuration.votersShared(), member);
        peer.outgoing = in(configuration.outgoingShared(), member);
        fresh[count++] = peer;
      }
    }
    all = fresh;
  }

  /** The index up to which a quorum has the log, this member counting as {@code own}. */
  long agreedMatch(long own) {
    return agreed(Asked.MATCH, own);
  }

  /** The round that a quorum has echoed. */
  long agreedRound(long own) {
    return agreed(Asked.ROUND, own);
  }

  /** The time since which a quorum has been heard. */
  long quorumHeard(long now) {
    return agreed(Asked.HEARD, now);
  }

  /**
   * Whether this member and those that are connected, were heard at {@code since} or later, and
   * have the log up to {@code index} are a quorum.
   */
  boolean keepUp(long since, long index) {
    return agreed(
            peer ->
                peer.connected
                        && peer.state == Supply.REPLICATE
                        && peer.lastHeard >= since
                        && peer.match >= index
                    ? 1
                    : 0,
            1)
        > 0;
  }

  /** Whether a quorum gives this member its votes without a condition. */
  boolean elects(@Nullable Ballot own) {
    return agreed(Asked.GRANTED, own == Ballot.GRANTED ? 1 : 0) > 0;
  }

  /** Whether every voter gives this member its vote, on whatever condition; so must it itself. */
  boolean allGive(@Nullable Ballot own) {
    boolean all = gives(own);
    for (Peer peer : this.all) {
      all &= !peer.votes() || gives(peer.vote);
    }
    return all;
  }

  static boolean gives(@Nullable Ballot ballot) {
    return ballot == Ballot.GRANTED || ballot == Ballot.GRANTED_IF_ALL;
  }

  /** Whether a quorum refuses this member its votes. */
  boolean refuses() {
    return agreed(Asked.REFUSED, 0) > 0;
  }

  void clearVotes() {
    for (Peer peer : all) {
      peer.vote = null;
    }
  }

  void restart(long now, long lastIndex) {
    for (Peer peer : all) {
      peer.restart(now, lastIndex);
    }
  }

  void encode(LongConsumer sink) {
    sink.accept(all.length);
    for (Peer peer : all) {
      peer.encode(sink);
    }
  }

  /** What a quorum has reached; of a joint configuration, a quorum of each of its two sets. */
  private long agreed(ToLongFunction<Peer> asked, long own) {
    long agreed = reached(asked, own, true);
    if (joint) {
      agreed = rules.agreedByBoth(agreed, reached(asked, own, false));
    }
    Checks.that(agreed != Long.MAX_VALUE, "a decision without voters");
    return agreed;
  }

  private long reached(ToLongFunction<Peer> asked, long own, boolean incoming) {
    quorum.clear();
    if (incoming ? selfIncoming : selfOutgoing) {
      quorum.add(own);
    }
    for (Peer peer : all) {
      if (incoming ? peer.incoming : peer.outgoing) {
        quorum.add(asked.applyAsLong(peer));
      }
    }
    return quorum.reached();
  }

  private static boolean in(long[] ids, long id) {
    for (long each : ids) {
      if (each == id) {
        return true;
      }
    }
    return false;
  }
}
