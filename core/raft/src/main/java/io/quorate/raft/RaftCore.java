package io.quorate.raft;

import io.quorate.base.Checks;
import java.util.List;
import java.util.function.LongConsumer;

/**
 * Consensus of one group, as a pure state machine: Raft (Ongaro and Ousterhout, "In Search of an
 * Understandable Consensus Algorithm", and Ongaro's thesis). One owner thread.
 *
 * <p><b>A turn</b> of the owner: hand in what has happened (messages, proposals, finished writes,
 * time), then call {@link #flush} once. What is to be done leaves through {@link Effects}, during
 * the calls and, for all that can be joined, at the flush.
 *
 * <p><b>Who does what</b>, in the order in which to read it. {@link MemberState} is what all share:
 * term, vote, role, commit index; in it {@link RaftLog} (terms and sizes of entries), {@link
 * Stability} (what of the log is durable while writes are under way), {@link Configurations} and
 * {@link Peers}. {@link Election} makes leaders and unmakes them. {@link Replication} is the
 * leader's side of the log, {@link Following} the follower's. {@link Reads} confirms leadership for
 * reads, {@link Membership} changes the configuration, {@link Handover} passes leadership on,
 * {@link Snapshots} looks after whom the log no longer serves, {@link PeerRecords} remembers which
 * directory is whose, {@link LostPromises} holds back a member that forgot what it promised. {@link
 * SafetyRules} holds the single decisions on which safety hangs.
 *
 * <p><b>Where it goes beyond the paper.</b> Writes are asynchronous: a leader writes beside its
 * followers, counts itself only for what is durable, and so an entry may commit before it is
 * durable here; it is offered for applying only when it is both. A vote counts, and leaves, only
 * when it is durable. A pre-vote comes before each campaign, and a leader that a quorum doesn't
 * answer steps down. There are no leader leases: no safety hangs on a clock.
 */
public final class RaftCore {
  /** In an acknowledgement: the append didn't fit this member's log. */
  public static final int ACK_REJECTED = 1;

  /** In an acknowledgement: hold entries back until an acknowledgement without this flag. */
  public static final int ACK_FULL = 2;

  final MemberState s;
  final Election election;
  final Replication replication;
  final Following following;
  final Reads reads;
  final Membership membership;
  final Handover handover;
  final Snapshots snapshots;

  private RaftCore(MemberState state) {
    this.s = state;
    this.election = new Election(this);
    this.replication = new Replication(this);
    this.following = new Following(this);
    this.reads = new Reads(this);
    this.membership = new Membership(this);
    this.handover = new Handover(this);
    this.snapshots = new Snapshots(this);
  }

  /**
   * A member as it starts. A sole voter begins its election within this call.
   *
   * @param seed drawn freshly by the shell for each start
   * @param now monotonic nanoseconds; the same clock in every later call
   */
  public static RaftCore create(
      RaftSettings settings, RecoveredState recovered, long seed, long now, Effects effects) {
    return create(settings, SafetyRules.RAFT, recovered, seed, now, effects);
  }

  static RaftCore create(
      RaftSettings settings,
      SafetyRules rules,
      RecoveredState recovered,
      long seed,
      long now,
      Effects effects) {
    MemberState state = new MemberState(settings, rules, effects, recovered, seed);
    state.peers.configure(
        state.configurations.current().configuration(), now, state.log.lastIndex());
    RaftCore core = new RaftCore(state);
    core.election.start(now);
    return core;
  }

  // ---- hot lane: primitives, no allocation ---------------------------------------------------

  /** Time has passed. To be called at {@link #nextDeadline}, or earlier, or later. */
  public void tick(long now) {
    if (s.leads()) {
      replication.tick(now);
      handover.tick(now);
    } else {
      election.tick(now);
    }
  }

  /** When {@link #tick} has something to do next. */
  public long nextDeadline() {
    return s.leads() ? Math.min(replication.deadline(), handover.deadline()) : election.deadline();
  }

  /** Proposes a command of so many bytes; once admitted, it is entry {@link #lastIndex}. */
  public Admission propose(long now, int payloadBytes) {
    return proposeIn(now, s.term, payloadBytes);
  }

