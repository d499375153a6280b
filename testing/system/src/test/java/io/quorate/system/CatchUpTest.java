package io.quorate.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.base.QuorateException;
import io.quorate.client.QuorateClient;
import io.quorate.client.Range;
import io.quorate.client.StatusResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.parallel.Isolated;

/**
 * A member that was away, or is new, catches up while clients write, and they hardly notice: at
 * 1,000 puts a second their 99th percentile stays within three times the quiet one, in interleaved
 * rounds. {@code -Dsystem.full=true}: 200,000 writes missed. Without it the round is so short that
 * the start of the member's JVM decides the ratio; then it is asserted that nobody is held up long.
 */
@Isolated
@ExtendWith(PrintLogs.class)
@Timeout(value = 30, unit = TimeUnit.MINUTES)
class CatchUpTest {
  private static final int RATE = 1_000;
  private static final double RATIO_MAX = 3;
  private static final double MILLIS_MAX = 250;
  private static final long QUIET_NANOS = TimeUnit.SECONDS.toNanos(Figures.full() ? 10 : 1);

  private static final int ROUNDS = Figures.full() ? 5 : 1;

  /** Where it takes a moment, one sync that the disk is slow about would be all there is. */
  private static final int SHORT_ROUNDS = Figures.full() ? 5 : 3;

  private static final int MANY = Figures.full() ? 200_000 : 30_000;
  private static final int FEW = 5_000;

  private final Program program = Program.underTest();
  private final List<Double> quiet = new ArrayList<>();
  private final List<Double> catching = new ArrayList<>();
  private final List<Double> seconds = new ArrayList<>();

  @Test
  void a_member_that_was_down_catches_up_by_snapshot_and_writers_hardly_notice() {
    wasDown(MANY, ROUNDS);
    judge("of a member that was down, by snapshot", MANY);
  }

  @Test
  void a_member_that_missed_little_catches_up_by_the_log() {
    wasDown(FEW, SHORT_ROUNDS);
    judge("of a member that was down, by log", FEW);
  }

  @Test
  void a_member_that_comes_with_nothing_catches_up_and_writers_hardly_notice() {
    int away = 2;
    for (int round = 0; round < ROUNDS; round++) {
      try (ProcessCluster cluster = ProcessCluster.describe(program, 3)) {
        cluster.launch(0);
        var _ = cluster.launch(1);
        var _ = cluster.member(0).awaitLine(ProcessCluster.READY);
        int leader = cluster.leader();
        try (QuorateClient client = cluster.client(leader)) {
          round(cluster, client, leader, away, "first-", MANY);
        }
      }
    }
    judge("of an empty member", MANY);
  }

  private void wasDown(int missed, int rounds) {
    try (ProcessCluster cluster = ProcessCluster.start(program, 3)) {
      for (int round = 0; round < rounds; round++) {
        int leader = cluster.leader();
        int away = (leader + 1) % 3;
        try (QuorateClient client = cluster.client(leader)) {
          cluster.member(away).kill();
          round(cluster, client, leader, away, "missed-" + round + "-", missed);
        }
      }
    }
  }

  /** With a member away: writes, a quiet while, and the while in which the member catches up. */
  private void round(
      ProcessCluster cluster,
      QuorateClient client,
      int leader,
      int away,
      String prefix,
      int missed) {
    SteadyPuts.fill(client, prefix, missed);
    quiet.add(
        SteadyPuts.p99(
            SteadyPuts.atRate(client, RATE, QUIET_NANOS, CompletableFuture.completedFuture(null))));
    long begun = System.nanoTime();
    var _ = cluster.launch(away);
    CompletableFuture<Double> caughtUp =
        CompletableFuture.supplyAsync(() -> {
          awaitCaughtUp(cluster, leader, away);
          return (System.nanoTime() - begun) / 1e9;
        });
    catching.add(SteadyPuts.p99(SteadyPuts.atRate(client, RATE, 0, caughtUp)));
    seconds.add(caughtUp.join());
    assertSame(cluster, leader, away, prefix, missed);
  }

  private void judge(String how, int missed) {
    double before = Figures.median(quiet);
    double during = Figures.median(catching);
    Figures.print(
        ("catch-up %s, %s: %d writes missed, %.1f s to catch up, p99 quiet %.2f ms, during %.2f ms,"
                + " ratio %.2f (medians of %d; quiet %s; during %s)")
            .formatted(
                how,
                program.name(),
                missed,
                Figures.median(seconds),
                before,
                during,
                during / before,
                quiet.size(),
                quiet,
                catching));
    if (!program.equals(Program.ETCD)) {
      assertThat(during).as("p99 while catching up, ms").isLessThan(MILLIS_MAX);
      if (Figures.full()) {
        assertThat(during / before).as("p99 while catching up, over quiet").isLessThan(RATIO_MAX);
      }
    }
  }

  /** Waits until the member has applied what the leader had when it was asked. */
  private static void awaitCaughtUp(ProcessCluster cluster, int leader, int away) {
    long goal = cluster.status(leader).raftAppliedIndex();
    try (QuorateClient member =
        ProcessCluster.client(List.of(cluster.endpoint(away)), Duration.ofSeconds(60))) {
      long deadline = System.nanoTime() + ServerProcess.WAIT_MAX.toNanos();
      while (System.nanoTime() - deadline < 0) {
        try {
          StatusResponse status = member.maintenance().status();
          if (status.raftAppliedIndex() >= goal) {
            return;
          }
          // A linearizable read comes back when the member has applied all that is committed.
          var _ = member.kv().range(Range.key("none"));
        } catch (QuorateException e) {
          // not yet
        }
      }
    }
    throw new AssertionError("the member does not catch up");
  }

  private static void assertSame(
      ProcessCluster cluster, int leader, int away, String prefix, int count) {
    try (QuorateClient one = cluster.client(leader);
        QuorateClient other = cluster.client(away)) {
      Range all = Range.prefix(prefix).withCountOnly().asSerializable();
      assertThat(one.kv().range(all).count()).isEqualTo(count);
      assertThat(other.kv().range(all).count()).isEqualTo(count);
      Range last = Range.key(prefix + "%08d".formatted(count - 1)).asSerializable();
      assertThat(other.kv().range(last).kvs()).isEqualTo(one.kv().range(last).kvs());
    }
  }
}
