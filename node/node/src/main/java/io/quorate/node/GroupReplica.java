package io.quorate.node;

import io.quorate.base.Bytes;
import io.quorate.base.Checks;
import io.quorate.base.Limits;
import io.quorate.base.QuorateException;
import io.quorate.base.Rows;
import io.quorate.engine.RowView;
import io.quorate.kv.KvReader;
import io.quorate.kv.KvRequest;
import io.quorate.kv.KvResult;
import io.quorate.machine.CommandCodec;
import io.quorate.machine.Machine;
import io.quorate.raft.Admission;
import io.quorate.raft.Configuration;
import io.quorate.raft.ConfigurationAt;
import io.quorate.raft.Effects;
import io.quorate.raft.EntryKind;
import io.quorate.raft.Explanation;
import io.quorate.raft.Incarnation;
import io.quorate.raft.IncarnationRule;
import io.quorate.raft.Message;
import io.quorate.raft.PeerStatus;
import io.quorate.raft.RaftCore;
import io.quorate.raft.Rare;
import io.quorate.raft.ReadFailure;
import io.quorate.raft.Role;
import io.quorate.wal.LogHash;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Executor;
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
final class GroupReplica implements Replica, Effects {
  private static final System.Logger LOG = System.getLogger(GroupReplica.class.getName());

  /** Entries applied in one turn, and their bytes: heartbeats and calls must not wait for more. */
  private static final int APPLY_ENTRIES_MAX = 2_000;

  private static final long APPLY_BYTES_MAX = 1 << 20;

  /** Bytes of writes in one frame to the leader. */
  private static final int FORWARD_BYTES_MAX = 1 << 20;

  /** How long a read request to the leader may stay unanswered before it is asked anew. */
  private static final long READ_RETRY_NANOS = 500_000_000L;

  /** How often a member's own record is proposed until it is applied. */
  private static final long PUBLISH_NANOS = 1_000_000_000L;

  private static final byte COMMAND = Applier.kind(EntryKind.COMMAND);

  /** A message that may leave only when a write is durable. */
  private record Held(long afterIo, long to, Bytes frame) {}

  private final Node node;
  private final Env env;
  private final long group;
  private final long boot;
  private final HardState hard;
  private final EntryCache entries;
  private final AppendCodec appends = new AppendCodec();
  private final AppendSender sender;
  private final FrameWriter frames = new FrameWriter();
  private final PendingWrites pending = new PendingWrites();
  private final ReadBarriers barriers = new ReadBarriers();
  private final Forwarding forwarding = new Forwarding();
  private final Applier applier;
  private final SnapshotExchange snapshots;
  private final Housekeeping housekeeping;
  private final RaftCore core;
  private final ArrayDeque<Held> held = new ArrayDeque<>();
  private final Runnable fire = this::fire;

  /** Whether the node has this group on its list for the end of the turn. */
  boolean dirty;

  private long applicable;
  private long durableIo;

  /** The term that was written last, by which write, and the last one that is surely on disk. */
  private long writtenTerm;

  private long writtenTermIo;
  private long durableTerm;
  private final long floorIndex;
  private boolean receiving;
  private boolean readingLog;
  private boolean askAgain;
  private boolean retryRefused;

  /** Writes didn't get off to the leader: nothing may overtake them until they have. */
  private boolean forwardBlocked;

  /** A leader was found, perhaps the one from before: see {@link #handOver}. */
  private boolean handOver;

  private boolean backlogged;
  private long lastAsk;
  private long lastPublish;

  /** Payload bytes handed to the log since the start, and those of them that are durable. */
  private long stagedBytes;

  private long durableBytes;
  private long timerAt = Long.MAX_VALUE;
  private Loop.@Nullable Timer timer;
  private @Nullable Throwable failure;

