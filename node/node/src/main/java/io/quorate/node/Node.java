package io.quorate.node;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.Limits;
import io.quorate.base.QuorateException;
import io.quorate.raft.Configuration;
import io.quorate.raft.RaftCore;
import io.quorate.raft.Reconfiguration;
import io.quorate.wal.GroupState;
import io.quorate.wal.Hole;
import io.quorate.wal.Wal;
import io.quorate.wal.WalSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A running member: its log, its groups, and its conversations with the others.
 *
 * <p>Every turn of the loop ends in {@link #endTurn}: each group that something happened to says
 * what it wants written and sent; the log's thread gets one batch for all, and what is to be sent
 * leaves; then the groups apply what has become committed and durable. So one sync, and one flush
 * of each connection, serve a whole turn.
 *
 * <p>{@link #start} is called on any thread but the loop; everything else on the loop.
 */
public final class Node {
  private static final System.Logger LOG = System.getLogger(Node.class.getName());

  /** The group that serves the etcd API. */
  public static final long KEYSPACE = 1;

  /** The log's pseudo-group for what concerns the member itself. */
  static final long MEMBER = 0;

  static final String LOG_DIRECTORY = "log";

  private final Env env;
  private final NodeSettings settings;
  private final NodeMetrics metrics;
  private final TreeMap<Long, GroupReplica> groups = new TreeMap<>();
  private final TreeMap<Long, ReplicaFront> fronts = new TreeMap<>();
  private final Repairs repairs = new Repairs(this);
  private final TreeMap<Long, MemberInfo> known = new TreeMap<>();
  private final Conversations conversations;
  private final List<GroupReplica> dirty = new ArrayList<>();
  private final List<GroupReplica> turn = new ArrayList<>();
  private final Runnable endTurn = this::endTurn;
  private final Wal wal;
  private final LogWriter log;
  private final long boot;
  private final long life;
  private final @Nullable MemberInfo self;

  /** Work that failed is mostly tried again, and may fail for as long as the disk does. */
  private final SparseLog readFailures = new SparseLog(LOG, System.Logger.Level.WARNING);

  private long highestBoot;
  private long lives;
  private boolean published;
  private boolean removed;
  private boolean turnScheduled;
  private boolean closed;
  private @Nullable Throwable failure;

  private Node(
      Env env, NodeSettings settings, NodeMetrics metrics, Wal wal, long boot, long nonce) {
    this.env = env;
    this.settings = settings;
    this.metrics = metrics;
    this.wal = wal;
    this.boot = boot;
    this.highestBoot = boot;
    this.life = nonce >>> 16;
    this.log = new LogWriter(wal, env, metrics, this::logFailed, this::diskFull);
    for (MemberInfo member : settings.initial()) {
      known.put(member.id(), member);
    }
    self = known.get(settings.member());
    conversations = new Conversations(env, settings, boot, nonce, groups, repairs);
  }

  /**
   * Recovers what the data directory holds, and begins to take part. Blocks on the disk.
   *
   * @throws QuorateException if the directory belongs to somebody else, is in use, or is damaged;
   *     the message says which and what to do
   */
  public static Node start(Env env, NodeSettings settings, NodeMetrics metrics) {
    settings.initial().forEach(PeerUrls::check);
    GroupReader found = new GroupReader(settings, MEMBER);
    Wal wal = Wal.open(env.disk(), LOG_DIRECTORY, logSettings(settings, env.random()), found);
    LOG.log(System.Logger.Level.DEBUG, "read the log segments={0}", wal.segments().size());
    try {
      return start(env, settings, metrics, wal, found.groups, lastBoot(found.member) + 1);
    } catch (QuorateException refused) {
      try {
        wal.close();
      } catch (QuorateException unclosed) {
        refused.addSuppressed(unclosed);
      }
      throw refused;
    } catch (Error broken) {
      wal.abandon();
      throw broken;
    }
  }

  /** How a member's log is laid out. */
  static WalSettings logSettings(NodeSettings settings, long random) {
    long begun = settings.membership().logClusterId();
    long cluster = begun == 0 ? settings.clusterId() : begun;
    WalSettings usual = WalSettings.of(cluster, settings.member(), random);
    return settings.logSegmentBytes() == usual.segmentBytes()
        ? usual
        : usual.withSegmentBytes(settings.logSegmentBytes());
  }

  private static Node start(
      Env env,
      NodeSettings settings,
      NodeMetrics metrics,
      Wal wal,
      Map<Long, GroupRecovery> recovered,
      long boot) {
    long nonce = env.random();
    wal.hardState(MEMBER, boot, 0, Bytes.EMPTY);
    wal.resolveHole(MEMBER); // what was missing of it was the count that has just been written
    for (long group = KEYSPACE; group < KEYSPACE + settings.groups(); group++) {
      if (!recovered.containsKey(group)) {
        GroupRecovery fresh = new GroupRecovery(settings, group, founders(settings));
        wal.configuration(group, fresh.configurationBlob());
        wal.hardState(group, 0, 0, fresh.hard.blob());
        recovered.put(group, fresh);
      }
    }
    wal.sync();
    try {
      for (long group : List.copyOf(recovered.keySet())) {
        GroupRecovery each = mendByState(env, settings, wal, recovered, group);
        boolean alone = settings.membership().alone();
        if (alone) {
          each.expectWhole();
        }
        if (each.isLacking()) {
          continue; // its peers have the rest
        }
        each.open(env.disk(), env.engines(), env.random());
        if (alone) {
          each.expectWhole();
        }
        if (each.isLacking()) {
          continue; // they have a state, too
        }
        each.mend(wal);
        if (alone && !each.isAlone()) {
          each = standAlone(env, settings, wal, recovered, each);
        }
        Hole hole = each.hole();
        if (hole != null) {
          LOG.log(
              System.Logger.Level.WARNING,
              "lost the log''s end group={0} from={1} to={2} open={3}",
              each.group,
              hole.from(),
              hole.to(),
              hole.open());
        }
        LOG.log(
            System.Logger.Level.DEBUG,
            "opened the state group={0} applied={1} log-end={2}",
            each.group,
            each.machine().appliedIndex(),
            each.entries.last());
      }
      wal.sync();
    } catch (QuorateException | Error e) {
      recovered.values().forEach(GroupRecovery::abandon);
      throw e;
    }
    Node node = new Node(env, settings, metrics, wal, boot, nonce);
    env.loop().execute(() -> node.begin(recovered));
    return node;
  }

  private static GroupRecovery standAlone(
      Env env,
      NodeSettings settings,
      Wal wal,
      Map<Long, GroupRecovery> recovered,
      GroupRecovery group) {
    group.standAlone(wal, env.random());
    wal.sync();
    group.abandon();
    GroupRecovery again = recall(settings, wal, group.group);
    recovered.put(group.group, again);
    again.open(env.disk(), env.engines(), env.random());
    again.mend(wal);
    return again;
  }

  private static GroupRecovery mendByState(
      Env env, NodeSettings settings, Wal wal, Map<Long, GroupRecovery> recovered, long group) {
    GroupRecovery each = Objects.requireNonNull(recovered.get(group));
    if (each.isLacking()) {
      each.mendByState(env.disk(), wal, env.engines(), env.random());
      if (wal.mending().missing(group) == 0) {
        each = recall(settings, wal, group);
        recovered.put(group, each);
      }
    }
    return each;
  }

  /** Reads a group once more, which has got what it lacked. */
  private static GroupRecovery recall(NodeSettings settings, Wal wal, long group) {
    GroupReader again = new GroupReader(settings, MEMBER);
    wal.mending().recall(group, again);
    return Objects.requireNonNull(again.groups.get(group));
  }

  /** The last start that may have been told to anybody. One batch may be lost, so one start. */
  private static long lastBoot(@Nullable GroupState member) {
    if (member == null) {
      return 0;
    }
    Hole hole = member.hole();
    return hole == null
        ? member.term()
        : Math.max(hole.term(), member.term() + (hole.open() ? 1 : 0));
  }

  static Configuration founders(NodeSettings settings) {
    return settings.founding()
        ? Configuration.of(founders(settings, false), founders(settings, true))
        : Configuration.EMPTY;
  }

  private static long[] founders(NodeSettings settings, boolean learners) {
    return settings.initial().stream()
        .filter(each -> each.learner() == learners)
        .mapToLong(MemberInfo::id)
        .toArray();
  }

  private void begin(Map<Long, GroupRecovery> recovered) {
    try {
      env.transport().start(conversations);
      for (GroupRecovery each : recovered.values()) {
        each.known().forEach(this::take);
        fronts.put(each.group, new ReplicaFront(env, settings.member(), each.group, repairs));
        if (!each.isLacking()) {
          seat(each);
        }
      }
      known.values().forEach(conversations::connectIfMember);
      groups.values().forEach(GroupReplica::begin);
      for (GroupRecovery each : recovered.values()) {
        if (each.isLacking()) {
          repairs.begin(each);
        }
      }
    } catch (QuorateException | Error e) {
      for (GroupRecovery each : recovered.values()) {
        if (!groups.containsKey(each.group)) { // the others close theirs
          each.abandon();
        }
      }
      if (groups.isEmpty()) {
        failure = e;
        env.stopped(MEMBER, e); // whoever starts the member tells why it doesn't
      } else {
        stop(e);
      }
    }
  }

  /** Reads a group once more that this member has. */
  GroupRecovery recall(long group) {
    return recall(settings, wal, group);
  }

  private GroupReplica seat(GroupRecovery recovery) {
    env.trace().begun(recovery.group);
    GroupReplica replica = new GroupReplica(this, recovery);
    groups.put(recovery.group, replica);
    Objects.requireNonNull(fronts.get(recovery.group)).begun(replica);
    conversations.begun(recovery.group, replica.committedConfiguration());
    return replica;
  }

  /** A group that has failed ends; its place stays, for it begins anew. */
  void unseat(GroupReplica replica) {
    groups.remove(replica.group(), replica);
    Objects.requireNonNull(fronts.get(replica.group())).ended();
    replica.close();
  }

  /** A group that was mended begins. */
  void join(GroupRecovery recovery) {
    if (closed || failure != null) {
      recovery.abandon();
      return;
    }
    recovery.known().forEach(this::take);
    GroupReplica replica = seat(recovery);
    known.values().forEach(conversations::connectIfMember);
    replica.begin();
    conversations.joined(replica);
  }

  /** The replica of a group; null if this member has none. */
  public @Nullable Replica replica(long group) {
    return fronts.get(group);
  }

  /** The replica of a group that runs here; null as long as none does. */
  @Nullable GroupReplica running(long group) {
    return groups.get(group);
  }

  /** How often this data directory has been started, this start included. */
  public long boot() {
    return boot;
  }

  /**
   * Names a run of a group in what outlives it: commands in the log, snapshots at peers. Unlike
   * {@link #boot} it is never that of another start, also not of one that a wiped directory had
   * before.
   */
  long nextLife() {
    return life + lives++;
  }

  /** What this member does about what is damaged, here and elsewhere. */
  Repairs repairs() {
    return repairs;
  }

  /** The directory begins another life, with this as its start: the next one counts on from it. */
  void rebooted(long from) {
    highestBoot = Math.max(highestBoot, from);
    log.batch().hardState(MEMBER, highestBoot, 0, Bytes.EMPTY);
  }

  /** This member's id. */
  public long member() {
    return settings.member();
  }

  /** What this member was told at its start. */
  public NodeSettings settings() {
    return settings;
  }

  /** The log's figures. Any thread. */
  public io.quorate.wal.WalStatistics logStatistics() {
    return wal.statistics();
  }

  /**
   * Asks a group for other voters and learners; everybody else leaves it. Only the leader's member
   * takes that, and only one change at a time; see {@link RaftCore#reconfigure}.
   */
  public Reconfiguration reconfigure(long group, long[] voters, long[] learners) {
    GroupReplica replica = groups.get(group);
    if (replica == null || replica.hasFailed()) {
      return Reconfiguration.NOT_LEADER;
    }
    long now = env.loop().now();
    long expected = replica.core().configuration().index();
    Reconfiguration outcome = replica.core().reconfigure(now, expected, voters, learners);
    dirty(replica);
    return outcome;
  }

  /** What this member tells whoever asks on the peer port; see {@link Transport.Handler}. */
  Bytes describe(long asker) {
    return conversations.describe(asker);
  }

  /** The members to whom a conversation stands. */
  public List<Long> connectedPeers() {
    return conversations.peers();
  }

  /**
   * Ends the member: what waits is refused, the state is flushed, the log closed. The environment
   * stays its owner's. Called on the loop; {@code done} runs on the log's thread.
   */
  public void close(Runnable done) {
    if (closed) {
      env.log().execute(done);
      return;
    }
    closed = true;
    env.transport().close();
    repairs.close();
    groups.values().forEach(GroupReplica::close);
    env.log()
        .execute(() -> {
          try {
            wal.close();
          } finally {
            done.run();
          }
        });
  }

  // ---- the turn --------------------------------------------------------------------------------

  /** Something happened to the group in this turn. */
  void dirty(GroupReplica replica) {
    if (!replica.dirty) {
      replica.dirty = true;
      dirty.add(replica);
    }
    if (!turnScheduled) {
      turnScheduled = true;
      env.loop().execute(endTurn);
    }
  }

  private void endTurn() {
    turnScheduled = false;
    if (closed) {
      return;
    }
    turn.addAll(dirty);
    dirty.clear();
    long now = env.loop().now();
    for (int i = 0; i < turn.size(); i++) {
      turn.get(i).dirty = false;
      turn.get(i).flush(now);
    }
    log.submit();
    env.transport().flush(); // peers need not wait until this member has applied
    for (int i = 0; i < turn.size(); i++) {
      turn.get(i).apply(now);
    }
    turn.clear();
  }

  /**
   * Does blocking work on a reader and brings its result back to the loop.
   *
   * @param failed runs on the loop if the disk failed, or too much waits for a reader
   */
  <T extends @Nullable Object> void read(Supplier<T> work, Consumer<T> done, Runnable failed) {
    read(work, done, why -> failed.run());
  }

  /**
   * As {@link #read(Supplier, Consumer, Runnable)}, of what this member itself wrote and nobody
   * else can mend: damage of it stops the group, after {@code failed} has run.
   */
  <T extends @Nullable Object> void read(
      GroupReplica owner, Supplier<T> work, Consumer<T> done, Runnable failed) {
    read(
        work,
        done,
        why -> {
          failed.run();
          if (why instanceof QuorateException.Corrupt) {
            owner.fail(why);
          }
        });
  }

  /** As {@link #read(Supplier, Consumer, Runnable)}, for who wants to know why. */
  <T extends @Nullable Object> void read(
      Supplier<T> work, Consumer<T> done, Consumer<RuntimeException> failed) {
    try {
      if (env.happens(Quirk.BUSY_READERS)) {
        throw new RejectedExecutionException("by chance");
      }
      env.readers()
          .execute(() -> {
            try {
              T result = work.get();
              env.loop().execute(() -> done.accept(result));
            } catch (QuorateException e) {
              env.loop()
                  .execute(() -> {
                    readFailures.log(env.loop().now(), "a reader's work failed", e);
                    failed.accept(e);
                  });
            } catch (RuntimeException | Error e) {
              // A bug: whoever waits for this result would wait for ever.
              env.loop().execute(() -> stop(e));
            }
          });
    } catch (RejectedExecutionException e) {
      // Never from within the caller's own call, which may be the core's.
      env.loop().execute(() -> failed.accept(e));
    }
  }

  /** A member that can't write leads nobody, and goes on as soon as there is room. */
  private void diskFull(boolean full) {
    LOG.log(
        full ? System.Logger.Level.ERROR : System.Logger.Level.INFO,
        full ? "the disk is full: the log waits for room" : "the log has room again");
    groups.values().forEach(each -> each.diskFull(full));
  }

  void logFailed(Throwable why) {
    stop(
        QuorateException.of(
            ErrorCode.LOG_FAILED,
            "the log can't be written any more, so this member has stopped: "
                + why.getMessage()
                + ". Mend the disk and start it again: it recovers what is on it",
            why));
  }

  /** The member as a whole can't go on. */
  private void stop(Throwable why) {
    if (failure != null) {
      return;
    }
    failure = why;
    LOG.log(System.Logger.Level.ERROR, "this member has stopped: " + why.getMessage(), why);
    groups.values().forEach(each -> each.fail(why));
    if (groups.isEmpty()) {
      env.stopped(MEMBER, why);
    }
  }

  // ---- peers -----------------------------------------------------------------------------------

  /** A member, with what is known of it. */
  MemberInfo member(long id, boolean learner) {
    MemberInfo info = known.get(id);
    return info == null
        ? new MemberInfo(id, "", List.of(), List.of(), learner)
        : new MemberInfo(id, info.name(), info.peerUrls(), info.clientUrls(), learner);
  }

  /**
   * This member belongs to the cluster no more, and never will again, as its peers or its own state
   * say: its owner is to end it. Called on the loop.
   */
  public void removed(String why) {
    if (!removed) {
      removed = true;
      LOG.log(
          System.Logger.Level.ERROR,
          "this member has been permanently removed from the cluster: {0}",
          why);
      env.loop().schedule(Limits.REMOVED_GRACE_NANOS, () -> env.removed(why));
    }
  }

  /** Whether the cluster has agreed on this member's name and addresses. Called on the loop. */
  public boolean isPublished() {
    return self == null || published;
  }

  /** This member's own record, as long as the cluster hasn't agreed on it; else null. */
  @Nullable MemberInfo unpublished() {
    return published ? null : self;
  }

  /** The cluster has agreed on what a member says of itself. */
  void published(MemberInfo member) {
    take(member);
    conversations.connectIfMember(member);
  }

  private void take(MemberInfo member) {
    known.put(member.id(), member);
    if (self != null
        && member.id() == self.id()
        && member.name().equals(self.name())
        && member.clientUrls().equals(self.clientUrls())) {
      published = true;
    }
  }

  /** The configuration in force changed: converse with whoever belongs to it. */
  void membership(Configuration configuration) {
    for (long id : configuration.members()) {
      conversations.belongs(id);
      MemberInfo info = known.get(id);
      if (info != null) {
        conversations.connect(info);
      }
    }
  }

  // ---- for the groups --------------------------------------------------------------------------

  Conversations conversations() {
    return conversations;
  }

  Env env() {
    return env;
  }

  NodeMetrics metrics() {
    return metrics;
  }

  Wal wal() {
    return wal;
  }

  LogWriter log() {
    return log;
  }

  /** Whether it was ended. */
  public boolean isClosed() {
    return closed;
  }

  boolean hasFailed() {
    return failure != null;
  }
}