  /** As {@link #propose}, for a command that is meant for the leader of one term only. */
  public Admission proposeIn(long now, long term, int payloadBytes) {
    if (!s.leads()) {
      return Admission.NOT_LEADER;
    }
    if (term != s.term) {
      return Admission.OTHER_TERM;
    }
    if (handover.underWay()) {
      return Admission.TRANSFERRING;
    }
    if (payloadBytes > s.settings.entryBytesMax()) {
      return Admission.TOO_LARGE;
    }
    long waiting = s.log.bytes(s.commit, s.log.lastIndex());
    if (waiting > 0 && waiting + payloadBytes > s.settings.uncommittedBytesMax()) {
      return Admission.OVERLOADED;
    }
    s.log.append(s.term, payloadBytes);
    return Admission.ADMITTED;
  }

  /** Ends the caller's turn: writes, appends, acknowledgements and read rounds leave. */
  public void flush(long now) {
    if (s.leads()) {
      s.writeOwn();
      replication.flush(now);
      handover.flush();
      reads.answer();
    } else {
      following.flush();
    }
    s.tellProgress();
    membership.resignIfRemoved(now);
  }

  /**
   * A leader's append of {@code count} plain entries of {@code entryTerm}, the first of them at
   * {@code prevIndex + 1}, with payloads of {@code sizes} bytes; {@code count} 0 is a heartbeat.
   */
  public void appendFrom(
      long now,
      long from,
      long term,
      long prevIndex,
      long prevTerm,
      long entryTerm,
      int[] sizes,
      int count,
      long commit,
      long round) {
    if (s.follows()) {
      following.append(
          now, from, term, prevIndex, prevTerm, entryTerm, sizes, count, null, commit, round);
    }
  }

  /** A member's acknowledgement; the parameters of {@link Effects#sendAppendAck}. */
  public void appendAck(
      long now,
      long from,
      long term,
      long round,
      long match,
      int flags,
      long rejectedPrev,
      long hintIndex,
      long hintTerm) {
    replication.acknowledged(
        now, from, term, round, match, flags, rejectedPrev, hintIndex, hintTerm);
  }

  /** All writes up to {@code ioSeq} are durable. */
  public void durable(long now, long ioSeq) {
    if (s.stability.isDurable(ioSeq)) {
      return;
    }
    s.stability.durable(ioSeq);
    if (s.leads()) {
      replication.advanceCommit(now);
    } else {
      following.durable();
      election.countVotes(now);
    }
  }

  /** The state machine has applied up to {@code index}, durably or not. */
  public void applied(long now, long index) {
    Checks.that(index <= s.applicable(), "applied=%d applicable=%d", index, s.applicable());
    s.applied = Math.max(s.applied, index);
  }

  /**
   * A linearizable read wants its index. One per turn stands for all reads that wait in it.
   *
   * @param boot this member's present start
   * @param sequence rises with every read of this start, and is never used again
   */
  public void read(long boot, long sequence) {
    reads.local(boot, sequence);
  }

  /**
   * The shell wants the log's head gone up to {@code upTo}; what is still needed stays. Ends in
   * {@link Effects#trimmed} if anything goes.
   */
  public void trim(long upTo) {
    snapshots.trim(upTo);
  }

  /**
   * As {@link #trim}, of what can't be read any more: nobody's need of it keeps it, since nobody
   * can be given it.
   */
  public void trimUnreadable(long upTo) {
    snapshots.trimUnreadable(upTo);
  }

  // ---- rare lane ------------------------------------------------------------------------------

  /** Everything else that can happen. */
  public void step(long now, Rare event) {
    switch (event) {
      case Rare.Received(long from, Message message) -> received(now, from, message);
      case Rare.PeerConnected(long peer) -> {
        replication.connected(peer);
        election.connected(now, peer);
      }
      case Rare.PeerDisconnected(long peer) -> {
        replication.disconnected(peer);
        if (!s.leads() && peer == s.leader) {
          reads.leaderGone(); // the questions, or their answers, are lost
        }
        election.disconnected(now, peer);
      }
      case Rare.PeerFull(long peer) -> replication.queueFull(peer, true);
      case Rare.PeerRoom(long peer) -> replication.queueFull(peer, false);
      case Rare.Backlog(boolean full) -> following.backlog(full);
      case Rare.Disk(DiskState state) -> disk(now, state);
      case Rare.StandingChanged(Standing standing) -> standing(now, standing);
      case Rare.PeerPresented(long peer, Incarnation incarnation) -> {
        boolean welcome = judge(peer, incarnation).welcome();
        s.records.present(peer, incarnation, s);
        if (welcome) {
          heard(now, peer, incarnation.term());
        }
      }
      case Rare.TermMet(long peer, long term) -> {
        if (s.leads() && term > s.term && s.peers.get(peer) != null) {
          election.leadAgainAbove(now, term);
        }
      }
      case Rare.PeerDiverged(long peer, long index) -> replication.diverged(peer, index);
      case Rare.SnapshotReady ready -> snapshots.ready(now, ready);
      case Rare.SnapshotProgress progress -> snapshots.progress(now, progress);
      case Rare.SnapshotFailed failed -> snapshots.failed(failed);
      case Rare.SnapshotReceived received -> snapshots.received(now, received);
      case Rare.SnapshotAborted aborted -> snapshots.aborted(aborted);
    }
  }

