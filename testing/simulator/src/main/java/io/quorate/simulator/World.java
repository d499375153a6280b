package io.quorate.simulator;

import io.quorate.base.Checks;
import io.quorate.base.Limits;
import io.quorate.base.QuorateException;
import io.quorate.kv.KvRequest;
import io.quorate.kv.RangeRequest;
import io.quorate.node.MemberInfo;
import io.quorate.node.NodeSettings;
import io.quorate.node.Replica;
import io.quorate.node.ReplicaStatus;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Members, their machines, the network between them and their clients, in one thread and one time:
 * from its {@link Plan} on, all of it follows from the seed.
 *
 * <p>A life of it: the members start; the clients ask while things go wrong; then everything is
 * healed, and within a bounded time a leader must be there, every operation must have come to its
 * end, and all states must be equal. At last the history is judged.
 */
final class World {
  private static final long MILLIS = 1_000_000L;
  private static final long SECOND = 1_000 * MILLIS;

  /** After everything is healed, so much is enough for all that must happen. */
  private static final long HEALED_MAX = 60 * SECOND;

  private static final long IDLE = 5 * SECOND;

  /** How often the members are looked at all together. */
  private static final long LOOK = SECOND / 10;

  /** Who lacks so much has not got everything, and perhaps not yet its voice. */
  private static final long KEEPS_UP = 100;

  private static final long DISK_BYTES = 1L << 40;
  private static final int LAST_MAX = 60;
  private static final int LINE_MAX = 240;

  private final Plan plan;
  private final Timeline timeline = new Timeline(SECOND);
  private final Chance chance;
  private final SimulatedNetwork network;
  private final TreeMap<Long, Host> hosts = new TreeMap<>();
  private final TreeSet<Long> gone = new TreeSet<>();

  /** How far a member's log was on its disk when its last process ended. */
  private final TreeMap<Long, Long> durable = new TreeMap<>();

  private final List<Client> clients = new ArrayList<>();
  private final List<Operation> operations = new ArrayList<>();
  private final TreeMap<Integer, Ending> endings = new TreeMap<>();
  private final List<String> violations = new ArrayList<>();
  private final ArrayDeque<String> last = new ArrayDeque<>();
  private final Truth truth = new Truth();
  private final Coverage coverage = new Coverage();
  private final Lookout lookout = new Lookout(coverage);
  private final Observer observer =
      new Observer(
          truth,
          new Milestones(coverage, timeline),
          new Observer.Alarm() {
            @Override
            public void violation(String what) {
              World.this.violation(what);
            }

            @Override
            public void leads(long member, long applied) {
              expectComplete(host(member), applied);
            }
          });
  private final Accidents accidents;
  private final boolean traced;
  private int open;
  private long healedAt;
  private @Nullable Life failedLife;
  private long failedAt;
  private boolean healing;
  private int haste = 1;

  /** What shall happen when a run of a process is over. */
  private record Ending(Life life, Runnable action) {}

  /** One sector that is damaged on all disks but one. */
  record Damage(long spared, String file, int sector, SimulatedDisk.Rot what) {}

  private World(Plan plan, boolean traced) {
    this.plan = plan;
    this.traced = traced;
    this.chance = Chance.of(plan.seed(), "world");
    this.network =
        new SimulatedNetwork(
            timeline, Chance.of(plan.seed(), "network"), coverage, observer::gave, IDLE);
    this.accidents = new Accidents(this, plan, network, chance);
    for (long member = 1; member <= plan.members(); member++) {
      hosts.put(
          member,
          new Host(
              member,
              timeline,
              network,
              new SimulatedDisk(
                  Chance.of(plan.seed(), "disk-" + member), plan.sectorBytes(), DISK_BYTES),
              Chance.of(plan.seed(), "host-" + member),
              new Host.Speed(2_000, plan.syncNanos(), plan.syncNanos(), 64, plan.flushBytes()),
              new Host.Watcher() {
                @Override
                public Observer.Run run(long of) {
                  return observer.new Run(of);
                }

                @Override
                public void stopped(long of, Throwable why) {
                  World.this.stopped(of, why);
                }
              }));
      host(member).disk().remember();
      for (long other = 1; other <= plan.members(); other++) {
        network.delay(member, other, plan.delayNanos());
      }
    }
    for (int i = 1; i <= plan.clients(); i++) {
      clients.add(
          new Client(
              this,
              i,
              Chance.of(plan.seed(), "client-" + i),
              plan.clients() * SECOND / plan.operationsPerSecond(),
              plan.keys()));
    }
  }

