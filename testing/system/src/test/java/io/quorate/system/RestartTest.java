package io.quorate.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.client.QuorateClient;
import io.quorate.client.Range;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Many keys of 256 bytes on one member: killed, how long until it takes the first put again; and
 * what it takes of memory and disk, side by side with etcd. With {@code -Dsystem.full=true} a
 * million keys, and the bounds are asserted; with {@code -Dsystem.quorate=PATH} of the launcher, so
 * that the start is the one that users see.
 */
@ExtendWith(PrintLogs.class)
@Timeout(value = 30, unit = TimeUnit.MINUTES)
class RestartTest {
  private static final int KEYS = Figures.full() ? 1_000_000 : 20_000;
  private static final double FIRST_PUT_SECONDS_MAX = 1.5;

  /** What was seen of one program. */
  private record Seen(
      String program, double firstPutSeconds, double residentBytes, double diskBytes) {}

  @Test
  void a_killed_member_soon_takes_puts_again_and_is_no_heavier_than_etcd() {
    Seen etcd = measure(Program.ETCD);
    Seen quorate = measure(Program.quorate());
    for (Seen seen : List.of(etcd, quorate)) {
      Figures.print(
          ("restart %s: %d keys of 256 bytes, first put %.2f s after the start (median of %d), %.0f"
                  + " MiB resident, %.0f MiB on disk")
              .formatted(
                  seen.program,
                  KEYS,
                  seen.firstPutSeconds,
                  Figures.rounds(5, 1),
                  seen.residentBytes / (1 << 20),
                  seen.diskBytes / (1 << 20)));
    }
    if (Figures.full()) {
      assertThat(quorate.firstPutSeconds).isLessThanOrEqualTo(FIRST_PUT_SECONDS_MAX);
      assertThat(quorate.residentBytes).as("resident").isLessThanOrEqualTo(etcd.residentBytes);
      assertThat(quorate.diskBytes).as("on disk").isLessThanOrEqualTo(etcd.diskBytes);
    }
  }

  private static Seen measure(Program program) {
    List<Double> seconds = new ArrayList<>();
    List<Double> resident = new ArrayList<>();
    try (ProcessCluster cluster = ProcessCluster.start(program, 1)) {
      try (QuorateClient client = cluster.client(0)) {
        SteadyPuts.fill(client, "key-", KEYS);
      }
      resident.add((double) cluster.member(0).residentBytes());
      double disk = OsFacts.diskBytes(cluster.dataDir(0));
      for (int round = 0; round < Figures.rounds(5, 1); round++) {
        cluster.member(0).kill();
        try (QuorateClient client =
            ProcessCluster.client(List.of(cluster.endpoint(0)), Duration.ofSeconds(60))) {
          long begun = System.nanoTime();
          var _ = cluster.launch(0);
          var _ = client.kv().put("first", Integer.toString(round));
          seconds.add((System.nanoTime() - begun) / 1e9);
          assertThat(client.kv().range(Range.prefix("key-").withCountOnly()).count())
              .isEqualTo(KEYS);
        }
      }
      return new Seen(program.name(), Figures.median(seconds), Figures.median(resident), disk);
    }
  }
}
