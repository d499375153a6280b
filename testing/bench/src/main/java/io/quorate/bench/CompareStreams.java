package io.quorate.bench;

import io.quorate.base.Bytes;
import io.quorate.bench.LoadSettings.Kind;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.ToDoubleFunction;
import org.HdrHistogram.Histogram;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Watches and leases of two servers, in turn, each time on a fresh member. */
@Command(
    name = "compare-streams",
    description = {
      "Runs watchers and leases against two servers in turn and prints medians and ratios.",
      "watch-each: 10,000 watchers of a key each on 100 streams, 2,000 puts a second.",
      "watch-one: 1,000 watchers of one key on 100 streams, 100 puts a second.",
      "watch-all: one watcher of everything, 64 clients that put as fast as they can.",
      "lease-live: 100,000 leases of 60 s, each kept alive every 20 s.",
      "lease-end: 10,000 leases with a key each end at once, while 500 puts a second go on."
    },
    footer = {
      "",
      "Examples:",
      "  testing/bench/compare-streams --cases watch-each --rounds 5",
      "  testing/bench/compare-streams --members 3"
    })
public final class CompareStreams implements Callable<Integer> {
  private static final int KEY_SPACE = 10_000;
  private static final int STREAMS = 100;
  private static final int CONNECTIONS = 4;
  private static final int LIVE_LEASES = 100_000;
  private static final int ENDING_LEASES = 10_000;
  private static final long ENDING_TTL_SECONDS = 5;
  private static final long ENDED_SECONDS_MAX = 60;
  private static final String LEASED = "leased/";

