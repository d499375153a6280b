package io.quorate.node;

import io.quorate.base.Limits;
import io.quorate.raft.Configuration;
import io.quorate.raft.ConfigurationAt;
import io.quorate.raft.Incarnation;
import io.quorate.raft.PeerStatus;
import io.quorate.raft.RaftCore;
import io.quorate.raft.Rare;
import io.quorate.raft.Reconfiguration;
import io.quorate.raft.Returned;
import io.quorate.raft.Role;
import io.quorate.raft.Standing;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.LongStream;

/**
 * How a member comes back whose directory was wiped, copied, damaged or put back from an older day,
 * or has lost its log's end while the others go on.
 *
 * <p>It learns from its peers that it isn't what it was ({@link Regard}). From then on it votes for
 * nobody, and says that it is another life of that member. A leader that has a quorum without it
 * takes it in as that life, as a learner: so what it has forgotten it can't contradict. When it has
 * caught up, the leader gives it its vote back; the configuration that does so, in its own log,
 * ends the matter.
 *
 * <p>Both sides of it, for one group. Used on the loop.
 */
final class Returns {
  private static final System.Logger LOG = System.getLogger(Returns.class.getName());

  /** Who waits to be taken in. */
  private record Waiting(long boot, long nonce, long since) {
    boolean is(Presence presence) {
      return boot == presence.lifeBoot() && nonce == presence.lifeNonce();
    }
  }

  private final GroupReplica replica;
  private final Node node;
  private final TreeMap<Long, Waiting> waiting = new TreeMap<>();
  private long nextLook = Long.MAX_VALUE;

  /** Who leads while this member is silent, in which term, since when, and when it was heard. */
  private long aloofLeader;

  private long aloofTerm;
  private long aloofSince;
  private long aloofLast;

  /** What was committed when this last looked: who has that, keeps up. */
  private long committedBefore = Long.MAX_VALUE;

  Returns(GroupReplica replica, Node node) {
    this.replica = replica;
    this.node = node;
  }

  // ---- the member that returns -----------------------------------------------------------------

  /** A member of the group says what it makes of this directory. */
  void regardedBy(long peer, Regard regard) {
    if (regard.kind() == Regard.Kind.ANOTHER_DIRECTORY) {
      if (isAgreedOn() && regard.knownBoot() < replica.hard().lifeBoot) {
        return; // it hasn't heard yet
      }
      beginAnotherLife(regard.knownBoot());
    }
    replica.standings().regardedBy(peer, regard);
    tellCore();
  }

  /** Whether the group has this directory for a member's, as what it returned as. */
  private boolean isAgreedOn() {
    HardState hard = replica.hard();
    Returned known = configuration().returned(node.member());
    return !hard.isReturning() && known != null && known.isLife(hard.lifeBoot, hard.lifeNonce);
  }

  private void beginAnotherLife(long knownBoot) {
    HardState hard = replica.hard();
    if (hard.isReturning() && hard.lifeBoot > knownBoot) {
      return;
    }
    long highest = Math.max(knownBoot, Math.max(node.boot(), hard.lifeBoot));
    hard.lifeBoot = Incarnation.nextLife(highest);
    hard.lifeNonce = node.env().random();
    hard.standing = Standing.RETURNING;
    node.rebooted(hard.lifeBoot);
    replica.step(new Rare.StandingChanged(Standing.RETURNING)); // which has it written
    node.conversations().presentAgain(replica);
  }

  /**
   * A leader is heard that this member doesn't answer, since it can't tell what it promised. Who
   * leads for so long has a quorum without it; then it returns as another life, rather than to wait
   * for those that it hasn't met: they may be down for long, or have been removed.
   */
  void ledWithoutThis(long now, long leader, long term) {
    if (replica.core().standing() != Standing.GOOD) {
      return;
    }
    long election = node.settings().electionNanos();
    if (leader != aloofLeader || term != aloofTerm || now - aloofLast > election) {
      aloofLeader = leader;
      aloofTerm = term;
      aloofSince = now;
    }
    aloofLast = now;
    if (now - aloofSince >= Math.max(Limits.RETURN_GRACE_NANOS, 3 * election)) {
      LOG.log(
          System.Logger.Level.WARNING,
          "group={0} the log lost its end, and not all members are here who could tell what this"
              + " one promised: it returns as a learner of the leader, which does without it",
          replica.group());
      beginAnotherLife(0);
    }
  }

  /** Another configuration is in force: perhaps it is the one that gives this member its place. */
  void configurationChanged() {
    if (replica.hasFailed() || node.isClosed()) {
      return;
    }
    HardState hard = replica.hard();
    Returned known = configuration().returned(node.member());
    boolean isBack =
        hard.isReturning()
            && known != null
            && known.isLife(hard.lifeBoot, hard.lifeNonce)
            && (configuration().isIncomingVoter(node.member())
                || (!known.votes() && configuration().isLearner(node.member())));
    if (isBack) {
      LOG.log(
          System.Logger.Level.INFO, "group={0} this member has its place back", replica.group());
      hard.standing = Standing.GOOD;
      replica.standings().agreedOn();
      tellCore();
      node.conversations().presentAgain(replica);
    }
    lookSoon();
  }

