package io.quorate.system;

import static io.quorate.system.MemberCommands.add;
import static io.quorate.system.MemberCommands.remove;
import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.client.Member;
import io.quorate.client.QuorateClient;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.parallel.Isolated;

/**
 * Members come and go while clients write and read as fast as they can. {@code -Dsystem.full=true}
 * grows to five and replaces everybody.
 */
@Isolated
@ExtendWith(PrintLogs.class)
@Timeout(value = 15, unit = TimeUnit.MINUTES)
class MembersUnderLoadTest {
  private static final int CLIENTS = Figures.full() ? 64 : 8;

  /** What an operator sees of it all: clients lose nothing and are told nothing that is final. */
  @Test
  void members_come_and_go_under_load_and_nothing_is_lost() {
    int most = Figures.full() ? 5 : 3;
    try (ProcessCluster cluster = ProcessCluster.start(Program.quorate(), 1)) {
      for (int i = 1; i < (Figures.full() ? 8 : 4); i++) {
        var _ = cluster.reserve();
      }
      List<Integer> present = new ArrayList<>(List.of(0));
      List<Double> seconds = new ArrayList<>();
      try (Workload load = Workload.over(cluster, CLIENTS)) {
        load.start("members");
        load.awaitAcknowledged(1_000);
        while (present.size() < most) {
          seconds.add(add(cluster, present, present.size()));
          load.awaitAcknowledged(1_000);
        }
        while (present.size() > 3) {
          remove(cluster, present, present.getFirst());
          load.awaitAcknowledged(1_000);
        }
        int replaced = Figures.full() ? 3 : 1;
        for (int i = 0; i < replaced; i++) {
          seconds.add(add(cluster, present, most + i));
          remove(cluster, present, present.getFirst());
          load.awaitAcknowledged(1_000);
        }
        for (int member : Figures.full() ? List.copyOf(present) : present.subList(0, 1)) {
          cluster.member(member).terminate();
          var _ = cluster.member(member).awaitExit();
          cluster.restart(member);
          load.awaitAcknowledged(1_000);
        }
        load.stop();
        for (int member : present) {
          load.check(cluster.client(member), new BitSet());
        }
        assertThat(load.violations()).isEmpty();
        assertThat(load.rejected()).as("calls refused for good").isZero();
        Figures.print(
            "members: 1 to %d to 3, %d replaced: %d writes acknowledged, %d reads, none lost, none refused;"
                    .formatted(most, replaced, load.acknowledged(), load.reads())
                + " a member votes %.1f s after \"member add\" (median of %s)"
                    .formatted(Figures.median(seconds), seconds));
      }
      try (QuorateClient client = cluster.client(present.getFirst())) {
        assertThat(client.cluster().memberList().members())
            .extracting(Member::name)
            .containsExactlyInAnyOrderElementsOf(
                present.stream().map(ProcessCluster::name).toList());
      }
    }
  }
}
