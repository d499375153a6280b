package io.quorate.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.client.QuorateClient;
import java.util.BitSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Nothing acknowledged is lost: three processes, 64 writers, readers on every member; after each
 * round every acknowledged write is there with its revision, no two writes share one, what was
 * refused is not there, and no linearizable read went back. {@code -Dsystem.full=true} runs twenty
 * rounds of each.
 */
@ExtendWith(PrintLogs.class)
@Timeout(value = 30, unit = TimeUnit.MINUTES)
class DurabilityTest {
  private static final int WRITERS = 64;
  private static final int PAUSE_SECONDS = 5;

  /** What is done to the cluster while it is written to; returns when it is whole again. */
  private interface Fault {
    void strike(ProcessCluster cluster, Workload load) throws Exception;
  }

  @Test
  void a_killed_leader_takes_nothing_acknowledged_with_it() throws Exception {
    rounds(
        "kill-leader",
        Figures.rounds(20, 2),
        (cluster, load) -> {
          int leader = cluster.leader();
          cluster.member(leader).kill();
          load.awaitAcknowledged(1_000);
          cluster.restart(leader);
        });
  }

  @Test
  void nothing_acknowledged_is_lost_when_all_members_are_killed_at_once() throws Exception {
    rounds(
        "kill-all",
        Figures.rounds(20, 2),
        (cluster, _) -> {
          ServerProcess.killAll(
              IntStream.range(0, cluster.size()).mapToObj(cluster::member).toList());
          for (int i = 0; i < cluster.size(); i++) {
            var _ = cluster.launch(i);
          }
          cluster.awaitReady();
        });
  }

  @Test
  void a_leader_that_sleeps_for_five_seconds_wakes_up_without_a_lie() throws Exception {
    rounds(
        "pause-leader",
        Figures.rounds(20, 1),
        (cluster, load) -> {
          ServerProcess leader = cluster.member(cluster.leader());
          leader.pause();
          CompletableFuture<Void> awake =
              CompletableFuture.runAsync(
                  leader::resume,
                  CompletableFuture.delayedExecutor(PAUSE_SECONDS, TimeUnit.SECONDS));
          load.awaitAcknowledged(1_000);
          awake.join();
        });
  }

  private static void rounds(String name, int rounds, Fault fault) throws Exception {
    try (ProcessCluster cluster = ProcessCluster.start(Program.underTest(), 3);
        Workload load = Workload.over(cluster, WRITERS)) {
      BitSet revisions = new BitSet();
      for (int round = 0; round < rounds; round++) {
        load.start("%s-%02d".formatted(name, round));
        load.awaitAcknowledged(2_000);
        fault.strike(cluster, load);
        load.awaitAcknowledged(1_000);
        load.stop();
        for (int i = 0; i < cluster.size(); i++) {
          try (QuorateClient member = cluster.client(i)) {
            load.check(member, i == 0 ? revisions : new BitSet());
          }
        }
        assertThat(load.violations()).as("round %d of %s", round, name).isEmpty();
      }
      Figures.print(
          "durability %s: %d rounds, %d writes acknowledged, %d linearizable reads, nothing lost"
              .formatted(name, rounds, load.acknowledged(), load.reads()));
    }
  }
}
