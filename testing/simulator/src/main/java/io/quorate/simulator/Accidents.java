package io.quorate.simulator;

import io.quorate.node.Quirk;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Makes happen what goes wrong in a {@link World}. Some of it only as far as something agreed on
 * still has one good copy that can be reached, for otherwise the one right answer would be to stop:
 *
 * <ul>
 *   <li>the disks of fewer than half of the members rot or are lost;
 *   <li>while a machine is lost for good, and until its member is removed, nothing is lost
 *       elsewhere;
 *   <li>a directory is lost only while all members run, know each other, and miss nothing, and
 *       until it has its vote back nothing is lost elsewhere;
 *   <li>nor is anything as long as a member that gave up what it was has no voice.
 * </ul>
 */
final class Accidents {
  private static final long MILLIS = 1_000_000L;
  private static final long SECOND = 1_000 * MILLIS;

  /** Of the end of a log that is damaged everywhere. */
  private static final int UNHARMED_BYTES = 32 << 10;

  private final World world;
  private final Plan plan;
  private final SimulatedNetwork network;
  private final Chance chance;

  /** Whose disks have rotted or were lost. */
  private final TreeSet<Long> spoilt = new TreeSet<>();

  /** Who has given up what it was, after it had lost its log's end, and isn't taken in yet. */
  private final TreeSet<Long> givenUp = new TreeSet<>();

  /** Whose directory was lost last; until it is back, nothing else may be. */
  private @Nullable Host lost;

  /** When that was. */
  private long lostAt;

  /** What each group had applied by then. */
  private List<Long> appliedThen = List.of();

  /** By group, until when its leaders are put out. */
  private final TreeMap<Long, Long> deposedUntil = new TreeMap<>();

  private @Nullable Host cutting;

  /** Whether some are given up by now, and what is cut from them stays so. */
  private boolean abandoned;

  private long cuttingDown;

  Accidents(World world, Plan plan, SimulatedNetwork network, Chance chance) {
    this.world = world;
    this.plan = plan;
    this.network = network;
    this.chance = chance;
  }

  /** The power of a host goes now, in the midst of what it does. */
  PowerCut cut(Host host, long downNanos) {
    cutting = host;
    cuttingDown = downNanos;
    return new PowerCut();
  }

  /** The power of the host whose turn it was went in the middle of something. */
  void powerCut() {
    Host host = cutting;
    cutting = null;
    if (host != null) {
      world.end(host, true, cuttingDown);
    }
  }

  /** A group that a fault happens to, if it happens to one. */
  private Group group(Fault planned) {
    return world.groups().get((int) (planned.nanos() % world.groups().size()));
  }

  private @Nullable Host leader(Group group) {
    return group.leader(world.hosts());
  }

  private long leaderOr(Fault planned) {
    Host leader = leader(group(planned));
    return leader != null ? leader.member() : planned.other();
  }