  /** A member has come so far, at a time since this one's start. */
  void heard(long now, long peer, long term) {
    if (s.lost.heard(peer, term)) {
      election.becomeFollower(now, s.lost.freshTerm(), 0);
    }
  }

  private void received(long now, long from, Message message) {
    boolean supplies =
        message instanceof Message.AppendConfiguration || message instanceof Message.SnapshotOffer;
    if (from == s.self || !(supplies ? s.follows() : s.speaks())) {
      return;
    }
    switch (message) {
      case Message.PreVoteRequest request -> election.preVoteRequest(now, from, request);
      case Message.PreVoteReply reply -> election.preVoteReply(now, from, reply);
      case Message.VoteRequest request -> election.voteRequest(now, from, request);
      case Message.VoteReply reply -> election.voteReply(now, from, reply);
      case Message.TimeoutNow timeout -> election.timeoutNow(now, from, timeout);
      case Message.ReadIndexRequest request -> reads.request(from, request);
      case Message.ReadIndexReply reply -> reads.reply(reply);
      case Message.AppendConfiguration append -> following.appendConfiguration(now, from, append);
      case Message.SnapshotOffer offer -> snapshots.offered(now, from, offer);
      case Message.SnapshotAnswer answer -> snapshots.answered(now, from, answer);
    }
  }

  private void disk(long now, DiskState state) {
    s.disk = state;
    if (state == DiskState.OK) {
      return;
    }
    if (s.leads()) {
      election.resign(now, replication.bestSuccessor());
    } else if (s.role != Role.FOLLOWER) {
      election.becomeFollower(now, s.term, 0);
    }
  }

  private void standing(long now, Standing standing) {
    s.standing = standing;
    if (standing == Standing.RETURNING) {
      s.lost.beginAnew();
    }
    s.writeOwn();
    s.effects.writeStanding(s.stability.issueOther(), standing);
    if (standing != Standing.GOOD && (s.role != Role.FOLLOWER || s.leader != 0)) {
      election.becomeFollower(now, s.term, 0);
    }
  }

  /**
   * Asks for another configuration: these voters and learners, everybody else out. Voters change by
   * joint consensus; the leader brings it to its end by itself.
   *
   * @param expectedIndex index of the configuration that the change was made for
   */
  public Reconfiguration reconfigure(long now, long expectedIndex, long[] voters, long[] learners) {
    return membership.change(now, expectedIndex, voters, learners);
  }

  /**
   * Takes a member in again whose directory has lost what it had, as a learner: what it had
   * promised no longer counts from then on, so that it can't break it.
   *
   * @return {@link Reconfiguration#NOT_READY} also as long as there is no quorum without it
   */
  public Reconfiguration takeIn(long now, Returned life) {
    return membership.takeIn(now, life);
  }

  /** Asks to hand leadership over. */
  public Transfer transfer(long now, long target) {
    return handover.start(now, target);
  }

  /** What to make of a directory that presents itself; see {@link Rare.PeerPresented}. */
  public IncarnationRule.Verdict judge(long peer, Incarnation presented) {
    return IncarnationRule.judge(s.records.known(peer), presented);
  }

  // ---- what it is like at present ---------------------------------------------------------------

  /** What it goes by. */
  public RaftSettings settings() {
    return s.settings;
  }

  /** Its role. */
  public Role role() {
    return s.role;
  }

  /** How its directory is regarded. */
  public Standing standing() {
    return s.standing;
  }

