package io.quorate.simulator;

import io.quorate.base.Bytes;
import io.quorate.node.Replica;
import io.quorate.snapshot.BackupHeader;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Takes backups of the groups' states, now of one member and now of another, whatever happens to
 * them meanwhile; looks into each, and begins a new cluster with the last one in the end.
 */
final class Archivist {
  private static final long MILLIS = 1_000_000L;
  private static final long SECOND = 1_000 * MILLIS;

  private final World world;
  private final Plan plan;
  private final SimulatedNetwork network;
  private final Chance chance;
  private @Nullable BackupUnderWay underWay;
  private int finished;
  private @Nullable Backup last;

  /** A backup that is whole, of a group. */
  record Backup(Group group, BackupHeader header, Bytes bytes) {}

  Archivist(World world, Plan plan, SimulatedNetwork network) {
    this.world = world;
    this.plan = plan;
    this.network = network;
    this.chance = Chance.of(plan.seed(), "archivist");
  }

  void start() {
    if (finished < plan.backups()) {
      Timeline timeline = world.timeline();
      timeline.at(timeline.now() + 1 + chance.exponential(2 * SECOND), null, this::look);
    }
  }

  private void look() {
    BackupUnderWay now = underWay;
    if (now != null && now.isOver()) {
      world.coverage().reached(Probe.BACKUP_KILLED);
      underWay = null;
    }
    if (underWay == null) {
      Host host = chance.oneOf(List.copyOf(world.hosts()));
      Group group = chance.oneOf(world.groups());
      world.timeline().at(world.timeline().now(), host.life(), () -> begin(host, group));
    }
    start();
  }

  private void begin(Host host, Group group) {
    Replica replica = host.replica(group.number());
    if (underWay != null || replica == null || !replica.hasState()) {
      return;
    }
    world.note("a backup of group %d by member %d".formatted(group.number(), host.member()));
    underWay =
        new BackupUnderWay(
            world,
            host,
            replica,
            chance,
            chance.oneOf(List.of(MILLIS, 100 * MILLIS, 3 * SECOND)),
            new BackupUnderWay.Taker() {
              @Override
              public void finished(BackupHeader header, byte[] backup, long foretold) {
                underWay = null;
                take(new Backup(group, header, Bytes.wrap(backup)), foretold, replica);
              }

              @Override
              public void brokeOff(String wrong) {
                underWay = null;
                world.coverage().reached(Probe.BACKUP_STOPPED);
                if (!wrong.isEmpty()) {
                  world.violation(
                      "a backup of member %d broke off: ".formatted(host.member()) + wrong);
                }
              }
            });
  }

  private void take(Backup backup, long foretold, Replica replica) {
    finished++;
    last = backup;
    BackupHeader header = backup.header();
    world.note("backup of " + header);
    String wrong = BackupCheck.wrong(backup.bytes().toArray(), foretold, backup.group().truth());
    if (!wrong.isEmpty()) {
      world.violation(
          "a backup of group %d by member %d is wrong: %s"
              .formatted(backup.group().number(), header.member(), wrong));
    }
    if (chance.oneIn(2)) {
      byte[] damaged = BackupCheck.damaged(backup.bytes().toArray(), chance);
      if (!BackupCheck.isFoundDamaged(damaged)) {
        world.violation("a backup is damaged, and nobody is told: " + header);
      }
    }
    if (replica.hasState()) {
      reached(header, replica);
    }
  }

  private void reached(BackupHeader header, Replica replica) {
    Coverage coverage = world.coverage();
    coverage.reached(Probe.BACKUP);
    coverage.reachedIf(
        replica.status().appliedIndex() > header.index(), Probe.BACKUP_WHILE_IT_GOES_ON);
    coverage.reachedIf(
        replica.status().compactedRevision() > header.compactedRevision(), Probe.BACKUP_COMPACTED);
    coverage.reachedIf(replica.leader() != header.member(), Probe.BACKUP_ELSEWHERE);
  }

  /** A new cluster begins with the last backup, if there is one, and has what it had. */
  void restore() {
    Backup backup = last;
    if (backup != null) {
      new RestoredCluster(world, plan, network, chance, backup).live();
    }
  }
}