  /** The stages of a world's life. */
  enum Stage {
    /** The members start. */
    FOUNDING,
    /** Clients ask, while things go wrong. */
    LOAD,
    /** Nothing is wrong any more. */
    HEALING,
    /** The history is judged. */
    JUDGEMENT,
    /** It is over. */
    END
  }

  /** Lives through a plan. */
  static Outcome run(Plan plan, boolean traced) {
    return run(plan, traced, (stage, world) -> {});
  }

  /**
   * Lives through a plan.
   *
   * @param stages is told of each stage as it begins
   */
  static Outcome run(Plan plan, boolean traced, BiConsumer<Stage, World> stages) {
    World world = new World(plan, traced);
    try {
      world.live(stage -> stages.accept(stage, world));
    } catch (RuntimeException | Error e) {
      world.violation("the world broke: " + trace(e));
    }
    return world.outcome();
  }

  /**
   * Lives through a plan until all agree; then all processes end, and on all disks but one a sector
   * is damaged. After that everything must be as before, by itself.
   */
  static Outcome damaged(Plan plan, Damage damage, boolean traced) {
    World world = new World(plan, traced);
    try {
      world.live();
      world.damage(damage);
    } catch (RuntimeException | Error e) {
      world.violation("the world broke: " + trace(e));
    }
    return world.outcome();
  }

  /** The log's files on a member's disk when a plan has come to its end. */
  static Map<String, Integer> logAfter(Plan plan, long member) {
    World world = new World(plan, false);
    world.live();
    return world.host(member).disk().files("log/");
  }

  private void damage(Damage damage) {
    if (!violations.isEmpty()) {
      return;
    }
    for (Host host : hosts.values()) {
      host.crash();
      if (host.member() != damage.spared()) {
        host.disk().rot(damage.file(), damage.sector(), damage.what());
      }
    }
    note(damage);
    hosts.values().forEach(this::start);
    long begun = timeline.now();
    clients.forEach(Client::start);
    passUntil(begun + HEALED_MAX / 2, () -> leader() != null && serves(begun));
    clients.forEach(Client::stop);
    expectAgreement(begun, () -> {});
  }

  /** What becomes of a call to the disk. */
  enum Strike {
    /** Nothing special. */
    NONE,
    /** The power goes in it. */
    POWER,
    /** It fails with an error of the device. */
    ERROR
  }

  /** Says for each call of a member to its disk what becomes of it. */
  interface Striker {
    Strike at(SimulatedDisk.Call call, String path);
  }

  /**
   * Lives through a plan in which single calls of a member to its disk go wrong. Who could not sync
   * its log must end, and acknowledge nothing more before it does.
   */
  static Outcome struck(Plan plan, long member, Striker striker) {
    World world = new World(plan, false);
    Host host = world.host(member);
    host.disk()
        .always((call, path) -> {
          switch (striker.at(call, path)) {
            case NONE -> {}
            case POWER -> throw world.accidents.cut(host, MILLIS);
            case ERROR -> {
              if (path.startsWith("log")) {
                world.failed(host);
              }
              throw new IOException(path + ": input/output error");
            }
          }
        });
    try {
      world.live();
    } catch (RuntimeException | Error e) {
      world.violation("the world broke: " + trace(e));
    }
    return world.outcome();
  }

  private void failed(Host host) {
    failedLife = host.life();
    failedAt = timeline.now();
    Life life = host.life();
    timeline.at(
        failedAt + 2 * SECOND,
        null,
        () -> {
          if (!life.isOver()) {
            violation("member " + host.member() + " goes on after a sync of its log failed");
          }
        });
  }

  private void expectNotAcknowledged(Operation operation) {
    Life failed = failedLife;
    if (failed != null
        && !failed.isOver()
        && host(operation.member).life() == failed
        && operation.fate == Operation.Fate.ANSWERED
        && !(operation.request instanceof RangeRequest)
        && timeline.now() > failedAt + SECOND / 10) {
      violation("acknowledged after a sync of the log failed: " + operation);
    }
  }

  /** What clients asked for in a world, and what was true in it. */
  record History(Truth truth, List<Operation> operations) {}

