package io.quorate.simulator;

import io.quorate.base.Bytes;
import io.quorate.base.QuorateException;
import io.quorate.base.RowSink;
import io.quorate.engine.MemoryEngines;
import io.quorate.kv.KeyRange;
import io.quorate.kv.KvError;
import io.quorate.kv.KvFailure;
import io.quorate.kv.KvReader;
import io.quorate.kv.KvRequest;
import io.quorate.kv.KvResult;
import io.quorate.kv.Principal;
import io.quorate.kv.PutRequest;
import io.quorate.kv.PutResponse;
import io.quorate.kv.RangeRequest;
import io.quorate.node.EventBatch;
import io.quorate.node.MemberInfo;
import io.quorate.node.NodeSettings;
import io.quorate.node.Quirk;
import io.quorate.node.Refusal;
import io.quorate.node.Replica;
import io.quorate.node.ReplicaStatus;
import io.quorate.node.Reply;
import io.quorate.node.RestoredMember;
import io.quorate.node.WatchSink;
import io.quorate.node.WatchSpec;
import io.quorate.node.WatchStream;
import io.quorate.node.Watcher;
import io.quorate.raft.Configuration;
import io.quorate.snapshot.BackupHeader;
import io.quorate.snapshot.BackupReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * A cluster of one or three that begins with a backup, on machines of its own: it must agree on
 * what was saved, take what was before for compacted if its revision moved on, and go on from
 * there. Sometimes all of its machines lose their power before they first start; later one may lose
 * its disk, or all their power again.
 */
final class RestoredCluster {
  private static final long SECOND = 1_000_000_000L;
  private static final long CLUSTER = Plan.CLUSTER + 1;
  private static final long FIRST_MEMBER = 1_000_001;
  private static final long DISK_BYTES = 1L << 40;

  /** So long may each step take. */
  private static final long STEP_MAX = 30 * SECOND;

  private static final Bytes KEY = Bytes.utf8("restored");

  private final World world;
  private final Plan plan;
  private final Chance chance;
  private final Archivist.Backup backup;
  private final long bump;
  private final Truth truth;
  private final Rights rights;
  private final Observer observer;
  private final List<MemberInfo> members = new ArrayList<>();
  private final List<Host> hosts = new ArrayList<>();
  private final Set<Quirk> quirks;
  private boolean wrong;
  private int puts;
  private boolean written;
  private boolean toldCompacted;

  RestoredCluster(
      World world, Plan plan, SimulatedNetwork network, Chance chance, Archivist.Backup backup) {
    this.world = world;
    this.plan = plan;
    this.chance = chance;
    this.backup = backup;
    this.quirks = plan.quirksThatHappen();
    this.bump = chance.oneOf(List.of(0L, 0L, 1L, chance.between(2, 1_000), 1_000_000_000L));
    long index = backup.header().index();
    this.truth = backup.group().truth().restored(index, bump);
    this.rights = backup.group().rights().restored(index);
    int size = chance.oneIn(2) ? 1 : 3;
    for (int i = 0; i < size; i++) {
      List<String> url = List.of("http://10.2.0." + (i + 1) + ":2380");
      members.add(new MemberInfo(FIRST_MEMBER + i, "r" + i, url, List.of(), false));
    }
    Configuration founders = Configuration.of(members.stream().mapToLong(MemberInfo::id).toArray());
    this.observer =
        new Observer(
            founders,
            truth,
            new Roll(founders, members),
            rights,
            new Milestones(new Coverage(), world.timeline()),
            new Alarm());
    for (MemberInfo each : members) {
      hosts.add(
          new Host(
              each.id(),
              world.timeline(),
              network,
              disk(each.id()),
              Chance.of(plan.seed(), "host-" + each.id()),
              new Host.Speed(2_000, plan.syncNanos(), plan.syncNanos(), 64, plan.flushBytes()),
              new Processes()));
      for (MemberInfo other : members) {
        network.delay(each.id(), other.id(), plan.delayNanos());
      }
    }
  }

  private SimulatedDisk disk(long member) {
    return new SimulatedDisk(
        Chance.of(plan.seed(), "disk-" + member), plan.sectorBytes(), DISK_BYTES);
  }

  private NodeSettings settings(Host host) {
    return plan.settings(CLUSTER, 1, host.member(), members, /* founding= */ true);
  }

  /** Its life, as long as nothing is wrong. */
  void live() {
    world.note("%d members begin with %s, %d on".formatted(hosts.size(), backup.header(), bump));
    try {
      layDown();
    } catch (QuorateException e) {
      violation("it can't be laid down: " + e);
      return;
    }
    if (chance.oneIn(2)) {
      hosts.forEach(Host::crash);
      world.coverage().reached(Probe.RESTORED_CRASHES);
    }
    hosts.forEach(this::start);
    pass("agrees on what was saved", this::agree);
    if (wrong) {
      return;
    }
    hosts.forEach(this::expectContent);
    at(chance.oneOf(hosts), this::expectBefore);
    at(chance.oneOf(hosts), this::watchBefore);
    put();
    pass("serves", () -> written && (toldCompacted || bump == 0) && agree());
    happen();
    if (!wrong) {
      hosts.forEach(this::expectContent);
      reached();
      hosts.forEach(Host::kill);
    }
  }