  /** What was planned happens now. */
  void happen(Fault planned) {
    Fault meant = plan.operators() == 0 ? planned : amongPresent(planned);
    Fault fault = planned.member() == Fault.LEADER ? meant.to(leaderOr(planned)) : meant;
    world.note(fault);
    if (fault.kind().losesData() && isSomebodyAway()) {
      return;
    }
    if (plan.abandoned() > 0 && !isForAll(fault)) {
      return;
    }
    Host host = world.host(fault.member());
    world.coverage().struck(fault.kind(), leader(group(fault)) == host);
    long until = fault.nanos();
    switch (fault.kind()) {
      case KILL -> world.end(host, false, until);
      case CRASH -> world.end(host, true, until);
      case KILL_ALL ->
          List.copyOf(world.hosts()).forEach(each -> world.end(each, false, until / 4));
      case CRASH_ALL -> world.hosts().forEach(each -> world.end(each, true, until / 4));
      case CRASH_IN_CALL -> crashInCall(host, until);
      case CRASH_AT_SEND -> crashAtSend(host, until);
      case CRASH_IN_RECOVERY -> crashInRecovery(host, until);
      case DEPOSE ->
          depose(group(fault), world.timeline().now() + Math.min(until, world.untilHealed()));
      case PAUSE -> host.pause(Math.min(until, world.untilHealed()));
      case CUT_ONE_WAY -> cut(fault.member(), fault.other(), until);
      case CUT -> {
        cut(fault.member(), fault.other(), until);
        cut(fault.other(), fault.member(), until);
      }
      case ISOLATE -> isolate(fault.member(), until);
      case CLOG ->
          network.clog(
              fault.member(),
              fault.other(),
              world.timeline().now() + Math.min(until, world.untilHealed()));
      case RESET -> network.reset(fault.member(), fault.other());
      case CORRUPT -> network.corrupt(fault.member(), fault.other());
      case REPEAT -> {
        network.repeat(fault.member(), fault.other(), true);
        later(until, () -> network.repeat(fault.member(), fault.other(), false));
      }
      case RECONFIGURE -> reconfigure(group(fault));
      case SLOW -> {
        network.delay(fault.member(), fault.other(), 50 * plan.delayNanos());
        later(until, () -> network.delay(fault.member(), fault.other(), plan.delayNanos()));
      }
      case NARROW -> {
        network.narrow(fault.member(), fault.other(), true);
        later(until, () -> network.narrow(fault.member(), fault.other(), false));
      }
      case STALL -> host.stall(Math.min(until, world.untilHealed()));
      case FULL -> {
        host.disk().full(true);
        later(until, () -> host.disk().full(false));
      }
      case SCARCE -> {
        host.disk().scarce(true);
        later(until, () -> host.disk().scarce(false));
      }
      case SYNC_FAILS -> failCall(host, until, 1, EnumSet.of(SimulatedDisk.Call.SYNC));
      case CALL_FAILS ->
          failCall(host, until, 1 + chance.below(60), EnumSet.allOf(SimulatedDisk.Call.class));
      case ROT -> rot(host, "log/");
      case ROT_EVERYWHERE -> rotEverywhere(until);
      case STATE_ROT -> rotState(host, until);
      case DIVERGES -> diverge(host);
      case WIPED -> replace(host, () -> host.disk().blank());
      case OLDER -> older(host, until, /* comesBack= */ false);
      case SWAPPED -> older(host, until, /* comesBack= */ true);
      case MISTAKEN -> mistake(host, world.host(fault.other()), until);
      case CLOCK -> {
        long[] rates = {0, 500_000, 900_000, 1_100_000, 2_000_000};
        host.clock().rate(world.timeline().now(), rates[chance.below(rates.length)]);
        later(until, () -> host.clock().rate(world.timeline().now(), 1_000_000));
      }
      case JUMP -> host.clock().jump(world.timeline().now(), until * 100);
      case BURST -> {
        world.hurry(10);
        later(Math.min(until, 3 * SECOND), () -> world.hurry(1));
      }
    }
  }

  /** Where members come and go, a number stands for one of those that there are. */
  private Fault amongPresent(Fault planned) {
    List<Long> there = world.members();
    long member = there.get((int) ((planned.at() / 3 + planned.member()) % there.size()));
    long other = there.get((int) ((planned.at() / 7 + planned.other()) % there.size()));
    return new Fault(planned.at(), planned.kind(), member, other, planned.nanos());
  }

  /** Those that are left in the end must be able to go on by themselves: they lose nothing. */
  private boolean isForAll(Fault fault) {
    return switch (fault.kind()) {
      case CRASH_ALL, WIPED, OLDER, SWAPPED, MISTAKEN, STATE_ROT -> false;
      default -> !fault.kind().losesData() || plan.isAbandoned(fault.member());
    };
  }

  /** A state that must be had from others is as good as away: they must be able to agree. */
  private void rotState(Host host, long downNanos) {
    if (world.allIsWell(2 * SECOND)) {
      rot(host, "state/");
      isAway(host);
      world.end(host, true, downNanos);
    }
  }

  /** Tells that a member computes another state; most must have the right one, and notice. */
  private void diverge(Host host) {
    if (plan.members() - plan.learners() > 2 && world.allIsWell(2 * SECOND) && maySpoil(host)) {
      world.note("member " + host.member() + " computes another state");
      isAway(host);
      host.make(Quirk.DIVERGES);
      expectNoticed(host, host.life(), host.begins(), 0);
    }
  }