  /** Its term. */
  public long term() {
    return s.term;
  }

  /** The leader of its term; 0 if none is known. */
  public long leader() {
    return s.leader;
  }

  /** Index of the first entry that the log still holds; one above the last if it is empty. */
  public long firstIndex() {
    return s.log.baseIndex() + 1;
  }

  /** Index of the last entry; the base's, if the log is empty. */
  public long lastIndex() {
    return s.log.lastIndex();
  }

  /** Term of an entry, or of the log's base; −1 for what isn't here. */
  public long termAt(long index) {
    return s.log.term(index);
  }

  /** The end of what is committed. */
  public long commitIndex() {
    return s.commit;
  }

  /** The end of what is durable here. */
  public long stableIndex() {
    return s.stability.stable();
  }

  /**
   * Up to where nobody is likely to need an entry's bytes from here again: while leading, what
   * every member that keeps up has acknowledged; otherwise the whole log.
   */
  public long supplied() {
    return s.leads() ? replication.acknowledgedByThoseWhoKeepUp() : s.log.lastIndex();
  }

  /**
   * Whether a leader can do without the followers that are behind: those that keep up are a quorum
   * with it, and no leadership is being handed over. Who is behind may then be supplied slowly;
   * otherwise reads, commits, or the handover wait for it.
   */
  public boolean canSpareThoseBehind(long now) {
    return s.leads()
        && !transferring()
        && s.peers.keepUp(now - s.settings.electionNanosMin() / 2, s.commit);
  }

  /** The end of what has been applied here. */
  public long appliedIndex() {
    return s.applied;
  }

  /** Index of the first entry that a leader made in its present term; 0 without leadership. */
  public long leadershipIndex() {
    return s.leadershipIndex;
  }

  /**
   * Whether this member says nothing at all, since it can't tell what it promised, and hasn't met
   * all others yet.
   */
  public boolean isSilent() {
    return s.lost.silent();
  }

  /**
   * Whether this member helps nobody to win, for what its log lost: until that is here again, or
   * can't matter any more.
   */
  public boolean holdsBack() {
    return s.belowFloor();
  }

  /**
   * Why, in words, this member doesn't help whoever asks for its vote, though the others know it;
   * empty if it does.
   */
  public String heldBack() {
    return new Explainer(s).heldBack();
  }

  /** Whether somebody belongs to a configuration that is, or may yet prove to be, in force. */
  public boolean concerns(long member) {
    return s.concerns(member);
  }

  /** The configuration in force. */
  public ConfigurationAt configuration() {
    return s.configurations.current();
  }

  /** The newest configuration at or below an index that the log still reaches. */
  public ConfigurationAt configurationAt(long index) {
    return s.configurations.at(index);
  }

  /** Whether leadership is being handed over. */
  public boolean transferring() {
    return handover.underWay();
  }

  /** How a leader sees the members, itself left out; elsewhere empty. */
  public List<PeerStatus> peers(long now) {
    return List.copyOf(new Explainer(s).peers(now));
  }

  /** Why an entry isn't committed. */
  public Explanation explain(long now, long index) {
    return new Explainer(s).explain(now, index);
  }

  // ---- for checkers -----------------------------------------------------------------------------

  /** An independent core in the same state, with another sink. */
  public RaftCore copy(Effects effects) {
    RaftCore copy = new RaftCore(new MemberState(s, effects));
    copy.election.copyFrom(election);
    copy.replication.copyFrom(replication);
    copy.following.copyFrom(following);
    copy.reads.copyFrom(reads);
    copy.handover.copyFrom(handover);
    copy.snapshots.copyFrom(snapshots);
    return copy;
  }

  /**
   * The whole state, word by word: two cores of one member with equal words behave alike for ever.
   * I/O sequence numbers enter as distances, since only their order matters.
   */
  public void encode(LongConsumer sink) {
    encodeUntimed(sink);
    election.encodeTimes(sink);
    replication.encodeTimes(sink);
  }

  /** As {@link #encode}, without deadlines: for a checker in which anything may happen any time. */
  void encodeUntimed(LongConsumer sink) {
    s.encode(sink);
    election.encode(sink);
    replication.encode(sink);
    following.encode(sink);
    reads.encode(sink);
    handover.encode(sink);
    snapshots.encode(sink);
  }
}