  private void tellCore() {
    boolean returning = replica.hard().isReturning();
    Standing standing = replica.standings().standing(returning);
    if (standing != replica.core().standing()) {
      replica.step(new Rare.StandingChanged(standing));
    }
  }

  /** Why this member has no voice; empty if it has one. */
  String reason() {
    String refused = replica.standings().reason();
    return refused.isEmpty() && replica.hard().isReturning()
        ? "this member's directory has lost what it had: it catches up, and votes again then"
        : refused;
  }

  // ---- the leader that takes it in -------------------------------------------------------------

  /** A member shows another directory than was known, and says so. */
  void waits(long peer, Presence presence) {
    Waiting known = waiting.get(peer);
    if (known == null || !known.is(presence)) {
      waiting.put(
          peer, new Waiting(presence.lifeBoot(), presence.lifeNonce(), node.env().loop().now()));
    }
    lookSoon();
  }

  /** Whether the group has agreed on a member's directory as the one that it shows now. */
  boolean hasTakenIn(long peer, Presence presence) {
    Configuration committed = replica.committedConfiguration();
    Returned known = committed.returned(peer);
    return known != null
        && known.isLife(presence.lifeBoot(), presence.lifeNonce())
        && (committed.isIncomingVoter(peer) || committed.isLearner(peer));
  }

  /** The highest start of a member that is known here. */
  long knownBoot(long peer) {
    Incarnation known = replica.hard().peers.get(peer);
    return known == null ? 0 : known.boot();
  }

  void peerDown(long peer) {
    waiting.remove(peer);
  }

  /** When {@link #tick} has something to do. */
  long nextDeadline() {
    return nextLook;
  }

  void tick(long now) {
    if (now - nextLook < 0) {
      return;
    }
    nextLook = Long.MAX_VALUE;
    if (replica.core().role() == Role.LEADER) {
      takeIn(now);
      giveVotesBack(now);
    }
    committedBefore = replica.core().commitIndex();
    lookSoon();
  }

  /** Somebody may be to get a vote. */
  void lookSoon() {
    if (nextLook == Long.MAX_VALUE && (!waiting.isEmpty() || !withoutVotes().isEmpty())) {
      nextLook = node.env().loop().now() + Limits.RETURN_LOOK_NANOS;
      node.dirty(replica); // its timer
    }
  }

  private void takeIn(long now) {
    RaftCore core = replica.core();
    Configuration configuration = configuration();
    for (var each : waiting.entrySet()) {
      long member = each.getKey();
      Waiting life = each.getValue();
      if (!configuration.contains(member) || now - life.since() < Limits.RETURN_GRACE_NANOS) {
        continue;
      }
      Returned before = configuration.returned(member);
      if (before != null && before.isLife(life.boot(), life.nonce())) {
        continue; // under way
      }
      boolean votes = configuration.isVoter(member) || (before != null && before.votes());
      Reconfiguration outcome =
          core.takeIn(now, new Returned(member, life.boot(), life.nonce(), votes));
      if (outcome == Reconfiguration.ACCEPTED) {
        LOG.log(
            System.Logger.Level.WARNING,
            "group={0} member={1} has lost its directory: it is taken in again as a learner",
            replica.group(),
            Long.toHexString(member));
        node.dirty(replica);
        return; // one change at a time
      }
    }
  }

  /**
   * Learners that are to vote: who had a vote before it lost its directory, and whom operators want
   * to have one.
   */
  private List<Long> withoutVotes() {
    Configuration configuration = configuration();
    Roster roster = replica.applier().roster();
    List<Long> found = new ArrayList<>();
    for (long learner : configuration.learners()) {
      Returned returned = configuration.returned(learner);
      boolean votes = (returned != null && returned.votes()) || roster.shallVote(learner);
      if (votes && !roster.isGone(learner)) {
        found.add(learner);
      }
    }
    return found;
  }

  private void giveVotesBack(long now) {
    List<Long> learners = withoutVotes();
    if (learners.isEmpty()) {
      return;
    }
    RaftCore core = replica.core();
    for (PeerStatus peer : core.peers(now)) {
      if (learners.contains(peer.member())
          && peer.connected()
          && peer.state() == PeerStatus.Supply.REPLICATE
          && peer.match() >= committedBefore) {
        ConfigurationAt current = core.configuration();
        long id = peer.member();
        long[] voters =
            LongStream.concat(Arrays.stream(current.configuration().voters()), LongStream.of(id))
                .toArray();
        long[] learning =
            Arrays.stream(current.configuration().learners()).filter(each -> each != id).toArray();
        if (core.reconfigure(now, current.index(), voters, learning) == Reconfiguration.ACCEPTED) {
          LOG.log(
              System.Logger.Level.INFO,
              "group={0} member={1} has caught up, and gets its vote",
              replica.group(),
              Long.toHexString(id));
          node.dirty(replica);
          return;
        }
      }
    }
  }

  private Configuration configuration() {
    return replica.core().configuration().configuration();
  }
}