  private void layDown() {
    BackupHeader header = backup.header();
    for (Host host : hosts) {
      try (BackupReader reader = BackupCheck.open(backup.bytes().toArray());
          MemoryEngines engines = new MemoryEngines(host.disk(), plan.flushBytes())) {
        RestoredMember.Result laid =
            RestoredMember.lay(
                host.disk(), engines, settings(host), new Saved(reader, bump), chance.next());
        if (laid.revision() != truth.revision()
            || laid.compactedRevision() != truth.compacted()
            || laid.index() < header.index()) {
          violation("of %s, %d on, was laid down %s".formatted(header, bump, laid));
        }
      }
    }
  }

  private void start(Host host) {
    try {
      host.start(settings(host));
    } catch (QuorateException e) {
      violation("member " + host.member() + " doesn't start: " + e);
    }
  }

  /** It has begun, and perhaps gone on; something happens to it, and it goes on as before. */
  private void happen() {
    if (wrong || chance.oneIn(2)) {
      return;
    }
    if (hosts.size() > 1 && chance.oneIn(2)) {
      Host host = chance.oneOf(hosts);
      world.note("member " + host.member() + " gets an empty disk");
      world.coverage().reached(Probe.RESTORED_WIPED);
      host.crash();
      host.putIn(disk(host.member()));
      start(host);
    } else {
      world.note("the power of the restored cluster goes");
      hosts.forEach(Host::crash);
      hosts.forEach(this::start);
    }
    written = false;
    put();
    pass("goes on", () -> written && agree());
  }

  private void reached() {
    Coverage coverage = world.coverage();
    coverage.reached(Probe.RESTORED);
    coverage.reachedIf(
        !backup.group().truth().leasesAt(backup.header().index()).isEmpty(), Probe.RESTORED_LEASES);
    coverage.reachedIf(rights.isOn(0), Probe.RESTORED_RIGHTS);
    coverage.reachedIf(bump > 0, Probe.RESTORED_AHEAD);
  }

  // ---- what must hold --------------------------------------------------------------------------

  private void violation(String what) {
    wrong = true;
    world.violation("a cluster that was restored: " + what);
  }

  private void pass(String what, BooleanSupplier reached) {
    if (wrong) {
      return;
    }
    world.passUntil(world.timeline().now() + STEP_MAX, () -> wrong || reached.getAsBoolean());
    if (!wrong && !reached.getAsBoolean()) {
      StringBuilder standing = new StringBuilder();
      for (Host host : hosts) {
        Replica replica = host.replica(1);
        standing.append("\n  ").append(replica == null ? host.failure() : replica.status());
      }
      violation("nothing %s within %d s: %s".formatted(what, STEP_MAX / SECOND, standing));
    }
  }

  /** Whether all follow one leader and have applied the same. */
  private boolean agree() {
    long leader = 0;
    long applied = -1;
    for (Host host : hosts) {
      Replica replica = host.replica(1);
      if (replica == null || !replica.hasState()) {
        return false;
      }
      ReplicaStatus status = replica.status();
      if (status.leader() == 0
          || (leader != 0 && status.leader() != leader)
          || (applied >= 0 && status.appliedIndex() != applied)
          || status.appliedIndex() != observer.lastApplied()
          || status.appliedIndex() != status.commitIndex()
          || !status.refused().isEmpty()
          || !status.heldBack().isEmpty()) {
        return false;
      }
      leader = status.leader();
      applied = status.appliedIndex();
    }
    return true;
  }

  private void at(Host host, Consumer<Replica> action) {
    Timeline timeline = world.timeline();
    timeline.at(
        timeline.now(),
        host.life(),
        () -> {
          Replica replica = host.replica(1);
          if (replica != null && replica.hasState()) {
            action.accept(replica);
          }
        });
  }

  /** A member has what was saved, but for what has happened in the new cluster since. */
  private void expectContent(Host host) {
    Replica replica = host.replica(1);
    if (replica == null || !replica.hasState()) {
      violation("member " + host.member() + " has no state any more");
      return;
    }
    KvReader reader = replica.latest();
    String differs = BackupCheck.wrongKeys(reader, truth.revision(), truth);
    if (differs.isEmpty()) {
      differs =
          BackupCheck.wrongLeases(
              reader, replica.leases(), truth.leasesAt(Long.MAX_VALUE), truth.revision(), truth);
    }
    if (reader.revision() != truth.revision() || reader.compactedRevision() != truth.compacted()) {
      differs =
          "revision %d and %d compacted, not %d and %d"
              .formatted(
                  reader.revision(),
                  reader.compactedRevision(),
                  truth.revision(),
                  truth.compacted());
    }
    if (!differs.isEmpty()) {
      violation("member %d: %s".formatted(host.member(), differs));
    }
    expectRights(replica);
  }