  /** Lives through a plan in which nothing goes wrong, for the history of it. */
  static History history(Plan plan) {
    World world = new World(plan, false);
    world.live();
    Checks.that(world.violations.isEmpty(), "%s", world.violations);
    return new History(world.truth, world.operations);
  }

  private static String trace(Throwable thrown) {
    java.io.StringWriter out = new java.io.StringWriter();
    thrown.printStackTrace(new java.io.PrintWriter(out));
    return out.toString();
  }

  Coverage coverage() {
    return coverage;
  }

  Timeline timeline() {
    return timeline;
  }

  Iterable<Host> hosts() {
    return hosts.values();
  }

  List<Long> members() {
    return List.copyOf(hosts.keySet());
  }

  Host host(long member) {
    Host host = hosts.get(member);
    if (host == null) {
      throw new IllegalArgumentException("no member " + member);
    }
    return host;
  }

  boolean compacts() {
    return plan.compacts();
  }

  // ---- operations

  Operation begin(int client, long member, KvRequest request, boolean serializable) {
    Operation operation =
        new Operation(operations.size(), client, member, request, serializable, timeline.now());
    operations.add(operation);
    open++;
    return operation;
  }

  void ended(Operation operation) {
    open--;
    endings.remove(operation.number);
    expectNotAcknowledged(operation);
    note(operation);
  }

  /** What an operation waits for at a process ends with it. */
  void whenOver(Operation operation, Life life, Runnable action) {
    endings.put(operation.number, new Ending(life, action));
  }

  private void over() {
    for (Ending ending : List.copyOf(endings.values())) {
      if (ending.life().isOver()) {
        coverage.reached(Probe.BROKEN_CONNECTION);
        ending.action().run();
      }
    }
    endings.values().removeIf(ending -> ending.life().isOver());
  }

  // ---- what is noticed

  /** Something happened that a trace should tell. */
  void note(Object what) {
    if (traced) {
      String line = "%.6f %s".formatted(timeline.now() / 1e9, what);
      last.addLast(line.length() > LINE_MAX ? line.substring(0, LINE_MAX) + "…" : line);
      if (last.size() > LAST_MAX) {
        last.removeFirst();
      }
    }
  }

  private void violation(String what) {
    if (violations.size() < 20) {
      violations.add("at %.6f: %s".formatted(timeline.now() / 1e9, what));
    }
  }

  private void stopped(long member, Throwable why) {
    note("member " + member + " stops: " + why);
    Host host = host(member);
    Life life = host.life();
    // Whoever looks after processes starts it again.
    timeline.at(
        timeline.now() + SECOND,
        null,
        () -> {
          if (!life.isOver()) {
            end(host, false, MILLIS);
          }
        });
    if (!(why instanceof QuorateException || why instanceof PowerCut)) {
      violation("member " + member + " stopped: " + trace(why));
    }
  }

  // ---- the life of it

  private void live() {
    live(stage -> {});
  }

  private void live(Consumer<Stage> stages) {
    stages.accept(Stage.FOUNDING);
    hosts.values().forEach(this::start);
    look();
    passUntil(timeline.now() + 3 * SECOND, () -> false);
    stages.accept(Stage.LOAD);
    clients.forEach(Client::start);
    long begun = timeline.now();
    healedAt = begun + plan.loadNanos();
    for (Fault fault : plan.faults()) {
      timeline.at(begun + fault.at(), null, () -> accidents.happen(fault));
    }
    passUntil(begun + plan.loadNanos(), () -> !violations.isEmpty());
    if (!violations.isEmpty()) {
      return;
    }
    healing = true;
    stages.accept(Stage.HEALING);
    accidents.heal();
    long healed = timeline.now();
    passUntil(healed + HEALED_MAX / 2, () -> leader() != null && serves(healed));
    clients.forEach(Client::stop);
    expectAgreement(healed, () -> stages.accept(Stage.JUDGEMENT));
    stages.accept(Stage.END);
  }

  private void look() {
    lookout.look(hosts.values());
    timeline.at(timeline.now() + LOOK, null, this::look);
  }

  private void expectAgreement(long healed, Runnable judging) {
    passUntil(healed + HEALED_MAX, () -> open == 0 && agree());
    long took = timeline.now() - healed;
    if (!violations.isEmpty()) {
      return;
    }
    if (open > 0 || !agree() || !serves(healed)) {
      violation(
          "%d s after everything was healed, %d operations are open, and the members are: %s"
              .formatted(took / SECOND, open, standing()));
      return;
    }
    judging.run();
    violations.addAll(HistoryCheck.violations(truth, operations));
  }

