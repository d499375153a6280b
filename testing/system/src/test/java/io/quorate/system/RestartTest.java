package io.quorate.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.client.QuorateClient;
import io.quorate.client.Range;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.parallel.Isolated;

/**
 * Many keys of 256 bytes on one member: killed right after more puts, how long until it takes the
 * first put again; and what it takes of memory and disk, side by side with etcd. With {@code
 * -Dsystem.full=true} a million keys and five rounds, and the bounds are asserted; with {@code
 * -Dsystem.quorate=PATH} of the launcher, so that the start is the one that users see.
 *
 * <p>Before each kill a tenth of the keys is put again, so that every round finds a log whose end
 * the state lacks.
 */
@Isolated
@ExtendWith(PrintLogs.class)
@Timeout(value = 30, unit = TimeUnit.MINUTES)
class RestartTest {
  private static final int KEYS = Figures.full() ? 1_000_000 : 20_000;
  private static final int READS = KEYS / 10;
  private static final double FIRST_PUT_SECONDS_MAX = 1.5;
  private static final String PREFIX = "key-";

  /** What is measured of both, in this order; each the median of the rounds. */
  private enum Figure {
    FIRST_PUT("first put after the start", "s"),
    START_CPU("processor time until then", "s"),
    WRITTEN_RESIDENT("resident after writing", "MiB"),
    STARTED_RESIDENT("resident after the start", "MiB"),
    READ_RESIDENT("resident after random reads", "MiB"),
    PEAK_RESIDENT("resident at most", "MiB"),
    DISK("disk", "MiB"),
    LOG("of it the log", "MiB");

    private final String text;
    private final String unit;

    Figure(String text, String unit) {
      this.text = text;
      this.unit = unit;
    }
  }

  /** What was seen of one program. */
  private static final class Seen {
    private final Program program;
    private final EnumMap<Figure, List<Double>> values = new EnumMap<>(Figure.class);

    Seen(Program program) {
      this.program = program;
      for (Figure figure : Figure.values()) {
        values.put(figure, new ArrayList<>());
      }
    }

    void add(Figure figure, double value) {
      of(figure).add(value);
    }

    void addBytes(Figure figure, long bytes) {
      add(figure, bytes / (double) (1 << 20));
    }

    double median(Figure figure) {
      return Figures.median(of(figure));
    }

    private List<Double> of(Figure figure) {
      return values.getOrDefault(figure, List.of());
    }

    void print() {
      for (Figure figure : values.keySet()) {
        Figures.print(
            "restart %s, %d keys: %s %.2f %s (median of %d: %s)"
                .formatted(
                    program.name(),
                    KEYS,
                    figure.text,
                    median(figure),
                    figure.unit,
                    of(figure).size(),
                    of(figure).stream().map("%.2f"::formatted).collect(Collectors.joining(" "))));
      }
    }
  }

  @Test
  void a_killed_member_soon_takes_puts_again_and_is_no_heavier_than_etcd() {
    List<Seen> both = List.of(new Seen(Program.ETCD), new Seen(Program.quorate()));
    List<ProcessCluster> clusters = new ArrayList<>();
    try {
      for (Seen seen : both) {
        ProcessCluster cluster = ProcessCluster.start(seen.program, 1);
        clusters.add(cluster);
        try (QuorateClient client = cluster.client(0)) {
          SteadyPuts.fill(client, PREFIX, KEYS);
        }
      }
      int rounds = Figures.rounds(5, 1);
      for (int round = 0; round < rounds; round++) { // in turn, so that noise meets both
        for (int i = 0; i < both.size(); i++) {
          round(clusters.get(i), both.get(i), round);
        }
      }
    } finally {
      clusters.forEach(ProcessCluster::close);
    }
    both.forEach(Seen::print);
    if (Figures.full()) {
      Seen etcd = both.get(0);
      Seen quorate = both.get(1);
      assertThat(quorate.median(Figure.FIRST_PUT)).isLessThanOrEqualTo(FIRST_PUT_SECONDS_MAX);
      for (Figure figure :
          List.of(
              Figure.WRITTEN_RESIDENT,
              Figure.STARTED_RESIDENT,
              Figure.READ_RESIDENT,
              Figure.PEAK_RESIDENT,
              Figure.DISK)) {
        assertThat(quorate.median(figure)).as(figure.text).isLessThanOrEqualTo(etcd.median(figure));
      }
    }
  }

  private static void round(ProcessCluster cluster, Seen seen, int round) {
    try (QuorateClient client = cluster.client(0)) {
      SteadyPuts.fill(client, PREFIX, KEYS / 10);
    }
    long pid = cluster.member(0).pid();
    seen.addBytes(Figure.WRITTEN_RESIDENT, OsFacts.residentBytes(pid));
    long peak = OsFacts.residentBytesPeak(pid);
    Path data = cluster.dataDir(0);
    seen.addBytes(Figure.DISK, OsFacts.diskBytes(data));
    seen.addBytes(Figure.LOG, OsFacts.diskBytes(logOf(data)));
    cluster.member(0).kill();
    try (QuorateClient client =
        ProcessCluster.client(List.of(cluster.endpoint(0)), Duration.ofSeconds(60))) {
      long begun = System.nanoTime();
      pid = cluster.launch(0).pid();
      var _ = client.kv().put("first", Integer.toString(round));
      seen.add(Figure.FIRST_PUT, (System.nanoTime() - begun) / 1e9);
      seen.add(Figure.START_CPU, OsFacts.processorSeconds(pid));
      seen.addBytes(Figure.STARTED_RESIDENT, OsFacts.residentBytes(pid));
      assertThat(client.kv().range(Range.prefix(PREFIX).withCountOnly()).count()).isEqualTo(KEYS);
      SteadyPuts.readBack(client, PREFIX, KEYS, READS, round);
      seen.addBytes(Figure.READ_RESIDENT, OsFacts.residentBytes(pid));
      seen.addBytes(Figure.PEAK_RESIDENT, Math.max(peak, OsFacts.residentBytesPeak(pid)));
    }
  }

  private static Path logOf(Path data) {
    Path etcd = data.resolve("member").resolve("wal");
    return Files.isDirectory(etcd) ? etcd : data.resolve("log");
  }
}