  /** While all is well and entries come, the group soon begins anew. */
  private void expectNoticed(Host host, Life life, int begins, int looks) {
    if (life.isOver() || host.begins() > begins) {
      return;
    }
    if (looks > 80) { // longer than a way that is cut looks well
      world.violation("member " + host.member() + " goes on with another state than the others");
      return;
    }
    int next = world.allIsWell(2 * SECOND) && !host.isToMake(Quirk.DIVERGES) ? looks + 1 : 0;
    later(SECOND / 10, () -> expectNoticed(host, life, begins, next));
  }

  /**
   * Damages about the same part of all logs, so nobody has what most had agreed on. What comes
   * after it stays, and shows that it was there: lost ends could as well never have been written.
   */
  private void rotEverywhere(long downNanos) {
    double from = chance.below(100) / 100.0;
    SimulatedDisk.Rot what =
        chance.oneIn(2) ? SimulatedDisk.Rot.UNREADABLE : SimulatedDisk.Rot.FLIP;
    for (Host host : world.hosts()) {
      spoilt.add(host.member());
      world.end(host, false, downNanos);
      SimulatedDisk disk = host.disk();
      SimulatedDisk.Place newest = disk.newest("log/", ".wal");
      if (newest != null) {
        int last = newest.sector() - UNHARMED_BYTES / plan.sectorBytes();
        for (int sector = Math.max(1, (int) (from * last)); sector <= last; sector++) {
          disk.rot(newest.file(), sector, what);
        }
      }
    }
  }

  private void isAway(Host host) {
    world.hosts().forEach(each -> each.disk().scarce(false)); // a write that fails loses, too
    lost = host;
    lostAt = world.timeline().now();
    appliedThen = world.groups().stream().map(Group::lastApplied).toList();
  }

  /** Damages a sector that something was written to. */
  private void rot(Host host, String folder) {
    if (!maySpoil(host)) {
      return;
    }
    SimulatedDisk disk = host.disk();
    SimulatedDisk.Place newest = disk.newest(folder, folder.equals("log/") ? ".wal" : "");
    if (newest == null) {
      return;
    }
    boolean late = chance.oneIn(2);
    List<String> files = List.copyOf(disk.files(folder).keySet());
    for (int tries = 0; tries < 20; tries++) {
      String file = late ? newest.file() : chance.oneOf(files);
      int sector = late ? newest.sector() - tries : 0;
      int sectors = Math.max(1, disk.length(file) / plan.sectorBytes());
      sector = sector > 0 && chance.oneIn(2) ? sector : chance.below(sectors);
      if (isWritten(disk, file, sector)) {
        SimulatedDisk.Rot what = chance.oneOf(List.of(SimulatedDisk.Rot.values()));
        world.note("%s of %s, sector %d".formatted(what, file, sector));
        disk.rot(file, sector, what);
        return;
      }
    }
  }

  private boolean isWritten(SimulatedDisk disk, String file, int sector) {
    int from = sector * plan.sectorBytes();
    for (byte each : disk.durable(file, from, from + plan.sectorBytes())) {
      if (each != 0) {
        return true;
      }
    }
    return false;
  }

  /** Whether something of a member's disk is, or was, not what was written. */
  boolean isSpoilt(long member) {
    return spoilt.contains(member);
  }

  private boolean maySpoil(Host host) {
    int most = plan.beyond() ? plan.members() : (plan.members() - plan.learners() - 1) / 2;
    return spoilt.contains(host.member()) || (spoilt.size() < most && spoilt.add(host.member()));
  }

  /** Looks at a member, whose process may be about to end. */
  void look(Host host) {
    for (Group group : world.groups()) {
      if (group.isRefused(host)) {
        givenUp.add(host.member());
        return;
      }
    }
    if (world.groups().stream().allMatch(group -> group.hasVoice(host))) {
      givenUp.remove(host.member());
    }
  }

  /** Whether a member hasn't got its place back yet after its directory was lost. */
  private boolean isSomebodyAway() {
    world.hosts().forEach(this::look);
    givenUp.removeIf(each -> !world.operators().wants(each) || plan.isAbandoned(each));
    if (!givenUp.isEmpty()) {
      return true;
    }
    Host away = lost;
    if (away == null) {
      return world.operators().isSomebodyLost();
    }
    if (world.timeline().now() > lostAt + SECOND && hasItsPlace(away)) {
      lost = null;
      return false;
    }
    return true;
  }