  /** From now on clients ask so many times as much as usually. */
  void hurry(int times) {
    haste = times;
  }

  int haste() {
    return haste;
  }

  /** Those that shall work in the end. */
  private List<Host> healed() {
    return hosts.values().stream().filter(host -> !plan.isAbandoned(host.member())).toList();
  }

  /** Whether somebody was answered, and not from the past, who asked since a time. */
  private boolean serves(long since) {
    for (int i = operations.size() - 1; i >= 0; i--) {
      Operation operation = operations.get(i);
      if (operation.invoked < since) {
        return false;
      }
      if (operation.fate == Operation.Fate.ANSWERED && !operation.serializable) {
        return true;
      }
    }
    return false;
  }

  private void passUntil(long end, BooleanSupplier reached) {
    while (!reached.getAsBoolean()) {
      try {
        if (!timeline.step(end)) {
          timeline.advanceTo(end);
          return;
        }
      } catch (PowerCut cut) {
        // Nothing after it in that event happened.
      }
      accidents.powerCut();
      if (!violations.isEmpty()) {
        return;
      }
    }
  }

  /** The members as they see themselves. */
  private String standing() {
    StringBuilder out = new StringBuilder();
    for (Host host : hosts.values()) {
      Replica replica = host.replica();
      out.append("\n  member ").append(host.member()).append(": ");
      out.append(
          replica != null
              ? replica.status()
              : host.isUp() ? "not begun" : "down, " + host.failure());
    }
    return out.toString();
  }

  private @Nullable Host leader() {
    for (Host host : healed()) {
      Replica replica = host.replica();
      if (replica != null && replica.leader() == host.member()) {
        return host;
      }
    }
    return null;
  }

  /** Who takes itself for the leader; of several, the one of the highest term. */
  @Nullable Host anyLeader() {
    Host found = null;
    long term = 0;
    for (Host host : hosts.values()) {
      Replica replica = host.replica();
      if (replica != null && replica.leader() == host.member() && replica.term() > term) {
        found = host;
        term = replica.term();
      }
    }
    return found;
  }

  /** Whoever leads is asked to make these the group's members; the others are out. */
  void reconfigure(List<Long> voters, List<Long> learners) {
    Host leader = anyLeader();
    if (leader != null) {
      note("shall vote: " + voters + ", learn: " + learners);
      Life life = leader.life();
      timeline.at(timeline.now(), life, () -> leader.reconfigure(voters, learners));
    }
  }

  /** An operator sees to it that all have their places again. */
  void restoreMembers() {
    Host leader = anyLeader();
    if (leader != null && !hasItsMembers(leader)) {
      reconfigure(
          members().stream().filter(plan::isVoter).toList(),
          members().stream().filter(each -> !plan.isVoter(each)).toList());
    }
    if (!hosts.values().stream().allMatch(this::hasItsMembers)) {
      timeline.at(timeline.now() + SECOND / 2, null, this::restoreMembers);
    }
  }

  private boolean hasItsMembers(Host host) {
    Replica replica = host.replica();
    return replica != null && hasItsMembers(replica.status());
  }

  private boolean hasItsMembers(ReplicaStatus status) {
    return status.voters().size() == plan.members() - plan.learners()
        && status.learners().size() == plan.learners();
  }

  /** Whether all members have applied all that anybody has, and are in one state. */
  private boolean agree() {
    for (Host host : healed()) {
      Replica replica = host.replica();
      if (replica == null) {
        return false;
      }
      ReplicaStatus status = replica.status();
      if (status.appliedIndex() < observer.lastApplied()
          || status.commitIndex() != status.appliedIndex()
          || status.leader() == 0
          || !status.refused().isEmpty()
          || !hasItsMembers(status)) {
        return false;
      }
    }
    return true;
  }

  /** Whether all have run for so long, know each other, follow one leader, and miss nothing. */
  boolean allIsWell(long nanos) {
    long leader = 0;
    for (Host host : hosts.values()) {
      Replica replica = host.replica();
      if (replica == null
          || !replica.hasState()
          || timeline.now() - host.started() < nanos
          || host.peers() < hosts.size() - 1) {
        return false;
      }
      ReplicaStatus status = replica.status();
      if (!status.failure().isEmpty()
          || status.leader() == 0
          || (leader != 0 && status.leader() != leader)
          || !status.refused().isEmpty()
          || !hasItsMembers(status)
          || status.appliedIndex() < status.commitIndex()
          || status.appliedIndex() < observer.lastApplied() - KEEPS_UP) {
        return false;
      }
      leader = status.leader();
    }
    return true;
  }

