package io.quorate.testkit;

import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.client.ClientOptions;
import io.quorate.client.Delete;
import io.quorate.client.QuorateClient;
import io.quorate.client.Session;
import io.quorate.node.LeadershipMove;
import io.quorate.node.MemberInfo;
import io.quorate.node.Refusal;
import io.quorate.node.Replica;
import io.quorate.node.ReplicaStatus;
import io.quorate.node.Reply;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A cluster of members within the test's own process, and what goes wrong with it.
 *
 * <pre>{@code
 * try (Cluster cluster = Cluster.start(3)) {
 *   cluster.client().kv().put("greeting", "hello");
 *   try (Fault down = cluster.leader().kill()) {
 *     cluster.client().kv().put("greeting", "still here");
 *   }
 * }
 * }</pre>
 *
 * <p><b>What is real</b>: consensus, log, state machine and services of each member, the client and
 * the recipes; they are the classes that run in production. What is not: the network and the disks,
 * which are this process's memory, and the time. Members can't be added or removed.
 *
 * <p><b>Time</b> is the cluster's own. It goes with the system's, stands still while this JVM does
 * (at a breakpoint, say), and passes at once where a test lets it: {@link #advance}. Members,
 * clients and sessions go by it. Some times are shorter than in production, since tests wait for
 * them: a leader is replaced after 150 to 300 ms, a member answers or gives up within 1 s, a
 * client's call within 2 s unless its {@link ClientOptions} say otherwise, and a connection is
 * given up after half a second of silence.
 *
 * <p>Safe for use by many threads; what lets time pass, or waits for a leader, is not for those on
 * which a client completes its calls.
 */
public final class Cluster implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(Cluster.class.getName());

  /** No cluster has more members that vote. */
  private static final int MEMBERS_MAX = 7;

  /** How the clients of processes behave unless told otherwise. */
  private static final ClientOptions OPTIONS =
      ClientOptions.DEFAULT.timeout(Duration.ofSeconds(2)).reachTimeout(Duration.ofSeconds(2));

  /** More than the longest time that a cluster without faults needs to be whole. */
  private static final long WHOLE_NANOS_MAX = TimeUnit.SECONDS.toNanos(30);

  /** As long as somebody leads, or may come to, nobody waits longer for it. */
  private static final long LEADER_NANOS_MAX = TimeUnit.SECONDS.toNanos(10);

  private static final AtomicInteger NUMBERS = new AtomicInteger();

  private final long seed;
  private final World world;
  private final PeerNetwork network;
  private final List<ClusterMember> members = new ArrayList<>();
  private final long epochNanos;
  private final ClientProcess operator;

  // Guarded by this.
  private @Nullable ClientProcess main;

  // The world's.
  private final Set<ClientProcess> processes = new LinkedHashSet<>();
  private final List<Set<Host>> partitions = new ArrayList<>();
  private final List<Fault> faults = new ArrayList<>();
  private final List<Trouble> troubles = new ArrayList<>();
  private @Nullable Throwable failure;
  private int connected;

  private Cluster(int count, long seed) {
    this.seed = seed;
    world = new World("quorate-testkit-" + NUMBERS.incrementAndGet(), this::failed);
    network = new PeerNetwork(world, this::areApart);
    epochNanos = TimeUnit.MILLISECONDS.toNanos(System.currentTimeMillis()) - world.now();
    for (int i = 1; i <= count; i++) {
      members.add(new ClusterMember(this, i, seed));
    }
    connected = (int) Math.floorMod(seed, (long) count);
    operator = process("operator", OPTIONS);
  }

  /**
   * Starts a cluster; it is ready when this returns: it has a leader, and every member serves.
   *
   * @param members 1, or 3 or 5 where members shall fail; at most 7
   */
  public static Cluster start(int members) {
    return start(members, RandomGenerator.getDefault().nextLong() & 0xffff_ffffL);
  }

  /**
   * Starts a cluster, as {@link #start(int)} does.
   *
   * @param seed of all that is random in it: whom clients connect to, who is elected, and what
   *     {@link #trouble} there is
   */
  public static Cluster start(int members, long seed) {
    if (members < 1 || members > MEMBERS_MAX) {
      throw new IllegalArgumentException(
          "a cluster has 1 to " + MEMBERS_MAX + " members, not " + members);
    }
    Cluster cluster = new Cluster(members, seed);
    try {
      cluster.world.perform(() -> cluster.members.forEach(ClusterMember::start));
      cluster.awaitWhole();
      return cluster;
    } catch (RuntimeException | Error e) {
      cluster.close();
      throw e;
    }
  }

  /** Of all that is random in it. */
  public long seed() {
    return seed;
  }

  // ---- who there is ----------------------------------------------------------------------------

  /** All members, by their numbers. */
  public List<ClusterMember> members() {
    return List.copyOf(members);
  }

  /**
   * A member.
   *
   * @param number from 1 on
   */
  public ClusterMember member(int number) {
    if (number < 1 || number > members.size()) {
      throw new IllegalArgumentException(
          "there is no member " + number + ": they are numbered from 1 to " + members.size());
    }
    return members.get(number - 1);
  }

  /**
   * The member that leads: the last that was elected. Waits for it where there is none, and lets
   * the time pass that this takes.
   *
   * @throws IllegalStateException if none comes to lead, since too many members are down, say
   */
  public ClusterMember leader() {
    return leader(_ -> true);
  }

  /**
   * The member that leads, once it is another one than this: waits until it is replaced, and lets
   * the time pass that this takes.
   *
   * @throws IllegalStateException if no other comes to lead
   */
  public ClusterMember leaderOtherThan(ClusterMember former) {
    return leader(each -> !each.equals(former));
  }

  private ClusterMember leader(Predicate<ClusterMember> wanted) {
    ClusterMember[] found = new ClusterMember[1];
    BooleanSupplier leads =
        () -> {
          ClusterMember leader = newestLeader();
          if (leader != null && wanted.test(leader)) {
            found[0] = leader;
          }
          return found[0] != null;
        };
    if (!world.hurry(leads, LEADER_NANOS_MAX)) {
      throw new IllegalStateException(
          "nobody else comes to lead within %d s: %s"
              .formatted(TimeUnit.NANOSECONDS.toSeconds(LEADER_NANOS_MAX), state()));
    }
    return found[0];
  }

  /** Who leads in the highest term, and so was elected last. */
  @Nullable ClusterMember newestLeader() {
    ClusterMember newest = null;
    long term = -1;
    for (ClusterMember each : members) {
      MemberRun run = each.run();
      Replica replica = run == null ? null : run.replica();
      if (replica != null && each.leads() && replica.term() > term) {
        newest = each;
        term = replica.term();
      }
    }
    return newest;
  }

  /** The client of {@link #process()}. */
  public QuorateClient client() {
    return process().client();
  }

  /** The test's own process: there is one as long as nobody kills it, and then another. */
  public synchronized ClientProcess process() {
    ClientProcess present = main;
    if (present == null || !present.isRunning()) {
      present = newProcess("main");
      main = present;
    }
    return present;
  }

  /**
   * Another process of the application.
   *
   * @param name what it is called in reports and its thread's name
   */
  public ClientProcess newProcess(String name) {
    return newProcess(name, OPTIONS);
  }

  /**
   * Another process of the application, whose client behaves like this.
   *
   * @param name what it is called in reports and its thread's name
   */
  public ClientProcess newProcess(String name, ClientOptions options) {
    ClientProcess process = process(name, options);
    world.perform(() -> processes.add(process));
    return process;
  }

  private ClientProcess process(String name, ClientOptions options) {
    int first = world.call(() -> connected++) % members.size() + 1;
    ClientProcess process = new ClientProcess(this, name, options, epochNanos, first);
    world.add(process.thread());
    return process;
  }

  // ---- time ------------------------------------------------------------------------------------

  /**
   * Lets so much of the cluster's time pass at once, with all that happens in it: heartbeats,
   * elections, renewals, ends of leases. Ten seconds take some tens of milliseconds. What the
   * test's own threads do meanwhile is not part of it.
   *
   * @param time not negative
   */
  public void advance(Duration time) {
    if (time.isNegative()) {
      throw new IllegalArgumentException("time doesn't go back: " + time);
    }
    boolean _ = world.hurry(() -> false, time.toNanos());
  }

  // ---- what goes wrong -------------------------------------------------------------------------

  /**
   * The network falls into two parts: these members and processes, and all others. Between the two,
   * nothing arrives; who sent it learns that by the silence. Several partitions at a time add up.
   *
   * @param side who is on one side; processes that aren't named are on the other
   * @return heals it
   */
  public Fault partition(Host... side) {
    Set<Host> together = new LinkedHashSet<>(List.of(side));
    if (together.isEmpty() || !together.stream().allMatch(this::isOurs)) {
      throw new IllegalArgumentException(
          "name members and processes of this cluster: " + together + " is no side of a partition");
    }
    return begin(
        "cut off from all others: " + together,
        () -> {
          partitions.add(together);
          partitioned();
          return () -> {
            partitions.remove(together);
            partitioned();
          };
        });
  }

  private boolean isOurs(Host host) {
    return switch (host) {
      case ClusterMember member -> members.contains(member);
      case ClientProcess process -> process.isOf(this);
    };
  }

  /**
   * Ends a session's lease at once, though its process goes on and knows nothing of it: what it
   * holds goes to others. It is told with its next renewal.
   *
   * @throws io.quorate.base.QuorateException if the lease is gone already, or the cluster can't
   *     serve that at the moment
   */
  public void expire(Session session) {
    var _ = operator.client().lease().revoke(session.lease());
  }

  /**
   * Has another member lead.
   *
   * @throws IllegalStateException if it doesn't come to lead: because it is down or cut off, say
   */
  public void moveLeader(ClusterMember to) {
    if (leader().equals(to)) {
      return;
    }
    world.perform(() -> handOver(to));
    if (!world.hurry(() -> to.equals(newestLeader()), LEADER_NANOS_MAX)) {
      throw new IllegalStateException(to + " did not come to lead: " + state());
    }
  }

  /** Has some other member lead, and returns it. */
  public ClusterMember moveLeader() {
    ClusterMember now = leader();
    for (ClusterMember each : members) {
      boolean fit = world.call(() -> each.run() != null && !areApart(now, each));
      if (fit && !each.equals(now)) {
        moveLeader(each);
        return each;
      }
    }
    throw new IllegalStateException("there is no other member that could lead: " + state());
  }

  /** Asks whoever leads to hand over. */
  void handOver(ClusterMember to) {
    ClusterMember from = newestLeader();
    MemberRun run = from == null ? null : from.run();
    Replica replica = run == null ? null : run.replica();
    if (replica != null) {
      replica
          .membership()
          .moveLeader(
              to.id(),
              new Reply<LeadershipMove>() {
                @Override
                public void done(LeadershipMove outcome) {} // who leads is to be seen

                @Override
                public void refused(Refusal why) {}
              });
    }
  }

  /** {@link #trouble(long) Trouble} of this cluster's seed. */
  public Trouble trouble() {
    return trouble(seed);
  }

  /**
   * From now on one thing after the other goes wrong that a cluster and its clients must bear,
   * until this is closed: see {@link Trouble}.
   *
   * @param seed of what happens, and when, by the cluster's time
   */
  public Trouble trouble(long seed) {
    Trouble trouble = new Trouble(this, seed);
    world.perform(() -> troubles.add(trouble));
    trouble.begin();
    return trouble;
  }

  // ---- its end ---------------------------------------------------------------------------------

  /** The faults that are in force, the newest last. */
  public List<Fault> faults() {
    return world.call(() -> faults.stream().filter(each -> !each.isOverNow()).toList());
  }

  /**
   * Ends all faults and troubles, the newest first, and waits until the cluster is whole: all
   * members run, follow one leader, and have caught up with it. Lets the time pass that this takes.
   *
   * @throws IllegalStateException if it doesn't become whole; the message says what is missing
   */
  public void heal() {
    world.perform(this::endFaults);
    awaitWhole();
  }

  /**
   * Takes away what a test has left: all keys and leases, and all processes but {@link #process()}.
   * Revisions go on from where they are.
   *
   * @throws io.quorate.base.QuorateException if the cluster can't serve that at the moment
   */
  public void clear() {
    List<ClientProcess> all = world.call(() -> List.copyOf(processes));
    ClientProcess kept = process();
    all.stream().filter(each -> !each.equals(kept)).forEach(ClientProcess::kill);
    QuorateClient client = operator.client();
    for (long lease : client.lease().leases().ids()) {
      try {
        var _ = client.lease().revoke(lease);
      } catch (QuorateException e) {
        if (e.code() != ErrorCode.NOT_FOUND) { // it has ended meanwhile
          throw e;
        }
      }
    }
    var _ = client.kv().delete(Delete.prefix(""));
    world.perform(troubles::clear);
  }

  /** Ends all faults, processes and members; no thread of it is left. Idempotent. */
  @Override
  public void close() {
    if (world.isClosed()) {
      return;
    }
    try {
      world.perform(this::endFaults);
      List<ClientProcess> all = world.call(() -> List.copyOf(processes));
      all.forEach(ClientProcess::kill);
      operator.kill();
      world.perform(() -> members.forEach(ClusterMember::stop));
    } finally {
      world.close();
    }
  }

  /** The newest first; one that can't be ended keeps no other from its end. */
  private void endFaults() {
    List<Fault> all = List.copyOf(faults.reversed());
    faults.clear();
    RuntimeException failure = null;
    for (Fault each : all) {
      try {
        each.endNow();
      } catch (RuntimeException e) {
        if (failure == null) {
          failure = e;
        } else {
          failure.addSuppressed(e);
        }
      }
    }
    if (failure != null) {
      throw failure;
    }
  }

  private void awaitWhole() {
    if (!world.hurry(this::isWhole, WHOLE_NANOS_MAX)) {
      throw new IllegalStateException(
          "the cluster does not become whole within %d s: %s"
              .formatted(TimeUnit.NANOSECONDS.toSeconds(WHOLE_NANOS_MAX), state()));
    }
  }

  private boolean isWhole() {
    if (failure != null) {
      throw new IllegalStateException("this is a defect of Quorate: " + failure, failure);
    }
    ClusterMember leader = newestLeader();
    MemberRun run = leader == null ? null : leader.run();
    Replica leads = run == null ? null : run.replica();
    if (leads == null) {
      return false;
    }
    ReplicaStatus status = leads.status();
    return leads.termAt(status.commitIndex()) == status.term() // it may answer reads, then
        && members.stream().allMatch(each -> follows(each, status));
  }

  private static boolean follows(ClusterMember member, ReplicaStatus leader) {
    MemberRun run = member.run();
    Replica replica = run == null ? null : run.replica();
    return run != null
        && replica != null
        && run.isSettled()
        && replica.leader() == leader.member()
        && replica.status().appliedIndex() >= leader.commitIndex();
  }

  /** In words, for messages. */
  private String state() {
    return world.call(() -> {
      List<String> all = new ArrayList<>();
      for (ClusterMember each : members) {
        MemberRun run = each.run();
        Replica replica = run == null ? null : run.replica();
        all.add(
            each
                + (run == null
                    ? " doesn't run"
                    : replica == null
                        ? " has not begun"
                        : replica.leader() == 0
                            ? " knows no leader"
                            : " follows m" + replica.leader()));
      }
      faults.stream().filter(each -> !each.isOverNow()).forEach(each -> all.add(each.toString()));
      return String.join(", ", all);
    });
  }

  // ---- for what it is made of ------------------------------------------------------------------

  World world() {
    return world;
  }

  PeerNetwork network() {
    return network;
  }

  List<MemberInfo> infos() {
    return members.stream().map(ClusterMember::info).toList();
  }

  /** The time of day, by the clocks that nobody has set. */
  long epochSeconds() {
    return TimeUnit.NANOSECONDS.toSeconds(world.now() + epochNanos);
  }

  /** The ways of all processes to the members. */
  List<ProcessChannel> ways() {
    List<ProcessChannel> all = new ArrayList<>();
    processes.forEach(each -> all.add(each.channel()));
    all.add(operator.channel());
    return all;
  }

  /** The processes that run, in the order in which they began. */
  List<ClientProcess> processes() {
    return List.copyOf(processes);
  }

  /** Who deals with the cluster for the kit itself, past all partitions. */
  QuorateClient operator() {
    return operator.client();
  }

  /** What there was and is of trouble since the last {@link #clear}. */
  List<Trouble> troubles() {
    return world.call(() -> List.copyOf(troubles));
  }

  /** Whether a partition lies between two hosts. */
  boolean areApart(Host one, Host other) {
    if (partitions.isEmpty() || one.equals(operator) || other.equals(operator)) {
      return false;
    }
    return partitions.stream().anyMatch(each -> each.contains(one) != each.contains(other));
  }

  private void partitioned() {
    network.partitioned();
    ways().forEach(ProcessChannel::silenced);
  }

  /** Begins a fault; what is supplied is what ends it. */
  Fault begin(String what, Supplier<Runnable> beginning) {
    return begin(what, _ -> beginning.get());
  }

  /** Begins a fault; what is supplied is what ends it. */
  Fault begin(String what, Function<Fault, Runnable> beginning) {
    return world.call(() -> {
      Fault fault = new Fault(world, what);
      fault.begun(beginning.apply(fault));
      faults.removeIf(Fault::isOverNow);
      faults.add(fault);
      return fault;
    });
  }

  /** A process has ended. */
  void ended(ClientProcess process) {
    processes.remove(process);
    world.remove(process.thread());
  }

  /** A member has ended by itself, which none should: {@link #heal} says so. */
  void failed(ClusterMember member, Throwable why) {
    failed(new IllegalStateException(member + " has ended by itself: " + why.getMessage(), why));
  }

  private void failed(Throwable why) {
    LOG.log(System.Logger.Level.ERROR, "a cluster of the test kit has failed", why);
    if (failure == null) {
      failure = why;
    }
  }
}