  private boolean hasItsPlace(Host host) {
    for (int i = 0; i < appliedThen.size(); i++) {
      if (!world.groups().get(i).hasItsPlace(host, world.hosts(), appliedThen.get(i))) {
        return false;
      }
    }
    return true;
  }

  /** Another disk is put in, if the others can notice it. */
  private void replace(Host host, Supplier<SimulatedDisk> another) {
    if (!isSomebodyAway() && world.allIsWell(2 * SECOND) && maySpoil(host)) {
      SimulatedDisk disk = another.get();
      world.note("member " + host.member() + " gets another disk");
      isAway(host);
      world.end(host, true, 10 * MILLIS);
      host.putIn(disk);
    }
  }

  /** A copy of the directory is made, which is put in after the original was started once more. */
  private void older(Host host, long nanos, boolean comesBack) {
    if (isSomebodyAway() || !world.allIsWell(SECOND)) {
      return;
    }
    SimulatedDisk copy = host.disk().copy();
    world.end(host, false, 10 * MILLIS);
    later(
        nanos + 3 * SECOND,
        () -> {
          SimulatedDisk original = host.disk();
          replace(host, () -> copy);
          if (comesBack && host.disk() == copy) {
            later(nanos + 5 * SECOND, () -> replace(host, () -> original));
          }
        });
  }

  /** Somebody puts a copy of another member's disk in, and the right one when that doesn't do. */
  private void mistake(Host host, Host other, long nanos) {
    if (host == other || isSomebodyAway() || !world.allIsWell(SECOND)) {
      return;
    }
    SimulatedDisk own = host.disk();
    SimulatedDisk wrong = other.disk().copy();
    world.note("member %d gets a copy of %d's disk".formatted(host.member(), other.member()));
    isAway(host);
    world.end(host, false, 10 * MILLIS);
    host.putIn(wrong);
    later(
        Math.min(nanos, Math.max(0, world.untilHealed() - MILLIS)),
        () -> {
          world.expectDown(host, "with a copy of another member's directory");
          host.putIn(own);
        });
  }

  private void later(long nanos, Runnable action) {
    world.timeline().at(world.timeline().now() + nanos, null, action);
  }

  private void cut(long from, long to, long nanos) {
    if (from == to) {
      return;
    }
    network.cut(from, to);
    later(
        nanos,
        () -> {
          if (!abandoned || !(plan.isAbandoned(from) || plan.isAbandoned(to))) {
            network.heal(from, to);
          }
        });
  }

  private void crashInCall(Host host, long downNanos) {
    int[] left = {1 + chance.below(40)};
    Life life = host.life();
    host.disk()
        .faults((call, path) -> {
          if (life.isOver() || isSomebodyAway()) {
            return;
          }
          if (--left[0] <= 0) {
            throw cut(host, downNanos);
          }
        });
  }

  private void crashInRecovery(Host host, long downNanos) {
    int[] left = {1 + chance.below(60)};
    Life before = host.life();
    world.end(host, true, downNanos);
    host.disk()
        .faults((call, path) -> {
          if (host.life() != before && left[0] > 0 && !isSomebodyAway() && --left[0] == 0) {
            throw cut(host, downNanos);
          }
        });
  }

  /** Who comes to lead a group meanwhile is soon put out of it, and who leads it now. */
  private void depose(Group group, long end) {
    deposedUntil.merge(group.number(), end, Math::max);
    Host leader = leader(group);
    if (leader != null) {
      leads(group, leader);
    }
  }

  /** A member comes to lead a group: it may not do so for long. */
  void leads(Group group, Host leader) {
    if (world.timeline().now() < deposedUntil.getOrDefault(group.number(), 0L)) {
      long soon =
          chance.oneOf(List.of(plan.electionNanos() / 10, 4 * plan.delayNanos(), plan.syncNanos()));
      Life life = leader.life();
      later(
          chance.exponential(soon),
          () -> {
            long end = deposedUntil.getOrDefault(group.number(), 0L);
            if (!life.isOver() && world.timeline().now() < end) {
              putOut(leader);
            }
          });
    }
  }