  /** How long things go wrong yet. */
  long untilHealed() {
    return Math.max(0, healedAt - timeline.now());
  }

  /** The last entry that anybody has applied. */
  long lastApplied() {
    return observer.lastApplied();
  }

  private Outcome outcome() {
    int answered = 0;
    for (Operation operation : operations) {
      answered += operation.fate == Operation.Fate.ANSWERED ? 1 : 0;
    }
    return new Outcome(
        plan,
        violations,
        timeline.now() - SECOND,
        timeline.taken(),
        operations.size(),
        answered,
        observer.digest() * 31 + timeline.taken() * 7 + timeline.now(),
        coverage,
        List.copyOf(last));
  }

  // ---- members

  private NodeSettings settings(long member) {
    List<MemberInfo> initial = new ArrayList<>();
    for (long each : hosts.keySet()) {
      initial.add(
          new MemberInfo(
              each,
              "m" + each,
              List.of("http://10.0.0." + each + ":2380"),
              each == member ? List.of("http://10.0.0." + each + ":2379") : List.of(),
              !plan.isVoter(each)));
    }
    return new NodeSettings(
        7,
        member,
        initial,
        true,
        plan.heartbeatNanos(),
        plan.electionNanos(),
        5 * SECOND + 2 * plan.electionNanos(),
        1 << 20,
        plan.retainedEntries(),
        plan.cachedLogBytes(),
        plan.segmentBytes(),
        plan.appendEntriesMax() == 0 ? Limits.APPEND_ENTRIES_MAX : plan.appendEntriesMax());
  }

  /** Starts a member's process, unless it runs. */
  void start(Host host) {
    if (host.isUp() || gone.contains(host.member())) {
      return;
    }
    note("member " + host.member() + " starts");
    try {
      host.start(settings(host.member()));
      Life life = host.life();
      timeline.at(timeline.now() + 2 * MILLIS, life, () -> expectDurable(host));
    } catch (PowerCut cut) {
      accidents.powerCut();
    } catch (QuorateException e) {
      note("member " + host.member() + " doesn't start: " + e);
      if (healing && !plan.isAbandoned(host.member())) {
        violation("member " + host.member() + " doesn't start: " + e.getMessage());
      } else {
        startLater(host, SECOND);
      }
    }
  }

  /** What a member knew to be on its disk is there when it begins again, before anybody spoke. */
  private void expectDurable(Host host) {
    Replica replica = host.replica();
    Long last = durable.remove(host.member());
    if (replica != null
        && replica.hasState()
        && last != null
        && !accidents.isSpoilt(host.member())
        && replica.status().lastIndex() < last) {
      violation(
          "member %d had its log on disk up to %d, and begins again with %d"
              .formatted(host.member(), last, replica.status().lastIndex()));
    }
  }

  /** Who comes to lead has all that is committed (Raft, 3.6.3: leader completeness). */
  private void expectComplete(Host host, long applied) {
    timeline.at(
        timeline.now(),
        host.life(),
        () -> {
          Replica replica = host.replica();
          if (replica != null && replica.hasState() && replica.status().lastIndex() < applied) {
            violation(
                "member %d leads with a log up to %d, and %d had been applied"
                    .formatted(host.member(), replica.status().lastIndex(), applied));
          }
        });
  }

  private void startLater(Host host, long delay) {
    timeline.at(timeline.now() + Math.max(MILLIS, delay), null, () -> start(host));
  }

  /** A process ends, and nobody starts it again. */
  void endForGood(Host host) {
    gone.add(host.member());
    if (host.isUp()) {
      host.kill();
      over();
    }
  }

  /** A process ends, and is started again after a while. */
  void end(Host host, boolean power, long downNanos) {
    if (!host.isUp()) {
      return;
    }
    Replica replica = host.replica();
    if (replica != null) {
      durable.merge(host.member(), replica.status().durableIndex(), Math::max);
    }
    if (power) {
      host.crash();
    } else {
      host.kill();
    }
    over();
    startLater(host, downNanos);
  }
}
