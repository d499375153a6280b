package io.quorate.node;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.Limits;
import io.quorate.engine.RowView;
import io.quorate.kv.AuthenticateResponse;
import io.quorate.kv.Authorizer;
import io.quorate.kv.KvReader;
import io.quorate.kv.KvRequest;
import io.quorate.kv.KvResult;
import io.quorate.kv.Lease;
import io.quorate.kv.Principal;
import io.quorate.machine.CommandCodec;
import io.quorate.raft.Configuration;
import io.quorate.raft.DiskState;
import io.quorate.raft.Incarnation;
import io.quorate.raft.IncarnationRule;
import io.quorate.raft.RaftCore;
import io.quorate.raft.Rare;
import io.quorate.raft.ReadFailure;
import io.quorate.raft.Role;
import java.util.Collection;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One group on this member: the shell around its {@link RaftCore}.
 *
 * <p>A turn of the loop hands in whatever arrived: messages, calls, finished writes, time. At its
 * end the node calls {@link #flush}, which lets the core say what is to be written and sent, and
 * then {@link #apply}. Between them the log's thread already has its batch.
 *
 * <pre>
 *   write ─▶ pending ─▶ propose ─▶ core ─▶ log batch ─▶ durable ─┐
 *                                    └───▶ appends ──▶ acks ─────┴▶ applicable ─▶ machine ─▶ reply
 * </pre>
 *
 * <p>Used on the loop only. What goes wrong in here stops this group and no other.
 */
final class GroupReplica implements Replica {
  private static final System.Logger LOG = System.getLogger(GroupReplica.class.getName());

  /** How long a read request to the leader may stay unanswered before it is asked anew. */
  private static final long READ_RETRY_NANOS = 500_000_000L;

  private final Node node;
  private final Env env;
  private final long group;
  private final long life;
  private final HardState hard;
  private final EntryCache entries;
  private final PendingWrites pending = new PendingWrites();
  private final Answers answers;
  private final ReadBarriers barriers;
  private final Applier applier;
  private final ApplyQueue queue;
  private final WatchHub watches;
  private final LeaseCalls leases;
  private final StateComparison states;
  private final PeerStandings standings;
  private final Returns returns;
  private final SnapshotExchange snapshots;
  private final GroupEffects effects;
  private final AppendReceiver appends;
  private final WriteRoute route;
  private final Housekeeping housekeeping;
  private final Changes changes;
  private final RaftCore core;
  private final Runnable fire = this::fire;

  /** Whether the node has this group on its list for the end of the turn. */
  boolean dirty;

  private final long floorIndex;

  private final FullPeers full = new FullPeers();

  private boolean askAgain;

  /** Whether writes are refused since there is no room for them. */
  private boolean diskFull;

  private boolean backlogged;
  private long lastAsk;
  private long timerAt = Long.MAX_VALUE;
  private Loop.@Nullable Timer timer;
  private @Nullable Throwable failure;

  /** Begins with what {@link Node#start} found on disk. */
  GroupReplica(Node node, GroupRecovery recovery) {
    this.node = node;
    this.env = node.env();
    this.group = recovery.group;
    this.life = node.nextLife();
    this.hard = recovery.hard;
    this.entries = recovery.entries;
    this.answers = new Answers(env.loop());
    this.barriers = new ReadBarriers(answers);
    this.states = new StateComparison(this, node);
    this.applier =
        new Applier(
            group, node, life, states, pending, answers, recovery.engine(), recovery.machine());
    this.queue = new ApplyQueue(this, node, applier, entries);
    this.watches = new WatchHub(new ReplicaWatched(this, node));
    this.leases = new LeaseCalls(this, node);
    applier.observe(new AppliedChanges(watches, leases));
    this.standings = new PeerStandings(group);
    this.returns = new Returns(this, node);
    this.snapshots = new SnapshotExchange(this, node);
    AppendCodec codec = new AppendCodec();
    this.effects = new GroupEffects(this, node, recovery, codec, snapshots);
    this.appends = new AppendReceiver(this, effects, codec);
    this.housekeeping = new Housekeeping(this, node, recovery.hole());
    this.route = new WriteRoute(this, node, pending, effects);
    this.changes = new Changes(this, node, effects);
    this.floorIndex = recovery.floorIndex();
    this.core =
        RaftCore.create(recovery.settings, recovery.state, env.random(), env.loop().now(), effects);
  }

  /** Begins to take part; called once, on the loop. */
  void begin() {
    returns.configurationChanged();
    node.dirty(this);
  }

  RaftCore core() {
    return core;
  }

  Configuration committedConfiguration() {
    return core.configurationAt(core.commitIndex()).configuration();
  }

  Applier applier() {
    return applier;
  }

  HardState hard() {
    return hard;
  }

  PeerStandings standings() {
    return standings;
  }

  /** How members come back to this group, this one or others. */
  Returns returns() {
    return returns;
  }

  EntryCache entries() {
    return entries;
  }

  Answers answers() {
    return answers;
  }

  Housekeeping housekeeping() {
    return housekeeping;
  }

  StateComparison states() {
    return states;
  }

  Changes changes() {
    return changes;
  }

  /** Names this run of the group; see {@link Node#nextLife}. */
  long life() {
    return life;
  }

  /** Whether another state is being put in the place of this one. */
  boolean isSwitching() {
    return snapshots.isSwitching();
  }

  boolean hasFailed() {
    return failure != null;
  }

  // ---- calls -----------------------------------------------------------------------------------

  @Override
  public long group() {
    return group;
  }

  @Override
  public Loop loop() {
    return env.loop();
  }

  @Override
  public void write(KvRequest request, Principal principal, Reply<? super KvResult> reply) {
    Refusal closed = diskFull ? Refusal.DISK_FULL : closed();
    if (closed != null) {
      reply.refused(closed);
      return;
    }
    if (pending.isFull()) {
      reply.refused(Refusal.OVERLOADED);
      return;
    }
    Bytes payload =
        CommandCodec.encode(node.member(), life, pending.nextSequence(), principal, request);
    if (payload.length() > node.settings().requestBytesMax() + Limits.REQUEST_OVERHEAD_BYTES) {
      reply.refused(Refusal.TOO_LARGE);
      return;
    }
    pending.add(request, principal, payload, reply, deadline());
    node.dirty(this);
  }

  @Override
  public Authorizer authorizer() {
    return applier.machine().authorizer();
  }

  @Override
  public void observeTokens(Consumer<AuthenticateResponse> observer) {
    applier.observeTokens(observer);
  }

  @Override
  public void readBarrier(Barrier barrier) {
    Refusal closed = closed();
    if (closed != null) {
      barrier.refused(closed);
      return;
    }
    if (barriers.isFull()) {
      barrier.refused(Refusal.OVERLOADED);
      return;
    }
    barriers.add(barrier, deadline());
    node.dirty(this);
  }

  @Override
  public boolean hasState() {
    return true;
  }

  @Override
  public KvReader latest() {
    return applier.machine().latest();
  }

  @Override
  public View view() {
    RowView rows = applier.engine().view();
    return new CapturedView(applier.machine().reader(rows), rows);
  }

  @Override
  public Executor readers() {
    return env.readers();
  }

  @Override
  public void compacted(long revision, Barrier barrier) {
    Refusal closed = closed();
    if (closed != null) {
      barrier.refused(closed);
      return;
    }
    housekeeping.compacted(revision, deadline(), barrier);
    node.dirty(this);
  }

  @Override
  public Watches watches() {
    return watches;
  }

  @Override
  public void renew(long lease, Reply<? super LeaseStanding> reply) {
    Refusal closed = closed();
    if (closed != null) {
      reply.refused(closed);
      return;
    }
    leases.renew(lease, deadline(), reply);
    node.dirty(this);
  }

  @Override
  public void leaseStanding(long lease, Reply<? super LeaseStanding> reply) {
    Refusal closed = closed();
    if (closed != null) {
      reply.refused(closed);
      return;
    }
    leases.look(lease, deadline(), reply);
    node.dirty(this);
  }

  @Override
  public Collection<Lease> leases() {
    return applier.machine().leases();
  }

  @Override
  public Supplier<long[]> leasesByEnd() {
    return leases.lessor().byEnd(applier.machine().leases());
  }

  @Override
  public void reclaim(Barrier ended) {
    housekeeping.reclaim(ended);
  }

  @Override
  public ReplicaStatus status() {
    return ReplicaStatus.of(
        node.member(),
        core,
        applier,
        changes.isLearner(),
        pending.count() + barriers.count() + leases.count() + housekeeping.waiting(),
        effects.waitingBytes(),
        failure,
        returns.reason());
  }

  @Override
  public long term() {
    return core.term();
  }

  @Override
  public long termAt(long index) {
    return core.termAt(index);
  }

  @Override
  public long leader() {
    return core.leader();
  }

  @Override
  public Membership membership() {
    return changes;
  }

  @Nullable Refusal closed() {
    return failure != null ? Refusal.NOT_SERVING : node.isClosed() ? Refusal.STOPPED : null;
  }

  private long deadline() {
    return env.loop().now() + node.settings().requestTimeoutNanos();
  }

  // ---- the turn --------------------------------------------------------------------------------

  /**
   * First half of a turn's end: what waits is proposed, and the core says what to write and send.
   */
  void flush(long now) {
    if (failure != null) {
      return;
    }
    try {
      route.propose(now);
      leases.flush(now);
      changes.propose(now);
      askForReads(now);
      core.flush(now);
      full.tell(event -> core.step(now, event));
    } catch (RuntimeException | Error e) {
      fail(e);
    }
  }

  /** Second half of a turn's end: what is committed and durable enters the state. */
  void apply(long now) {
    if (failure != null) {
      return;
    }
    try {
      queue.turn(now);
      leases.countOrNot(now);
      watches.turn();
      barriers.applied(applier.applied());
      changes.applied(now);
      housekeeping.turn(now);
      reportBacklog(now);
      answers.end();
      arm(now);
    } catch (RuntimeException | Error e) {
      fail(e);
    }
  }

  /** An append didn't get off to a peer: the core hears of it when it has ended its turn. */
  void queueFull(long peer) {
    full.add(peer);
    node.dirty(this);
  }

  private void askForReads(long now) {
    boolean again = askAgain || (barriers.hasUnconfirmed() && now - lastAsk > READ_RETRY_NANOS);
    if (core.leader() != 0 && (barriers.hasOpen() || (again && barriers.hasUnconfirmed()))) {
      askAgain = false;
      lastAsk = now;
      core.read(life, barriers.ask());
    }
  }

  /**
   * Follower: asks the leader to hold back while this member is behind with writing or applying.
   */
  private void reportBacklog(long now) {
    long waiting =
        effects.waitingBytes() + Math.max(0, entries.bytes() - node.settings().cachedLogBytes());
    boolean full = waiting > Limits.MEMBER_BACKLOG_BYTES_MAX / (backlogged ? 2 : 1);
    if (full != backlogged) {
      backlogged = full;
      core.step(now, new Rare.Backlog(full));
      node.dirty(this);
    }
  }

  // ---- time ------------------------------------------------------------------------------------

  private void arm(long now) {
    long next = Math.min(core.nextDeadline(), housekeeping.nextDeadline());
    next = Math.min(next, Math.min(returns.nextDeadline(), leases.nextDeadline()));
    int calls = pending.count() + barriers.count() + leases.count() + housekeeping.waiting();
    if (calls > 0 || changes.isBusy()) {
      next = Math.min(next, now + Limits.CALL_SWEEP_NANOS);
    }
    if (next != Long.MAX_VALUE && (timer == null || next < timerAt)) {
      if (timer != null) {
        timer.cancel();
      }
      timerAt = next;
      timer = env.loop().schedule(Math.max(0, next - now), fire);
    }
  }

  private void fire() {
    timer = null;
    timerAt = Long.MAX_VALUE;
    if (failure != null || node.isClosed()) {
      return;
    }
    try {
      long now = env.loop().now();
      core.tick(now);
      housekeeping.tick(now);
      returns.tick(now);
      route.tick(now);
      leases.tick(now);
      changes.tick(now);
      barriers.expire(now, core.leader() != 0 ? Refusal.TIMED_OUT : Refusal.TIMED_OUT_LEADER_LOST);
    } catch (RuntimeException | Error e) {
      fail(e);
      return;
    }
    node.dirty(this);
  }

  /** Something that was put off should be tried again, though nothing has arrived. */
  void retryLater() {
    env.loop().schedule(Limits.CALL_SWEEP_NANOS, () -> node.dirty(this));
  }

  // ---- what arrives ----------------------------------------------------------------------------

  /** A frame for this group. */
  void receive(long from, FrameType type, FrameReader in) throws FrameReader.Malformed {
    if (failure != null) {
      return;
    }
    try {
      long now = env.loop().now();
      switch (type) {
        case APPEND -> appends.append(now, from, in);
        case APPEND_ACK -> appends.acknowledgement(now, from, in);
        case FORWARD -> route.receive(now, from, in);
        case FORWARD_REFUSED -> route.receiveRefusals(in);
        case SNAPSHOT_FETCH, SNAPSHOT_PART, SNAPSHOT_GONE -> snapshots.receive(from, type, in);
        case STANDING -> regardedBy(from, Regard.decode(in));
        case STATE_DIFFERS -> states.differs(from, in);
        case LEASE_ASK -> leases.asked(from, in);
        case LEASE_ANSWER -> leases.answered(in);
        case MEMBERSHIP_ASKED, MEMBERSHIP_REFUSED -> changes.receive(from, type, in);
        case PRE_VOTE_REQUEST,
            PRE_VOTE_REPLY,
            VOTE_REQUEST,
            VOTE_REPLY,
            TIMEOUT_NOW,
            READ_INDEX_REQUEST,
            READ_INDEX_REPLY,
            SNAPSHOT_OFFER,
            SNAPSHOT_ANSWER ->
            core.step(now, new Rare.Received(from, MessageCodec.decode(type, in)));
        case REPAIR_STATE_ASK -> {
          long wanted = in.u64();
          in.end();
          snapshots.asked(from, wanted);
        }
        case REPAIR_ASK, REPAIR_ANSWER, REPAIR_STATE, PRESENT ->
            throw new FrameReader.Malformed("not for a replica: " + type);
      }
    } catch (RuntimeException | Error e) {
      fail(e);
    } finally {
      node.dirty(this);
    }
  }

  /** Whether it belongs to this group as far as is known here; before any is known, anybody may. */
  boolean isMember(long peer) {
    Configuration configuration = core.configuration().configuration();
    return configuration.contains(peer) || configuration.members().length == 0;
  }

  /** A peer converses with this member. Of one that isn't in the group no record is made. */
  void peerUp(long peer, Incarnation incarnation) {
    if (isMember(peer)) {
      step(new Rare.PeerPresented(peer, incarnation));
    }
    full.tellFirst(peer, this::step);
    step(new Rare.PeerConnected(peer));
    if (failure == null && peer == core.leader()) {
      route.forwardAgain(peer);
      leases.askAgain();
      askAgain = true;
    }
  }

  /**
   * A peer says whether this member has a voice, or why not. Only members' word counts; taken back
   * it may be by anybody.
   */
  void regardedBy(long peer, Regard regard) {
    if (failure == null && (regard.isWelcome() || isMember(peer))) {
      returns.regardedBy(peer, regard);
      if (regard.kind() == Regard.Kind.REMOVED) {
        changes.removed(regard.reason());
      }
    }
  }

  void peerDown(long peer) {
    effects.forget(peer);
    snapshots.peerDown(peer);
    returns.peerDown(peer);
    full.forget(peer);
    step(new Rare.PeerDisconnected(peer));
  }

  void peerRoom(long peer) {
    full.tellFirst(peer, this::step);
    step(new Rare.PeerRoom(peer));
    if (failure == null && peer == core.leader()) {
      route.forwardAgain(peer);
      leases.sendNow();
    }
  }

  /** What peers may hold this directory to after any crash: the term that is on its disk. */
  long durableTerm() {
    return effects.durableTerm();
  }

  /**
   * The end of what this directory has, or knows itself to be short of: of the latter it helps
   * nobody to win who lacks it, so that it counts as if it were here.
   */
  long knownIndex() {
    return Math.max(core.stableIndex(), floorIndex);
  }

  /** A member whose log is being repaired knows of a term: one who leads an older one leads not. */
  void termSeen(long peer, long term) {
    step(new Rare.TermMet(peer, term));
  }

  /** Whether something up to an index is in this member's log, and may not be on its disk yet. */
  boolean isUnderWayBelow(long index) {
    return core.stableIndex() < Math.min(index, core.lastIndex());
  }

  /** The term in which this member's log decides what was agreed on before; 0 if it doesn't. */
  long decidingTerm() {
    boolean leads = core.role() == Role.LEADER && core.commitIndex() >= core.leadershipIndex();
    return leads ? core.term() : 0;
  }

  IncarnationRule.Verdict judge(long peer, Incarnation presented) {
    return core.judge(peer, presented);
  }

  /** The log has no room, or has it again. What is proposed waits for it, what isn't is refused. */
  void diskFull(boolean full) {
    diskFull = full;
    step(new Rare.Disk(full ? DiskState.FULL : DiskState.OK));
    if (full) {
      route.refuseWaiting(Refusal.DISK_FULL);
    }
  }

  /** Hands an event to the core. */
  void step(Rare event) {
    if (failure != null) {
      return;
    }
    try {
      core.step(env.loop().now(), event);
    } catch (RuntimeException | Error e) {
      fail(e);
    }
    node.dirty(this);
  }

  /**
   * All writes of this group up to {@code ioSeq} are on disk.
   *
   * @param bytes of entries that had been handed to the log by then
   */
  void durable(long ioSeq, long bytes) {
    if (failure != null) {
      return;
    }
    try {
      effects.durable(ioSeq, bytes);
      snapshots.durable(ioSeq);
      core.durable(env.loop().now(), ioSeq);
    } catch (RuntimeException | Error e) {
      fail(e);
    }
    node.dirty(this);
  }

  /** The group can't go on: refuse what waits, and say why. */
  void fail(Throwable why) {
    if (failure != null) {
      return;
    }
    failure = why;
    LOG.log(System.Logger.Level.ERROR, "group=" + group + " has stopped: " + why.getMessage(), why);
    diskFull |= ErrorCode.DISK_FULL.isOf(why);
    effects.close();
    route.refuseWaiting(diskFull ? Refusal.DISK_FULL : Refusal.NOT_SERVING);
    applier.refuseAll(Refusal.NOT_APPLIED);
    route.refuseAll(Refusal.NOT_APPLIED);
    changes.refuseAll(Refusal.NOT_APPLIED);
    refuseAll(Refusal.NOT_SERVING);
    watches.close();
    boolean ofState = ErrorCode.ENGINE_DAMAGED.isOf(why);
    if (ofState || ErrorCode.DATA_DAMAGED.isOf(why)) {
      if (!node.hasFailed() && core.configuration().configuration().members().length > 1) {
        node.repairs().anew(this, ofState);
        return;
      }
      if (ofState) {
        node.repairs().mark(this);
      }
    }
    env.stopped(group, why);
  }

  /** Something of the log up to an index can't be read: nobody needs it whom the state helps. */
  void unreadable(long index, Throwable why) {
    if (index <= applier.applied()) {
      housekeeping.giveBack(index);
    } else {
      fail(why);
    }
  }

  /** Another state has taken the place of the former one. */
  void replaced() {
    long now = env.loop().now();
    queue.replaced();
    watches.replaced();
    core.applied(now, applier.applied());
    MemberRows.load(applier.engine()).forEach(node::published);
    node.dirty(this);
  }

  /** Ends the group; what waits is refused. */
  void close() {
    refuseAll(Refusal.STOPPED);
    watches.close();
    effects.close();
    snapshots.close();
    housekeeping.close();
    if (timer != null) {
      timer.cancel();
    }
    if (failure != null || node.hasFailed()) {
      applier.engine().closeAbruptly();
    } else {
      applier.engine().close();
    }
  }

  private void refuseAll(Refusal why) {
    route.refuseAll(why);
    changes.refuseAll(why);
    barriers.refuseAll(why);
    leases.refuseAll(why);
    housekeeping.refuseAll(why);
  }

  // ---- what the core tells ---------------------------------------------------------------------

  /** All up to {@code index} is committed and durable here. */
  void applicable(long index) {
    queue.applicable(index);
  }

  /** Another role, term or leader: what was put off may go now. */
  void leaderChanged(long leader) {
    route.leaderChanged(leader);
    leases.askAgain();
    changes.leaderChanged(leader);
    if (leader != 0) {
      askAgain = true;
      node.dirty(this);
    }
  }

  void readReady(long ofLife, long sequence, long index) {
    if (ofLife == life) {
      barriers.confirm(sequence, index);
      node.dirty(this);
    }
  }

  /** Reads are safe to ask for again: as soon as a leader is known, or at the retry interval. */
  void readFailed(long ofLife, ReadFailure why) {
    askAgain = ofLife == life && why != ReadFailure.OVERLOADED;
  }
}
