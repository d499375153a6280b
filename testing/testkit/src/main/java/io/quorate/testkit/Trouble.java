package io.quorate.testkit;

import io.quorate.node.Replica;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One fault after the other, drawn from a seed: what a cluster and its clients must bear, so that
 * all that was promised holds, and all goes on once it is over.
 *
 * <p>At any time, at most one member is paused, killed or cut off, perhaps with some processes, or
 * leadership is moved; and at the same time one process may lose its connections, requests or
 * answers, have them late, see its wall clock jump by up to an hour, be paused, or have a lease
 * ended under it. Faults last for up to 400 ms of the cluster's time, and the pauses between them
 * up to 200 ms.
 *
 * <p>The seed decides what happens when. It doesn't decide what the test's own threads do
 * meanwhile, so that the same seed is the same trouble, but not quite the same run.
 *
 * <p>Safe for use by many threads.
 */
public final class Trouble implements AutoCloseable {
  private static final long MILLIS = TimeUnit.MILLISECONDS.toNanos(1);
  private static final int PAUSE_MILLIS_MAX = 200;
  private static final int FAULT_MILLIS_MAX = 400;
  private static final int LATE_MILLIS_MAX = 500;
  private static final int JUMP_SECONDS_MAX = 3_600;
  private static final int REQUESTS_MAX = 3;

  /** As many as are kept to be told. */
  private static final int EVENTS_MAX = 10_000;

  private final Cluster cluster;
  private final World world;
  private final long seed;
  private final long begun;
  private final Fault whole;

  // The world's.
  private final List<Event> events = new ArrayList<>();
  private final List<Fault> present = new ArrayList<>();

  /**
   * Something that happened.
   *
   * @param at how long the trouble had lasted by then, by the cluster's time
   * @param what in words
   */
  public record Event(Duration at, String what) {
    @Override
    public String toString() {
      return at.toMillis() + " ms: " + what;
    }
  }

  Trouble(Cluster cluster, long seed) {
    this.cluster = cluster;
    this.seed = seed;
    world = cluster.world();
    begun = world.now();
    whole = cluster.begin("trouble of seed " + seed, () -> this::endNow);
  }

  void begin() {
    world.perform(() -> {
      new Lane(new Random(seed)) {
        @Override
        @Nullable Fault strike(int kind, int whom) {
          return strikeMember(kind, whom, random());
        }
      }.next();
      new Lane(new Random(~seed)) {
        @Override
        @Nullable Fault strike(int kind, int whom) {
          return strikeProcess(kind, whom, random());
        }
      }.next();
    });
  }

  /** What it is drawn from. */
  public long seed() {
    return seed;
  }

  /** What has happened so far, in order; of very many, the first ten thousand. */
  public List<Event> events() {
    return world.isClosed() ? List.copyOf(events) : world.call(() -> List.copyOf(events));
  }

  /** Ends it: what it has begun is over, and nothing more happens. Idempotent. */
  @Override
  public void close() {
    whole.end();
  }

  private void endNow() {
    present.forEach(Fault::endNow);
    present.clear();
  }

  private void note(String what) {
    if (events.size() < EVENTS_MAX) {
      events.add(new Event(Duration.ofNanos(world.now() - begun), what));
    }
  }

  /** Faults that come one at a time, at times that follow from the seed alone. */
  private abstract class Lane {
    private final Random random;
    private long at = begun;

    Lane(Random random) {
      this.random = random;
    }

    Random random() {
      return random;
    }

    /** Begins a fault of this kind; null if there is nobody that it could strike, or it is over. */
    abstract @Nullable Fault strike(int kind, int whom);

    void next() {
      long pause = (1 + random.nextInt(PAUSE_MILLIS_MAX)) * MILLIS;
      long lasts = (1 + random.nextInt(FAULT_MILLIS_MAX)) * MILLIS;
      int kind = random.nextInt(Integer.MAX_VALUE);
      int whom = random.nextInt(Integer.MAX_VALUE);
      at += pause;
      world.at(
          at,
          () -> {
            if (!whole.isOverNow()) {
              begin(strike(kind, whom), lasts);
            }
          });
    }

    private void begin(@Nullable Fault fault, long lasts) {
      if (fault == null) {
        next();
        return;
      }
      note(fault.toString());
      present.add(fault);
      at += lasts;
      world.at(
          at,
          () -> {
            if (!whole.isOverNow()) {
              present.remove(fault);
              fault.endNow();
              note("over: " + fault);
              next();
            }
          });
    }
  }

  private @Nullable Fault strikeMember(int kind, int whom, Random random) {
    List<ClusterMember> members = cluster.members();
    boolean leads = random.nextBoolean();
    long drawn = random.nextLong();
    ClusterMember leader = cluster.newestLeader();
    ClusterMember member = leads && leader != null ? leader : members.get(whom % members.size());
    if (member.run() == null) {
      return null; // the test has killed it
    }
    return switch (kind % 4) {
      case 0 -> member.pause();
      case 1 -> member.kill();
      case 2 -> {
        List<Host> side = new ArrayList<>(List.of(member));
        Random which = new Random(drawn);
        cluster.processes().stream().filter(_ -> which.nextBoolean()).forEach(side::add);
        yield cluster.partition(side.toArray(new Host[0]));
      }
      default -> {
        note("leadership moves to " + member);
        cluster.handOver(member);
        yield null;
      }
    };
  }

  private @Nullable Fault strikeProcess(int kind, int whom, Random random) {
    Requests some = Requests.all().first(1 + random.nextInt(REQUESTS_MAX));
    Duration late = Duration.ofMillis(1 + random.nextInt(LATE_MILLIS_MAX));
    Duration jump = Duration.ofSeconds(random.nextInt(2 * JUMP_SECONDS_MAX) - JUMP_SECONDS_MAX);
    List<ClientProcess> processes = cluster.processes();
    if (processes.isEmpty()) {
      return null;
    }
    ClientProcess process = processes.get(whom % processes.size());
    return switch (kind % 9) {
      case 0 -> process.pause();
      case 1 -> process.jumpClock(jump);
      case 2 -> process.loseReplies(some);
      case 3 -> process.loseRequests(some);
      case 4 -> process.deliverLate(some, late);
      case 5 -> process.delayRequests(some, late);
      case 6 -> process.delayReplies(some, late);
      case 7 -> {
        note("the connections of " + process + " break");
        process.dropConnections();
        yield null;
      }
      default -> {
        expireOne(whom);
        yield null;
      }
    };
  }

  private void expireOne(int which) {
    ClusterMember leader = cluster.newestLeader();
    MemberRun run = leader == null ? null : leader.run();
    Replica replica = run == null ? null : run.replica();
    long[] leases = replica == null ? new long[0] : replica.leasesByEnd().get();
    if (leases.length > 0) {
      long lease = leases[which % leases.length];
      note("lease " + Long.toHexString(lease) + " ends");
      var _ = cluster.operator().lease().revokeAsync(lease);
    }
  }

  @Override
  public String toString() {
    return "trouble of seed " + seed;
  }
}
