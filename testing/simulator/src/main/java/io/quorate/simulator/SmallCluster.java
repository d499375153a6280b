package io.quorate.simulator;

import io.quorate.base.Limits;
import io.quorate.node.MemberInfo;
import io.quorate.node.MembershipSettings;
import io.quorate.node.NodeSettings;
import io.quorate.node.Quirk;
import io.quorate.node.Replica;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A few members on simulated machines, for those whose subject is what clients see: the members are
 * those that run in production, but nobody judges how they agree. Members are numbered from 0.
 */
public final class SmallCluster {
  /** After how long without a leader a member campaigns. */
  public static final long ELECTION_NANOS = 400_000_000L;

  /** What the cluster is called. */
  public static final long CLUSTER = 11;

  private static final long MILLIS = 1_000_000L;
  private static final long HEARTBEAT_NANOS = 100 * MILLIS;
  private static final long REQUEST_TIMEOUT_NANOS = 1_500 * MILLIS;
  private static final long IDLE_NANOS = 1_000 * MILLIS;
  private static final long RETAINED = 1_000;
  private static final long CACHED_BYTES = 4 << 20;
  private static final int SEGMENT_BYTES = 512 << 10;
  private static final int SECTOR_BYTES = 512;
  private static final long DISK_BYTES = 1L << 40;
  private static final long FLUSH_BYTES = 1 << 20;
  private static final long DELAY_NANOS = MILLIS / 5;
  private static final Host.Speed SPEED = new Host.Speed(2_000, 100_000, 20_000, 64, FLUSH_BYTES);

  private final Timeline timeline;
  private final Consumer<String> violations;
  private final SimulatedNetwork network;
  private final List<Host> hosts = new ArrayList<>();
  private final List<MemberInfo> members = new ArrayList<>();

  /**
   * Members that have not been started.
   *
   * @param size how many
   * @param violations is told of what must not be
   */
  public SmallCluster(long seed, int size, Timeline timeline, Consumer<String> violations) {
    this.timeline = timeline;
    this.violations = violations;
    network =
        new SimulatedNetwork(
            timeline,
            Chance.of(seed, "network"),
            new Coverage(),
            (voter, candidate, vote) -> {},
            IDLE_NANOS);
    for (int i = 0; i < size; i++) {
      List<String> url = List.of("http://10.3.0." + (i + 1) + ":2380");
      members.add(new MemberInfo(i + 1, "c" + i, url, List.of(), false));
    }
    for (MemberInfo each : members) {
      hosts.add(
          new Host(
              each.id(),
              timeline,
              network,
              new SimulatedDisk(Chance.of(seed, "disk-" + each.id()), SECTOR_BYTES, DISK_BYTES),
              Chance.of(seed, "host-" + each.id()),
              SPEED,
              new Processes()));
      for (MemberInfo other : members) {
        network.delay(each.id(), other.id(), DELAY_NANOS);
      }
    }
  }

  private NodeSettings settings(Host host) {
    return new NodeSettings(
        CLUSTER,
        host.member(),
        members,
        true,
        1,
        HEARTBEAT_NANOS,
        ELECTION_NANOS,
        REQUEST_TIMEOUT_NANOS,
        Limits.REQUEST_BYTES_DEFAULT,
        RETAINED,
        CACHED_BYTES,
        SEGMENT_BYTES,
        false,
        Limits.APPEND_ENTRIES_MAX,
        MembershipSettings.DEFAULT);
  }

  /** How many members there are. */
  public int size() {
    return hosts.size();
  }

  /** Starts a member's process. */
  public void start(int member) {
    Host host = hosts.get(member);
    host.start(settings(host));
  }

  /** A member's process is killed, or its machine loses its power. */
  public void end(int member, boolean power) {
    if (power) {
      hosts.get(member).crash();
    } else {
      hosts.get(member).kill();
    }
  }

  /** A member's process is stopped for so long, and then goes on. */
  public void pause(int member, long nanos) {
    hosts.get(member).pause(nanos);
  }

  /** A member hears nothing of the others, and they nothing of it, until it is healed. */
  public void cut(int member, boolean cut) {
    for (MemberInfo other : members) {
      if (other.id() != member + 1) {
        cut(member + 1, other.id(), cut);
        cut(other.id(), member + 1, cut);
      }
    }
  }

  private void cut(long from, long to, boolean cut) {
    if (cut) {
      network.cut(from, to);
    } else {
      network.heal(from, to);
    }
  }

  /** The present run of a member's process. */
  public Life life(int member) {
    return hosts.get(member).life();
  }

  /** A member's replica; null as long as there is none that has a state. */
  public @Nullable Replica replica(int member) {
    Replica replica = hosts.get(member).replica(1);
    return replica != null && replica.hasState() ? replica : null;
  }

  /** Hears of what its processes do: none of them may end by itself. */
  private final class Processes implements Host.Watcher {
    @Override
    public HostTrace run(long member) {
      return new UnwatchedRun();
    }

    @Override
    public boolean has(Quirk quirk) {
      return false;
    }

    @Override
    public void happened(Quirk quirk) {}

    @Override
    public void stopped(long member, Throwable why) {
      violations.accept("member %d stops at %d: %s".formatted(member, timeline.now(), why));
    }

    @Override
    public void removed(long member, String why) {
      violations.accept("member %d is told: %s".formatted(member, why));
    }

    @Override
    public void spins(long member, String what) {
      violations.accept("member %d turns for nothing: %s".formatted(member, what));
    }
  }
}
