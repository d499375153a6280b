package io.quorate.simulator;

import io.quorate.base.Checks;
import io.quorate.base.QuorateException;
import io.quorate.kv.KvRequest;
import io.quorate.kv.RangeRequest;
import io.quorate.node.Quirk;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
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

  private static final long DISK_BYTES = 1L << 40;

  /** More than wait at any time in a world in which no queue grows without end. */
  private static final int EVENTS_MAX = 1_000_000;

  private static final int LAST_MAX = 60;
  private static final int LINE_MAX = 240;

  private final Plan plan;
  private final Timeline timeline = new Timeline(SECOND);
  private final Chance chance;
  private final SimulatedNetwork network;
  private final TreeMap<Long, Host> hosts = new TreeMap<>();
  private final TreeSet<Long> gone = new TreeSet<>();

  private final DurableLogs durable = new DurableLogs();
  private final List<Client> clients = new ArrayList<>();
  private final Audience audience;
  private final Operators operators;
  private final Administrator administrator;
  private final Archivist archivist;
  private final List<Operation> operations = new ArrayList<>();
  private final TreeMap<Integer, Ending> endings = new TreeMap<>();
  private final List<String> violations = new ArrayList<>();
  private final ArrayDeque<String> last = new ArrayDeque<>();
  private final List<Group> groups = new ArrayList<>();
  private final Coverage coverage = new Coverage();
  private final Lookout lookout = new Lookout(coverage);
  private final Accidents accidents;
  private final Set<Quirk> quirks;
  private final boolean traced;
  private int open;
  private int undecided;
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
    this.quirks = plan.quirksThatHappen();
    this.traced = traced;
    this.chance = Chance.of(plan.seed(), "world");
    this.network =
        new SimulatedNetwork(
            timeline,
            Chance.of(plan.seed(), "network"),
            coverage,
            (voter, candidate, vote) -> group(vote.group()).observer().gave(voter, candidate, vote),
            IDLE);
    this.accidents = new Accidents(this, plan, network, chance);
    for (long group = 1; group <= plan.groups(); group++) {
      String prefix = plan.groups() == 1 ? "" : "group " + group + ": ";
      groups.add(
          new Group(
              group,
              plan,
              new Milestones(coverage, timeline),
              new GroupAlarm(this, durable, group, prefix)));
    }
    for (long member = 1; member <= plan.members(); member++) {
      found(member);
    }
    operators = new Operators(this, plan, groups.getFirst());
    administrator = new Administrator(this, plan, groups.getFirst());
    archivist = new Archivist(this, plan, network);
    for (int i = 1; i <= plan.clients(); i++) {
      clients.add(new Client(this, i, plan));
    }
    this.audience = new Audience(this, plan, groups);
  }

  /** A machine for a member, with an empty disk; nothing runs on it yet. */
  Host found(long member) {
    Host host =
        new Host(
            member,
            timeline,
            network,
            new SimulatedDisk(
                Chance.of(plan.seed(), "disk-" + member), plan.sectorBytes(), DISK_BYTES),
            Chance.of(plan.seed(), "host-" + member),
            new Host.Speed(2_000, plan.syncNanos(), plan.syncNanos(), 64, plan.flushBytes()),
            new WorldProcesses(this, quirks));
    hosts.put(member, host);
    host.disk().remember();
    for (long other : hosts.keySet()) {
      network.delay(member, other, plan.delayNanos());
      network.delay(other, member, plan.delayNanos());
    }
    return host;
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
    passUntil(begun + HEALED_MAX / 2, () -> isLed() && serve(begun));
    clients.forEach(Client::stop);
    expectAgreement(begun, () -> {});
  }

  /**
   * Lives through a plan in which single calls of a member to its disk go wrong. Who could not sync
   * its log must end, and acknowledge nothing more before it does.
   */
  static Outcome struck(Plan plan, long member, Strike.Striker striker) {
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
    return new History(world.groups.getFirst().truth(), world.operations);
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

  Collection<Host> hosts() {
    return hosts.values();
  }

  List<Group> groups() {
    return groups;
  }

  Accidents accidents() {
    return accidents;
  }

  Operators operators() {
    return operators;
  }

  Group group(long number) {
    return groups.get((int) number - 1);
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

  /** What was drawn for this world. */
  Plan plan() {
    return plan;
  }

  // ---- operations

  Operation begin(int client, long member, long group, KvRequest request, boolean serializable) {
    Operation operation =
        new Operation(
            operations.size(), client, member, group, request, serializable, timeline.now());
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

  /** Something that must never be. */
  void violation(String what) {
    if (violations.size() < 20) {
      violations.add("at %.6f: %s".formatted(timeline.now() / 1e9, what));
    }
  }

  void stopped(long member, Throwable why) {
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
    audience.start();
    operators.start();
    administrator.start();
    archivist.start();
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
    operators.heal();
    accidents.heal();
    long healed = timeline.now();
    passUntil(healed + HEALED_MAX / 2, () -> isLed() && serve(healed));
    clients.forEach(Client::stop);
    audience.stopRenewing();
    expectAgreement(healed, () -> stages.accept(Stage.JUDGEMENT));
    if (violations.isEmpty()) {
      archivist.restore();
    }
    stages.accept(Stage.END);
  }

  private void look() {
    for (Group group : groups) {
      lookout.look(hosts.values(), group.number());
      group.check(hosts.values());
    }
    operators.look();
    if (timeline.size() > EVENTS_MAX) {
      violation("%,d things wait to happen".formatted(timeline.size()));
    }
    timeline.at(timeline.now() + LOOK, null, this::look);
  }

  private void expectAgreement(long healed, Runnable judging) {
    passUntil(
        healed + HEALED_MAX,
        () -> open == 0 && agree() && audience.isQuiet() && operators.isQuiet());
    long took = timeline.now() - healed;
    if (!violations.isEmpty()) {
      return;
    }
    if (plan.beyond() && open == 0 && !agree() && isSaidWhy(healed)) {
      coverage.reached(Probe.STOPS_AND_SAYS_WHY);
      judge(judging); // who can't go on and says so does right, as long as all answers were right
      return;
    }
    if (operators.isStuck()) {
      judge(judging);
      return;
    }
    if (open > 0 || !agree() || !serve(healed)) {
      violation(
          "%d s after everything was healed, %d operations are open, and the members are: %s"
              .formatted(took / SECOND, open, standing()));
      return;
    }
    if (!operators.isQuiet()) {
      violation(operators.restless());
      return;
    }
    if (!plan.beyond() && !audience.isQuiet()) {
      violation(
          "%d s after everything was healed, watchers have not heard all, or leases live on"
              .formatted(took / SECOND));
      return;
    }
    judge(judging);
  }

  private void judge(Runnable judging) {
    judging.run();
    for (Group group : groups) {
      List<Operation> asked =
          operations.stream().filter(each -> each.group == group.number()).toList();
      violations.addAll(HistoryCheck.violations(group.truth(), asked));
      KeySearch.Verdict verdict = KeySearch.judge(asked);
      violations.addAll(verdict.violations());
      undecided += verdict.undecided();
    }
  }

  /** Whether each group goes on, or can't and says why. */
  private boolean isSaidWhy(long since) {
    return groups.stream()
        .allMatch(each ->
            each.agree(healed())
                ? serves(each, since)
                : each.isSaidWhy(hosts.values(), serves(each, since)));
  }

  /** From now on clients ask so many times as much as usually. */
  void hurry(int times) {
    haste = times;
  }

  int haste() {
    return haste;
  }

  /**
   * Whom clients ask: who is given up is asked no more, for that may take a client all its time.
   */
  List<Long> asked() {
    return healing ? healed().stream().map(Host::member).toList() : members();
  }

  /** Those that shall work in the end. */
  List<Host> healed() {
    return hosts.values().stream()
        .filter(host -> !plan.isAbandoned(host.member()) && operators.wants(host.member()))
        .toList();
  }

  /** Whether all groups serve. */
  private boolean serve(long since) {
    return groups.stream().allMatch(each -> serves(each, since));
  }

  /** Whether somebody was answered, and not from the past, who asked a group since a time. */
  private boolean serves(Group group, long since) {
    for (int i = operations.size() - 1; i >= 0; i--) {
      Operation operation = operations.get(i);
      if (operation.invoked < since) {
        return false;
      }
      if (operation.group == group.number()
          && operation.fate == Operation.Fate.ANSWERED
          && !operation.serializable) {
        return true;
      }
    }
    return false;
  }

  void passUntil(long end, BooleanSupplier reached) {
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
    groups.forEach(each -> out.append(each.standing(hosts.values())));
    return out.toString();
  }

  /** Whether each group is led by one of those that shall work. */
  private boolean isLed() {
    return groups.stream().allMatch(each -> each.leader(healed()) != null);
  }

  /** Whoever leads a group is asked to make these its members; the others are out. */
  void reconfigure(Group group, List<Long> voters, List<Long> learners) {
    Host leader = group.leader(hosts.values());
    if (leader != null) {
      note("group " + group.number() + " shall vote: " + voters + ", learn: " + learners);
      Life life = leader.life();
      timeline.at(timeline.now(), life, () -> leader.reconfigure(group.number(), voters, learners));
    }
  }

  /** An operator sees to it that all have their places again. */
  void restoreMembers(Group group) {
    Host leader = group.leader(hosts.values());
    if (leader != null && !group.hasItsMembers(leader)) {
      reconfigure(
          group,
          members().stream().filter(plan::isVoter).toList(),
          members().stream().filter(each -> !plan.isVoter(each)).toList());
    }
    if (!hosts.values().stream().allMatch(group::hasItsMembers)) {
      timeline.at(timeline.now() + SECOND / 2, null, () -> restoreMembers(group));
    }
  }

  /** Whether all members have applied all that anybody has, and are in one state. */
  private boolean agree() {
    return groups.stream().allMatch(each -> each.agree(healed()));
  }

  /** Whether all have run for so long, know each other, follow one leader, and miss nothing. */
  boolean allIsWell(long nanos) {
    for (Host host : hosts.values()) {
      if (timeline.now() - host.started() < nanos
          || host.life().pausedUntil() > timeline.now()
          || host.peers() < hosts.size() - 1) {
        return false;
      }
    }
    return groups.stream().allMatch(each -> each.isWell(hosts.values()));
  }

  /** How long things go wrong yet. */
  long untilHealed() {
    return Math.max(0, healedAt - timeline.now());
  }

  private Outcome outcome() {
    int answered = 0;
    for (Operation operation : operations) {
      answered += operation.fate == Operation.Fate.ANSWERED ? 1 : 0;
    }
    long digest = 0;
    for (Group group : groups) {
      digest = digest * 31 + group.observer().digest();
    }
    return new Outcome(
        plan,
        violations,
        timeline.now() - SECOND,
        timeline.taken(),
        operations.size(),
        answered,
        digest * 31 + timeline.taken() * 7 + timeline.now(),
        undecided,
        coverage,
        List.copyOf(last));
  }

  // ---- members

  /** Starts a member's process, unless it runs. */
  void start(Host host) {
    if (host.isUp() || gone.contains(host.member())) {
      return;
    }
    note("member " + host.member() + " starts");
    try {
      host.start(operators.settings(host.member()));
    } catch (PowerCut cut) {
      accidents.powerCut();
    } catch (QuorateException e) {
      note("member " + host.member() + " doesn't start: " + e);
      if (healing && !plan.beyond() && !plan.isAbandoned(host.member())) {
        violation("member " + host.member() + " doesn't start: " + e.getMessage());
      } else {
        startLater(host, SECOND);
      }
    }
  }

  /** Nobody runs here who should have been refused. */
  void expectDown(Host host, String how) {
    if (host.isUp()) {
      violation("member " + host.member() + " runs " + how);
    }
  }

  /** Whether a member's machine is lost for good. */
  boolean isGone(long member) {
    return gone.contains(member);
  }

  boolean hasHost(long member) {
    return hosts.containsKey(member);
  }

  boolean isHealing() {
    return healing;
  }

  void startLater(Host host, long delay) {
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
    groups.forEach(each -> durable.ending(host, each.number()));
    accidents.look(host);
    if (power) {
      host.crash();
    } else {
      host.kill();
    }
    over();
    startLater(host, downNanos);
  }
}