  /** Whoever may do something still may, and nobody else. */
  private void expectRights(Replica replica) {
    for (int user = 1; user <= plan.users(); user++) {
      Principal principal = new Principal("u" + user, chance.below(100));
      // One that clients ask for: no permission begins with it, so that it doesn't matter what the
      // administrator's ranges without a key are taken for, which no validator lets through.
      Bytes key = Bytes.utf8("k" + (char) ('a' + chance.below(26)) + chance.below(3));
      for (KvRequest request :
          List.<KvRequest>of(RangeRequest.of(key, Bytes.utf8("l")), PutRequest.of(key, key))) {
        KvError error = replica.authorizer().check(principal, request);
        if ((error == null) != rights.may(principal, request)) {
          violation("%s is told of %s: %s".formatted(principal, request, error));
        }
      }
    }
  }

  /** What was before the backup is compacted, or as it was. */
  private void expectBefore(Replica replica) {
    long oldest = Math.max(1, backup.header().compactedRevision());
    long before = chance.between(oldest, backup.header().revision());
    KvReader reader = replica.latest();
    if (bump > 0) {
      KvResult result = reader.range(BackupCheck.all(before));
      if (!result.equals(new KvFailure(KvError.COMPACTED))) {
        violation("a read at %d, from before it, is answered %s".formatted(before, result));
      }
    } else {
      String differs = BackupCheck.wrongKeys(reader, before, truth);
      if (!differs.isEmpty()) {
        violation(differs);
      }
    }
  }

  private void watchBefore(Replica replica) {
    WatchSpec all = WatchSpec.all(KeyRange.FIRST_KEY, KeyRange.UNBOUNDED);
    WatchStream stream = replica.watches().open(new Before());
    stream.watch(1, all, Math.max(1, backup.header().revision()));
  }

  /** Somebody who watches from the backup's revision on. */
  private final class Before implements WatchSink {
    @Override
    public boolean isReady() {
      return true;
    }

    @Override
    public void events(Watcher watcher, long revision, EventBatch batch) {
      if (bump > 0) {
        violation("a watcher from before it hears " + batch.events());
      }
    }

    @Override
    public void compacted(Watcher watcher, long compactedRevision) {
      toldCompacted = true;
      if (bump == 0 || compactedRevision != truth.compacted()) {
        violation(
            "a watcher from before it hears that all below %d is compacted, not %d"
                .formatted(compactedRevision, truth.compacted()));
      }
    }

    @Override
    public void ended() {}
  }

  /** Writes something, until it is answered. */
  private void put() {
    Bytes value = Bytes.utf8("value " + ++puts);
    at(
        chance.oneOf(hosts),
        replica ->
            replica.write(
                PutRequest.of(KEY, value),
                Principal.MEMBER,
                new Reply<KvResult>() {
                  @Override
                  public void done(KvResult result) {
                    written = true;
                    if (!(result instanceof PutResponse put)
                        || !truth.revisionsOf(value).equals(List.of(put.revision()))) {
                      violation(
                          "a write is answered %s, and took effect at %s"
                              .formatted(result, truth.revisionsOf(value)));
                    }
                  }

                  @Override
                  public void refused(Refusal why) {
                    world.coverage().refused(why);
                  }
                }));
    Timeline timeline = world.timeline();
    timeline.at(
        timeline.now() + 1 + chance.exponential(SECOND),
        null,
        () -> {
          if (!written && !wrong) {
            put();
          }
        });
  }

  // ---- what it is made of ----------------------------------------------------------------------

  /** The rows of a backup. */
  private record Saved(BackupReader reader, long revisions) implements RestoredMember.State {
    @Override
    public boolean next(RowSink rows) {
      return reader.next(rows);
    }

    @Override
    public long index() {
      return reader.header().index();
    }

    @Override
    public long term() {
      return reader.header().term();
    }
  }

  /** Hears of what its members do. */
  private final class Alarm implements Observer.Alarm {
    @Override
    public void violation(String what) {
      RestoredCluster.this.violation(what);
    }

    @Override
    public void begins(long member) {}

    @Override
    public void leads(long member, long applied, long appliedTerm) {}
  }

  /** Hears of what its processes do: none of them may end by itself. */
  private final class Processes implements Host.Watcher {
    @Override
    public RunTrace run(long member) {
      return new RunTrace(List.of(observer.new Run(member)));
    }

    @Override
    public boolean has(Quirk quirk) {
      return quirks.contains(quirk);
    }

    @Override
    public void happened(Quirk quirk) {
      world.coverage().happened(quirk);
    }

    @Override
    public void stopped(long member, Throwable why) {
      violation("member %d stops: %s".formatted(member, why));
    }

    @Override
    public void removed(long member, String why) {
      violation("member %d is told: %s".formatted(member, why));
    }

    @Override
    public void spins(long member, String what) {
      violation("member %d turns for nothing: %s".formatted(member, what));
    }
  }
}