  /**
   * @param recovery what was found on disk; see {@link Node#start}
   */
  GroupReplica(Node node, GroupRecovery recovery) {
    this.node = node;
    this.env = node.env();
    this.group = recovery.group;
    this.boot = node.boot();
    this.hard = recovery.hard;
    this.entries = recovery.entries;
    this.applier = new Applier(node.member(), boot, pending, recovery.engine(), recovery.machine());
    this.sender = new AppendSender(group, entries, appends, node.wal(), env);
    this.snapshots = new SnapshotExchange(this, node);
    this.housekeeping = new Housekeeping(this, node);
    this.applicable = applier.applied();
    this.durableTerm = hard.term;
    this.floorIndex = recovery.floorIndex();
    this.lastPublish = env.loop().now() - PUBLISH_NANOS;
    this.core =
        RaftCore.create(recovery.settings, recovery.state, env.random(), env.loop().now(), this);
  }

  /** Begins to take part; called once, on the loop. */
  void begin() {
    node.dirty(this);
  }

  RaftCore core() {
    return core;
  }

  Applier applier() {
    return applier;
  }

  HardState hard() {
    return hard;
  }

  EntryCache entries() {
    return entries;
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
  public void write(KvRequest request, Reply<? super KvResult> reply) {
    Refusal closed = closed();
    if (closed != null) {
      reply.refused(closed);
      return;
    }
    if (pending.isFull()) {
      reply.refused(Refusal.OVERLOADED);
      return;
    }
    Bytes payload = CommandCodec.encode(node.member(), boot, pending.nextSequence(), request);
    if (payload.length() > node.settings().requestBytesMax() + Limits.REQUEST_OVERHEAD_BYTES) {
      reply.refused(Refusal.TOO_LARGE);
      return;
    }
    pending.add(request, payload, reply, deadline());
    node.dirty(this);
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
  public KvReader latest() {
    return applier.machine().latest();
  }

  @Override
  public View view() {
    RowView rows = applier.engine().view();
    KvReader reader = applier.machine().reader(rows);
    return new View() {
      @Override
      public KvReader reader() {
        return reader;
      }

      @Override
      public Rows rows() {
        return rows;
      }

      @Override
      public void close() {
        rows.close();
      }
    };
  }

  @Override
  public Executor readers() {
    return env.readers();
  }

  @Override
  public void compacted(long revision, Barrier barrier) {
    housekeeping.compacted(revision, barrier);
  }

  @Override
  public ReplicaStatus status() {
    Configuration configuration = core.configuration().configuration();
    Machine machine = applier.machine();
    var engine = applier.engine().statistics();
    return new ReplicaStatus(
        node.member(),
        core.leader(),
        core.term(),
        core.firstIndex(),
        core.lastIndex(),
        core.stableIndex(),
        core.commitIndex(),
        applier.applied(),
        configuration.isLearner(node.member()),
        boxed(configuration.voters()),
        boxed(configuration.learners()),
        machine.revision(),
        machine.compactedRevision(),
        engine.stateBytes(),
        engine.liveBytes(),
        failure == null ? "" : String.valueOf(failure.getMessage()));
  }

  @Override
  public long term() {
    return core.term();
  }

  @Override
  public long leader() {
    return core.leader();
  }

  @Override
  public List<MemberInfo> members() {
    return node.membersOf(core.configuration().configuration());
  }

  /** Why an entry isn't committed, in words. */
  Explanation explain(long index) {
    return core.explain(env.loop().now(), index);
  }

  /** How the leader sees its followers. */
  List<PeerStatus> peers() {
    return core.peers(env.loop().now());
  }

  private @Nullable Refusal closed() {
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
      handOver();
      publish(now);
      proposeWaiting(now);
      askForReads(now);
      core.flush(now);
    } catch (QuorateException | Error e) {
      fail(e);
    }
  }

  /** Second half of a turn's end: what is committed and durable enters the state. */
  void apply(long now) {
    if (failure != null) {
      return;
    }
    try {
      applyReady(now);
      barriers.applied(applier.applied());
      housekeeping.turn(now);
      reportBacklog(now);
      arm(now);
    } catch (QuorateException | Error e) {
      fail(e);
    }
  }

  private void proposeWaiting(long now) {
    if (pending.firstWaiting() == 0) {
      return;
    }
    long leader = core.leader();
    if (core.role() == Role.LEADER) {
      proposeHere(now);
    } else if (leader != 0 && !retryRefused && !forwardBlocked) {
      forwardTo(leader);
    }
  }

  private void proposeHere(long now) {
    for (long s = pending.firstWaiting(); s != 0; s = pending.firstWaiting()) {
      Bytes payload = pending.payload(s);
      switch (core.propose(now, payload.length())) {
        case ADMITTED -> {
          appended(core.lastIndex(), core.term(), COMMAND, payload);
          pending.proposed(s, core.term(), 0);
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
    long term = core.term();
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
        env.transport()
            .send(
                leader,
                Transport.Lane.CONSENSUS,
                forwarding.head(frames, group, term, boot),
                forwarding.body());
    // The conversation is down or full. Once it is up or has room, everything of this term is
    // handed
    // over again, in order.
    forwardBlocked |= !sent;
  }

  /**
   * Once a leader is found anew, what was handed to it before goes first: it may be the leader of
   * the same term, and its word counts numbers in their order.
   */
  private void handOver() {
    if (handOver && core.leader() != 0) {
      handOver = false;
      if (core.role() != Role.LEADER) {
        forwardAgain(core.leader());
      }
    }
  }

  /** Hands over again what the leader may not have had. */
  private void forwardAgain(long leader) {
    long term = core.term();
    forwardBlocked = false;
    forwarding.begin();
    for (long s : pending.proposedIn(term)) {
      forwarding.add(pending.number(s), COMMAND, pending.payload(s));
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
    if (now - lastPublish < PUBLISH_NANOS || core.leader() == 0 || forwardBlocked) {
      return;
    }
    MemberInfo self = node.unpublished();
    if (self == null) {
      return;
    }
    lastPublish = now;
    Bytes payload = MemberRows.encode(self);
    if (core.role() != Role.LEADER) {
      forwarding.begin();
      forwarding.add(forwarding.nextNumber(), Applier.MEMBER_KIND, payload);
      sendForward(core.leader(), core.term());
    } else if (core.propose(now, payload.length()) == Admission.ADMITTED) {
      appended(core.lastIndex(), core.term(), Applier.MEMBER_KIND, payload);
    }
  }

  private void askForReads(long now) {
    boolean again = askAgain || (barriers.hasUnconfirmed() && now - lastAsk > READ_RETRY_NANOS);
    if (core.leader() != 0 && (barriers.hasOpen() || (again && barriers.hasUnconfirmed()))) {
      askAgain = false;
      lastAsk = now;
      core.step(now, new Rare.Read(boot, barriers.ask()));
    }
  }

  private void applyReady(long now) {
    if (readingLog || snapshots.isSwitching() || applier.applied() >= applicable) {
      return;
    }
    long first = applier.applied() + 1;
    if (!entries.holds(first)) {
      readLog(first);
      return;
    }
    long last = Math.min(applicable, first + APPLY_ENTRIES_MAX - 1);
    long bytes = 0;
    for (long i = first; i <= last && bytes < APPLY_BYTES_MAX; i++) {
      Bytes payload = entries.payload(i);
      bytes += payload.length();
      applier.apply(i, entries.term(i), entries.kind(i), payload, entries.hash(i));
    }
    finishBatch(now);
  }

  private void finishBatch(long now) {
    MemberInfo published = applier.takePublished();
    applier.finish();
    if (published != null) {
      node.published(published);
    }
    long applied = applier.applied();
    core.applied(now, applied);
    entries.mayDrop(Math.min(applied, core.stableIndex()));
    if (applied < applicable) {
      node.dirty(this);
    }
  }

  /** Brings entries that are no longer cached back from the log, to be applied. */
  private void readLog(long first) {
    readingLog = true;
    long last = Math.min(applicable, first + APPLY_ENTRIES_MAX - 1);
    node.read(
        () -> {
          LogRun run = new LogRun();
          node.wal().read(group, first, last + 1, APPLY_BYTES_MAX, run);
          return run;
        },
        this::applyRun,
        () -> {
          readingLog = false;
          retryLater();
        });
  }

  private void applyRun(LogRun run) {
    readingLog = false;
    if (failure != null || snapshots.isSwitching()) {
      return;
    }
    try {
      for (int i = 0; i < run.size(); i++) {
        // A snapshot may have come in between, or the entries may be cached again.
        if (run.index(i) == applier.applied() + 1 && run.index(i) <= applicable) {
          applier.apply(run.index(i), run.term(i), run.kind(i), run.payload(i), run.hash(i));
        }
      }
      finishBatch(env.loop().now());
      node.dirty(this);
    } catch (QuorateException | Error e) {
      fail(e);
    }
  }

  /**
   * Follower: asks the leader to hold back while this member is behind with writing or applying.
   */
  private void reportBacklog(long now) {
    long waiting =
        stagedBytes
            - durableBytes
            + Math.max(0, entries.bytes() - node.settings().cachedLogBytes());
    boolean full =
        backlogged
            ? waiting > Limits.MEMBER_BACKLOG_BYTES_MAX / 2
            : waiting > Limits.MEMBER_BACKLOG_BYTES_MAX;
    if (full != backlogged) {
      backlogged = full;
      core.step(now, new Rare.Backlog(full));
      node.dirty(this);
    }
  }

  // ---- time ------------------------------------------------------------------------------------

  private void arm(long now) {
    long next = Math.min(core.nextDeadline(), housekeeping.nextDeadline());
    if (pending.count() > 0 || barriers.count() > 0) {
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
      retryRefused = false;
      core.tick(now);
      housekeeping.tick(now);
      boolean led = core.leader() != 0;
      Refusal why = led ? Refusal.TIMED_OUT : Refusal.TIMED_OUT_LEADER_LOST;
      for (long s = pending.oldest();
          s != 0 && pending.nextDeadline() - now <= 0;
          s = pending.oldest()) {
        refuse(s, why);
      }
      barriers.expire(now, why);
    } catch (QuorateException | Error e) {
      fail(e);
      return;
    }
    node.dirty(this);
  }

  private void refuse(long sequence, Refusal why) {
    Reply<? super KvResult> reply = pending.take(sequence);
    if (reply != null) {
      reply.refused(why);
    }
  }

  /** Something that was put off should be tried again, though nothing has arrived. */
  private void retryLater() {
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
        case APPEND -> receiveAppend(now, from, in);
        case APPEND_ACK -> receiveAck(now, from, in);
        case FORWARD -> receiveForward(now, from, in);
        case FORWARD_REFUSED -> receiveRefusals(in);
        case SNAPSHOT_FETCH, SNAPSHOT_PART, SNAPSHOT_GONE -> snapshots.receive(from, type, in);
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
      }
    } catch (QuorateException | Error e) {
      fail(e);
    }
    node.dirty(this);
  }

  private void receiveAppend(long now, long from, FrameReader in) throws FrameReader.Malformed {
    appends.readAppend(in);
    receiving = true;
    try {
      if (appends.count == 1 && appends.kinds[0] == Applier.kind(EntryKind.CONFIGURATION)) {
        Configuration configuration = MessageCodec.configuration(appends.payload(0));
        core.step(
            now,
            new Rare.Received(
                from,
                new Message.AppendConfiguration(
                    appends.term,
                    appends.prevIndex,
                    appends.prevTerm,
                    appends.entryTerm,
                    appends.sizes[0],
                    configuration,
                    appends.commit,
                    appends.round)));
      } else {
        core.appendFrom(
            now,
            from,
            appends.term,
            appends.prevIndex,
            appends.prevTerm,
            appends.entryTerm,
            appends.sizes,
            appends.count,
            appends.commit,
            appends.round);
      }
    } finally {
      receiving = false;
      appends.release();
    }
  }

  private void receiveAck(long now, long from, FrameReader in) throws FrameReader.Malformed {
    long term = in.u64();
    long round = in.u64();
    long match = in.u64();
    int flags = in.u8();
    long rejectedPrev = in.u64();
    long hintIndex = in.u64();
    long hintTerm = in.u64();
    long hash = in.u64();
    in.end();
    core.appendAck(now, from, term, round, match, flags, rejectedPrev, hintIndex, hintTerm);
    if (hash != 0 && term == core.term() && core.role() == Role.LEADER && entries.holds(match)) {
      if (entries.hash(match) != hash) {
        LOG.log(
            System.Logger.Level.ERROR,
            "group={0} member={1} diverged at index={2}: its log holds other bytes",
            group,
            Long.toHexString(from),
            match);
        core.step(now, new Rare.PeerDiverged(from, match));
      }
    }
  }

  private void receiveForward(long now, long from, FrameReader in) throws FrameReader.Malformed {
    Bytes head =
        forwarding.receive(
            frames,
            group,
            from,
            in,
            (term, kind, payload) -> {
              Admission admission = core.proposeIn(now, term, payload.length());
              if (admission == Admission.ADMITTED) {
                appended(core.lastIndex(), core.term(), kind, payload.compact());
              }
              return admission;
            });
    if (!head.isEmpty()) {
      env.transport().send(from, Transport.Lane.CONSENSUS, head, forwarding.refused());
    }
  }

  private void receiveRefusals(FrameReader in) throws FrameReader.Malformed {
    long term = in.u64();
    long forBoot = in.u64();
    int count = in.count(9);
    for (int i = 0; i < count; i++) {
      long sequence = in.u64();
      int reason = in.u8();
      if (forBoot != boot) {
        continue;
      }
      if (reason == Forwarding.TOO_LARGE) {
        refuse(sequence, Refusal.TOO_LARGE);
      } else {
        pending.refused(sequence, term);
        // It has no room, or leads no more: hand it over again at the next tick or to the next
        // leader.
        retryRefused = true;
      }
    }
    in.end();
  }

  void peerUp(long peer, Incarnation incarnation) {
    step(new Rare.PeerPresented(peer, incarnation));
    step(new Rare.PeerConnected(peer));
    if (failure == null && peer == core.leader()) {
      forwardAgain(peer);
      askAgain = true;
    }
  }

  void peerDown(long peer) {
    sender.forget(peer);
    snapshots.peerDown(peer);
    step(new Rare.PeerDisconnected(peer));
  }

  void peerRoom(long peer) {
    step(new Rare.PeerRoom(peer));
    if (failure == null && peer == core.leader()) {
      forwardAgain(peer);
    }
  }

  /** What peers may hold this directory to after any crash: the term that is on its disk. */
  long durableTerm() {
    return durableTerm;
  }

  /**
   * The end of what this directory has, or knows itself to be short of: of the latter it helps
   * nobody to win who lacks it, so that it counts as if it were here.
   */
  long knownIndex() {
    return Math.max(core.stableIndex(), floorIndex);
  }

  IncarnationRule.Verdict judge(long peer, Incarnation presented) {
    return core.judge(peer, presented);
  }

  /** Hands an event to the core, in the present turn. */
  void step(Rare event) {
    if (failure != null) {
      return;
    }
    try {
      core.step(env.loop().now(), event);
    } catch (QuorateException | Error e) {
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
    durableIo = ioSeq;
    durableBytes = bytes;
    if (writtenTermIo <= ioSeq) {
      durableTerm = Math.max(durableTerm, writtenTerm);
    }
    if (failure != null) {
      return;
    }
    try {
      while (!held.isEmpty() && held.getFirst().afterIo() <= ioSeq) {
        Held message = held.removeFirst();
        env.transport().send(message.to(), Transport.Lane.CONSENSUS, message.frame(), Bytes.EMPTY);
      }
      snapshots.durable(ioSeq);
      core.durable(env.loop().now(), ioSeq);
    } catch (QuorateException | Error e) {
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
    refuseAll(Refusal.NOT_SERVING);
    env.stopped(group, why);
  }

  /** Another state has taken the place of the former one. */
  void replaced() {
    long now = env.loop().now();
    applicable = Math.max(applicable, applier.applied());
    core.applied(now, applier.applied());
    MemberRows.load(applier.engine()).forEach(node::published);
    node.dirty(this);
  }

  /** Ends the group; what waits is refused. */
  void close() {
    refuseAll(Refusal.STOPPED);
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
    for (long s = pending.oldest(); s != 0; s = pending.oldest()) {
      refuse(s, why);
    }
    barriers.refuseAll(why);
    housekeeping.refuseAll(why);
  }

  // ---- effects: persistence --------------------------------------------------------------------

  /** An entry became the log's last one. */
  private void appended(long index, long term, byte kind, Bytes payload) {
    entries.append(
        index, term, kind, LogHash.next(entries.hash(index - 1), term, kind, payload), payload);
  }

  @Override
  public void writeEntries(long ioSeq, long firstIndex, long lastIndex) {
    LogBatch batch = node.log().batch();
    if (lastIndex > entries.last()) {
      takeReceived(firstIndex, lastIndex);
    }
    for (long i = firstIndex; i <= lastIndex; i++) {
      Bytes payload = entries.payload(i);
      stagedBytes += payload.length();
      batch.append(group, i, entries.term(i), entries.kind(i), payload, entries.hash(i));
    }
    staged(ioSeq);
  }

  /**
   * Takes entries out of the append that is being handed in. Not all that the core has written
   * during it comes from there: a leader that an append deposes has its own last proposals written
   * first, and those are held already.
   */
  private void takeReceived(long firstIndex, long lastIndex) {
    Checks.that(receiving, "entry %d isn't held, and no append is being handed in", lastIndex);
    for (long i = firstIndex; i <= lastIndex; i++) {
      int at = (int) (i - appends.prevIndex - 1);
      Checks.that(at >= 0 && at < appends.count, "entry %d isn't in the append", i);
      byte kind = appends.kinds[at];
      Bytes payload = appends.payload(at);
      entries.append(
          i,
          appends.entryTerm,
          kind,
          LogHash.next(entries.hash(i - 1), appends.entryTerm, kind, payload),
          payload);
    }
  }

  @Override
  public void writeState(long ioSeq, long term, long vote) {
    hard.term = term;
    hard.vote = vote;
    writtenTerm = term;
    writtenTermIo = ioSeq;
    stageHardState(ioSeq);
  }

  @Override
  public void writePeer(
      long ioSeq, long peer, long peerBoot, long peerNonce, long peerTerm, long peerIndex) {
    hard.peers.put(peer, new Incarnation(peerBoot, peerNonce, peerTerm, peerIndex));
    stageHardState(ioSeq);
  }

  @Override
  public void forgetPeer(long ioSeq, long peer) {
    hard.peers.remove(peer);
    stageHardState(ioSeq);
  }

  @Override
  public void adoptSnapshot(
      long ioSeq,
      long snapshot,
      long index,
      long indexTerm,
      ConfigurationAt configuration,
      boolean keepSuffix) {
    snapshots.adopt(ioSeq, snapshot, index, indexTerm, configuration, keepSuffix);
    staged(ioSeq);
  }

  void stageHardState(long ioSeq) {
    node.log().batch().hardState(group, hard.term, hard.vote, hard.blob());
    staged(ioSeq);
  }

  private void staged(long ioSeq) {
    node.log().batch().waiting(this, ioSeq, stagedBytes);
  }

  @Override
  public void trimmed(long index, long indexTerm, ConfigurationAt configuration) {
    LogBatch batch = node.log().batch();
    batch.configuration(group, MessageCodec.blob(frames, configuration));
    batch.trim(group, index);
  }

  @Override
  public int ownEntry(
      long index, long term, EntryKind kind, @Nullable Configuration configuration) {
    Bytes payload = configuration == null ? Bytes.EMPTY : configuration.toBytes();
    appended(index, term, Applier.kind(kind), payload);
    return payload.length();
  }

  @Override
  public void truncated(long firstIndex, long lastIndex) {
    // What was proposed here is settled when an entry of a later term is applied: see
    // PendingWrites.
    truncateAfter(firstIndex - 1);
  }

  /**
   * The cache may begin above: after a start it holds the log's end only, committed or not. Then it
   * starts over, with the hash that the log has for what stays.
   */
  private void truncateAfter(long index) {
    if (index < entries.first() - 1) {
      entries.reset(index, node.wal().hash(group, index));
    } else {
      entries.truncateAfter(index);
    }
  }

  // ---- effects: messages -----------------------------------------------------------------------

  @Override
  public void sendAppend(
      long to,
      long term,
      long prevIndex,
      long prevTerm,
      long entryTerm,
      long lastIndex,
      long commit,
      long round) {
    sender.send(to, term, prevIndex, prevTerm, entryTerm, lastIndex, commit, round);
  }

  @Override
  public void sendAppendAck(
      long to,
      long term,
      long round,
      long match,
      int flags,
      long rejectedPrev,
      long hintIndex,
      long hintTerm,
      long afterIo) {
    long hash = entries.holds(match) ? entries.hash(match) : 0;
    sendAfter(
        to,
        AppendCodec.ack(
            frames, group, term, round, match, flags, rejectedPrev, hintIndex, hintTerm, hash),
        afterIo);
  }

  @Override
  public void send(long to, Message message, long afterIo) {
    sendAfter(to, MessageCodec.encode(frames, group, message), afterIo);
  }

  private void sendAfter(long to, Bytes frame, long afterIo) {
    if (afterIo <= durableIo) {
      env.transport().send(to, Transport.Lane.CONSENSUS, frame, Bytes.EMPTY);
    } else {
      held.addLast(new Held(afterIo, to, frame));
    }
  }

  // ---- effects: news ---------------------------------------------------------------------------

  @Override
  public void committed(long index) {
    node.metrics().committed(group, index);
  }

  @Override
  public void applicable(long index) {
    applicable = index;
  }

  @Override
  public void roleChanged(Role role, long term, long leader) {
    LOG.log(
        System.Logger.Level.INFO,
        "group={0} role={1} term={2} leader={3}",
        group,
        role,
        Long.toString(term),
        Long.toHexString(leader));
    node.metrics().roleChanged(group, role, term, leader);
    sender.forgetAll();
    forwardBlocked = false;
    retryRefused = false;
    if (leader != 0) {
      handOver = true;
      askAgain = true;
      node.dirty(this);
    }
  }

  @Override
  public void configuration(ConfigurationAt configuration, boolean committed) {
    node.membership(configuration.configuration());
  }

  @Override
  public void readReady(long forBoot, long sequence, long index) {
    if (forBoot == boot) {
      barriers.confirm(sequence, index);
      node.dirty(this);
    }
  }

  @Override
  public void readFailed(long forBoot, long sequence, ReadFailure why) {
    // Reads are safe to ask for again: as soon as a leader is known, or at the retry interval.
    askAgain = forBoot == boot && why != ReadFailure.OVERLOADED;
  }

  @Override
  public void transferFailed(long target) {
    LOG.log(
        System.Logger.Level.WARNING,
        "group={0} leadership was not taken over by member={1} in time",
        group,
        Long.toHexString(target));
  }

  @Override
  public void peerFenced(long peer, long acknowledged, long found) {
    LOG.log(
        System.Logger.Level.ERROR,
        "group={0} member={1} acknowledged index={2} and now has only index={3}: its directory lost"
            + " data or is another one. It is not counted any more; remove it and add it again",
        group,
        Long.toHexString(peer),
        acknowledged,
        found);
  }

  // ---- effects: snapshots ----------------------------------------------------------------------

  @Override
  public void snapshotNeeded(long peer, long atLeast) {
    snapshots.needed(peer, atLeast);
  }

  @Override
  public void snapshotDone(long peer, long snapshot) {
    snapshots.done(peer, snapshot);
  }

  @Override
  public void fetchSnapshot(
      long from, long snapshot, long index, long indexTerm, ConfigurationAt configuration) {
    snapshots.fetch(from, snapshot, index, indexTerm, configuration);
  }

  @Override
  public void discardSnapshot(long snapshot) {
    snapshots.discard(snapshot);
  }

  private static List<Long> boxed(long[] ids) {
    return Arrays.stream(ids).boxed().toList();
  }
}