  private void putOut(Host leader) {
    long nanos = Math.min(chance.exponential(3 * plan.electionNanos()), world.untilHealed());
    switch (chance.below(3)) {
      case 0 -> world.end(leader, false, nanos);
      case 1 -> leader.pause(nanos);
      default -> isolate(leader.member(), nanos);
    }
  }

  private void isolate(long member, long nanos) {
    for (long other : world.members()) {
      cut(member, other, nanos);
      cut(other, member, nanos);
    }
  }

  /** Any frame, or the first of some kind, so it is also the rare ones; or one of an election. */
  private void crashAtSend(Host host, long downNanos) {
    int[] left = {1 + chance.below(30)};
    int type =
        switch (chance.below(3)) {
          case 0 -> 0;
          case 1 -> 1 + chance.below(Frames.COUNT);
          default -> chance.oneOf(Frames.OF_ELECTIONS);
        };
    Life life = host.life();
    network.whenSent(
        host.member(),
        sent -> {
          if (life.isOver() || isSomebodyAway() || (type != 0 && sent != type)) {
            return;
          }
          if (type != 0 || --left[0] <= 0) {
            throw cut(host, downNanos);
          }
        });
  }

  /** The group gets voters and learners as chance has it; the rest is out. */
  private void reconfigure(Group group) {
    List<Long> voters = new ArrayList<>();
    List<Long> learners = new ArrayList<>();
    for (long member : world.members()) {
      switch (chance.below(4)) {
        case 0, 1 -> voters.add(member);
        case 2 -> learners.add(member);
        default -> {}
      }
    }
    // As with an operator's removal: those that have a voice must be a quorum of who is left.
    long heard = voters.stream().filter(each -> group.hasVoice(world.host(each))).count();
    if (2 * heard > voters.size()) {
      world.reconfigure(group, voters, learners);
    }
  }

  /** The nth of some calls fails. What can't be read may be taken for damaged, state and log. */
  private void failCall(Host host, long downNanos, int nth, Set<SimulatedDisk.Call> calls) {
    Life life = host.life();
    int[] left = {nth};
    host.disk()
        .faults((call, path) -> {
          if (left[0] > 0 && calls.contains(call) && !isSomebodyAway() && --left[0] == 0) {
            if (call == SimulatedDisk.Call.READ || call == SimulatedDisk.Call.OPEN) {
              if (!world.allIsWell(2 * SECOND) || !maySpoil(host)) {
                left[0] = nth; // another call
                return;
              }
              isAway(host);
            }
            // Who can't write any more ends; somebody starts it again.
            later(
                MILLIS + downNanos,
                () -> {
                  if (!life.isOver()) {
                    world.end(host, false, MILLIS);
                  }
                });
            throw new IOException(path + ": input/output error");
          }
        });
  }

  /**
   * Whatever is wrong is no more; who doesn't run is started. But who is abandoned gets worse: it
   * ends, hears nobody, or is heard by nobody, for good.
   */
  void heal() {
    world.note("everything is healed");
    for (long from : world.members()) {
      network.whenSent(from, sent -> {});
      for (long to : world.members()) {
        network.heal(from, to);
        network.delay(from, to, plan.delayNanos());
        network.repeat(from, to, false);
        network.narrow(from, to, false);
      }
    }
    world.hurry(1);
    deposedUntil.clear();
    if (plan.changesMembers()) {
      world.groups().forEach(world::restoreMembers);
    }
    for (Host host : world.hosts()) {
      if (plan.isAbandoned(host.member())) {
        abandon(host);
        continue;
      }
      host.disk().scarce(false);
      host.clock().rate(world.timeline().now(), 1_000_000);
      host.disk().full(false);
      host.disk().faults((call, path) -> {});
      if (host.isUp() && host.failure() != null) {
        world.end(host, false, MILLIS);
      } else {
        world.start(host);
      }
    }
  }

  private void abandon(Host host) {
    abandoned = true;
    int way = chance.below(4);
    if (way == 0) {
      world.endForGood(host);
      return;
    }
    for (long other : world.members()) {
      if (other != host.member() && way != 2) {
        network.cut(other, host.member());
      }
      if (other != host.member() && way != 3) {
        network.cut(host.member(), other);
      }
    }
  }
}