  private final PrintStream out;
  private final PrintStream err;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "print this and end")
  boolean help;

  @Option(
      names = "--a",
      defaultValue = "etcd=etcd",
      paramLabel = "NAME=COMMAND",
      description = "the yardstick (default: ${DEFAULT-VALUE})")
  String first = "";

  @Option(
      names = "--b",
      defaultValue = "Quorate=./quorate server",
      paramLabel = "NAME=COMMAND",
      description = "what is measured against it (default: ${DEFAULT-VALUE})")
  String second = "";

  @Option(
      names = "--members",
      defaultValue = "1",
      paramLabel = "N",
      description = "size of the cluster (default: ${DEFAULT-VALUE})")
  int members;

  @Option(
      names = "--cases",
      split = ",",
      defaultValue = "watch-each,watch-one,watch-all,lease-live,lease-end",
      paramLabel = "CASE",
      description = "which (default: all)")
  List<String> cases = new ArrayList<>();

  @Option(
      names = "--rounds",
      defaultValue = "3",
      paramLabel = "N",
      description = "of both servers each (default: ${DEFAULT-VALUE})")
  int rounds;

  @Option(
      names = "--seconds",
      defaultValue = "10",
      paramLabel = "N",
      description = "counted for a case (default: ${DEFAULT-VALUE})")
  int seconds;

  @Option(
      names = "--warm-up",
      defaultValue = "5",
      paramLabel = "N",
      description = "seconds before (default: ${DEFAULT-VALUE})")
  int warmUp;

  @Option(
      names = "--data",
      defaultValue = "target/compare",
      paramLabel = "FOLDER",
      description = "where the servers keep their data (default: ${DEFAULT-VALUE})")
  Path data = Path.of("");

  private CompareStreams(PrintStream out, PrintStream err) {
    this.out = out;
    this.err = err;
  }

  /** Runs the comparison and ends the process. */
  public static void main(String[] args) {
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    PrintStream err = new PrintStream(System.err, true, StandardCharsets.UTF_8);
    System.exit(new CommandLine(new CompareStreams(out, err)).execute(args));
  }

  /**
   * What one run of one case brought.
   *
   * @param perSecond events delivered, renewals answered, or leases ended
   * @param p50 milliseconds from when a put was due until a watcher had it, of a renewal, or of a
   *     put while leases end
   * @param cores of the processors that the servers were busy with
   */
  private record Sample(
      double perSecond, double p50, double p99, double cores, double residentMiB) {}

  @Override
  public Integer call() {
    List<Contender> contenders = List.of(Contender.of(first), Contender.of(second));
    Map<String, List<List<Sample>>> samples = new TreeMap<>();
    for (String each : cases) {
      List<List<Sample>> both = List.of(new ArrayList<>(), new ArrayList<>());
      samples.put(each, both);
      for (int round = 1; round <= rounds; round++) {
        for (int i = 0; i < contenders.size(); i++) {
          Sample sample = runOnce(contenders.get(i), each);
          both.get(i).add(sample);
          err.printf(
              Locale.ROOT,
              "round %d, %s, %s: %,.0f/s, p50 %.2f ms, p99 %.2f ms, %.2f cores, %.0f MiB%n",
              round,
              contenders.get(i).name(),
              each,
              sample.perSecond(),
              sample.p50(),
              sample.p99(),
              sample.cores(),
              sample.residentMiB());
        }
      }
    }
    table(contenders, samples);
    return 0;
  }

  private Sample runOnce(Contender contender, String name) {
    try (ServerProcesses cluster =
        ServerProcesses.start(contender.command(), members, data.toAbsolutePath())) {
      InetSocketAddress leader = cluster.addressesLeaderFirst().getFirst();
      return switch (name) {
        case "watch-each" ->
            watch(cluster, leader, STREAMS, KEY_SPACE, puts(leader, 256, KEY_SPACE, 2_000));
        case "watch-one" -> watch(cluster, leader, STREAMS, 1_000, puts(leader, 256, 1, 100));
        case "watch-all" -> watch(cluster, leader, 1, 1, puts(leader, 64, KEY_SPACE, 0));
        case "lease-live" -> live(cluster, leader);
        case "lease-end" -> end(cluster, leader);
        default -> throw new IllegalArgumentException("no such case: " + name);
      };
    }
  }

  /** Each watcher has a key of its own, as far as there are; a single one has all. */
  private Sample watch(
      ServerProcesses cluster,
      InetSocketAddress leader,
      int streams,
      int watchers,
      LoadSettings puts) {
    long[] cpu = new long[1];
    try (Watchers watching =
        Watchers.open(
            endpoint(leader),
            Math.min(CONNECTIONS, streams),
            streams,
            watchers,
            i ->
                watchers == 1
                    ? new Watchers.Interest(Bytes.wrap(new byte[1]), Bytes.wrap(new byte[1]))
                    : new Watchers.Interest(
                        Requests.key(puts, i % puts.keySpace()), Bytes.EMPTY))) {
      LoadResult written =
          Load.start(
                  puts,
                  new Load.Phases() {
                    @Override
                    public void counting() {
                      cpu[0] = cluster.cpuNanos();
                      watching.count(true);
                    }

                    @Override
                    public void counted() {
                      watching.count(false);
                      cpu[0] = cluster.cpuNanos() - cpu[0];
                    }
                  })
              .await();
      if (written.failed() > 0) {
        throw new IllegalStateException("puts failed: " + written.errors());
      }
      double resident = cluster.residentBytes() / 1048576.0;
      return sample(watching.end(), written.seconds(), cpu[0], resident);
    }
  }

  private Sample live(ServerProcesses cluster, InetSocketAddress leader) {
    try (Leases leases = new Leases(endpoint(leader), LIVE_LEASES, 60, STREAMS)) {
      leases.grant();
      leases.keepAlive(TimeUnit.SECONDS.toNanos(warmUp));
      leases.count(true);
      long cpu = cluster.cpuNanos();
      leases.keepAlive(TimeUnit.SECONDS.toNanos(seconds));
      cpu = cluster.cpuNanos() - cpu;
      leases.count(false);
      double resident = cluster.residentBytes() / 1048576.0;
      return sample(leases.delays(), seconds, cpu, resident);
    }
  }

  private Sample end(ServerProcesses cluster, InetSocketAddress leader) {
    Bytes prefix = Bytes.utf8(LEASED);
    Bytes behind = Bytes.utf8(LEASED.substring(0, LEASED.length() - 1) + (char) ('/' + 1));
    try (Leases leases = new Leases(endpoint(leader), ENDING_LEASES, ENDING_TTL_SECONDS, STREAMS);
        Watchers watching =
            Watchers.open(endpoint(leader), 1, 1, 1, _ -> new Watchers.Interest(prefix, behind))) {
      leases.grant();
      leases.attach(LEASED);
      leases.renewAll();
      long due = System.nanoTime() + TimeUnit.SECONDS.toNanos(ENDING_TTL_SECONDS);
      LockSupport.parkNanos(due - System.nanoTime() - TimeUnit.SECONDS.toNanos(1));
      long cpu = cluster.cpuNanos();
      Load puts =
          Load.start(puts(leader, 128, KEY_SPACE, 500, 0, ENDED_SECONDS_MAX), Load.Phases.NONE);
      while (watching.deletions() < ENDING_LEASES) {
        if (puts.isDone()) {
          throw new IllegalStateException(
              watching.deletions() + " of " + ENDING_LEASES + " leases ended");
        }
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
      }
      double took = (System.nanoTime() - due) / 1e9;
      puts.stop();
      LoadResult written = puts.await();
      cpu = cluster.cpuNanos() - cpu;
      return new Sample(
          ENDING_LEASES / took,
          written.millisAt(50),
          written.millisAt(99),
          cpu / 1e9 / written.seconds(),
          cluster.residentBytes() / 1048576.0);
    }
  }

  private static Sample sample(Histogram delays, double seconds, long cpuNanos, double resident) {
    return new Sample(
        delays.getTotalCount() / seconds,
        delays.getValueAtPercentile(50) / 1e6,
        delays.getValueAtPercentile(99) / 1e6,
        cpuNanos / 1e9 / seconds,
        resident);
  }

  private LoadSettings puts(InetSocketAddress leader, int clients, int keys, double rate) {
    return puts(leader, clients, keys, rate, warmUp, seconds);
  }

  private static LoadSettings puts(
      InetSocketAddress leader, int clients, int keys, double rate, long warmUp, long seconds) {
    return new LoadSettings(
        Kind.PUT,
        List.of(leader),
        clients,
        4,
        32,
        256,
        keys,
        /* sequentialKeys= */ true,
        0,
        0,
        Duration.ofSeconds(seconds),
        rate,
        Duration.ofSeconds(warmUp),
        /* serializable= */ false,
        1);
  }

  private static String endpoint(InetSocketAddress address) {
    return address.getHostString() + ":" + address.getPort();
  }

  private void table(List<Contender> contenders, Map<String, List<List<Sample>>> samples) {
    String a = contenders.get(0).name();
    String b = contenders.get(1).name();
    out.printf(
        Locale.ROOT,
        "%n%d %s, medians of %d rounds (lowest–highest)%n%n",
        members,
        members == 1 ? "member" : "members",
        rounds);
    out.printf(
        "| case | %s /s | %s /s | ratio | %s p50/p99 ms | %s p50/p99 ms | %s cores | %s cores |"
            + " %s MiB | %s MiB |%n",
        a, b, a, b, a, b, a, b);
    out.println("|---|---:|---:|---:|---|---|---:|---:|---:|---:|");
    for (String each : cases) {
      List<Sample> as = samples.getOrDefault(each, List.of()).get(0);
      List<Sample> bs = samples.getOrDefault(each, List.of()).get(1);
      out.printf(
          Locale.ROOT,
          "| %s | %s | %s | **%.2f×** | %s | %s | %.2f | %.2f | %.0f | %.0f |%n",
          each,
          Medians.spread(as, Sample::perSecond),
          Medians.spread(bs, Sample::perSecond),
          Medians.of(bs, Sample::perSecond) / Medians.of(as, Sample::perSecond),
          delays(as),
          delays(bs),
          Medians.of(as, Sample::cores),
          Medians.of(bs, Sample::cores),
          Medians.of(as, Sample::residentMiB),
          Medians.of(bs, Sample::residentMiB));
    }
    out.flush();
  }

  private static String delays(List<Sample> samples) {
    ToDoubleFunction<Sample> p50 = Sample::p50;
    ToDoubleFunction<Sample> p99 = Sample::p99;
    return String.format(
        Locale.ROOT, "%.2f / %.1f", Medians.of(samples, p50), Medians.of(samples, p99));
  }
}
