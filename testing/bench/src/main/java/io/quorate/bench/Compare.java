package io.quorate.bench;

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
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Two servers under the same load, in turn: A B A B …, each time a fresh cluster on the same disk,
 * so that the machine's moods meet both. Prints a table of medians and their ratios.
 */
@Command(
    name = "compare",
    description = {
      "Runs the same load against two servers in turn and prints medians and ratios.",
      "Both are started with etcd's flags; all members, clients and this run on this machine."
    },
    footer = {
      "",
      "Examples:",
      "  testing/bench/compare --cases put:128,range:128 --rounds 5",
      "  testing/bench/compare --a etcd=etcd --b again=etcd --members 1"
    })
public final class Compare implements Callable<Integer> {
  private static final int KEY_SPACE = 10_000;

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
      split = ",",
      defaultValue = "1,3",
      paramLabel = "N",
      description = "sizes of clusters (default: ${DEFAULT-VALUE})")
  List<Integer> members = new ArrayList<>();

  @Option(
      names = "--cases",
      split = ",",
      defaultValue = "put:1,put:16,put:128,put:512,range:1,range:16,range:128,range:512,txn:128",
      paramLabel = "KIND:CLIENTS",
      description = "put, range, srange or txn, and how many outstanding (default: all)")
  List<String> cases = new ArrayList<>();

  @Option(
      names = "--rounds",
      defaultValue = "3",
      paramLabel = "N",
      description = "of both servers each (default: ${DEFAULT-VALUE})")
  int rounds;

  @Option(
      names = "--seconds",
      defaultValue = "5",
      paramLabel = "N",
      description = "counted for a case (default: ${DEFAULT-VALUE})")
  double seconds;

  @Option(
      names = "--warm-up",
      defaultValue = "3",
      paramLabel = "N",
      description = "seconds before (default: ${DEFAULT-VALUE})")
  double warmUp;

  @Option(
      names = "--start-up",
      defaultValue = "5",
      paramLabel = "N",
      description =
          "seconds of puts and reads before a cluster's first case (default: "
              + "${DEFAULT-VALUE})")
  double startUp;

  @Option(names = "--all-members", description = "spread clients over members, not on the leader")
  boolean allMembers;

  @Option(
      names = "--data",
      defaultValue = "target/compare",
      paramLabel = "FOLDER",
      description = "where the servers keep their data (default: ${DEFAULT-VALUE})")
  Path data = Path.of("");

  private Compare(PrintStream out, PrintStream err) {
    this.out = out;
    this.err = err;
  }

  /** Runs the comparison and ends the process. */
  public static void main(String[] args) {
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    PrintStream err = new PrintStream(System.err, true, StandardCharsets.UTF_8);
    System.exit(new CommandLine(new Compare(out, err)).execute(args));
  }

  /** What one run of one case brought. */
  private record Sample(
      double throughput,
      double p50,
      double p99,
      double serverCpuMicros,
      double clientCpuMicros,
      double residentMiB,
      long failed) {}

  @Override
  public Integer call() {
    List<Contender> contenders = List.of(Contender.of(first), Contender.of(second));
    for (int size : members) {
      Map<String, List<List<Sample>>> samples = new TreeMap<>();
      for (String each : cases) {
        samples.put(each, List.of(new ArrayList<>(), new ArrayList<>()));
      }
      for (int round = 1; round <= rounds; round++) {
        for (int i = 0; i < contenders.size(); i++) {
          runAll(contenders.get(i), size, round, samples, i);
        }
      }
      table(contenders, size, samples);
    }
    return 0;
  }

  private void runAll(
      Contender contender,
      int size,
      int round,
      Map<String, List<List<Sample>>> samples,
      int place) {
    try (ServerProcesses cluster =
        ServerProcesses.start(contender.command(), size, data.toAbsolutePath())) {
      List<InetSocketAddress> addresses = cluster.addressesLeaderFirst();
      List<InetSocketAddress> targets = allMembers ? addresses : addresses.subList(0, 1);
      fill(targets);
      for (String each : cases) {
        Sample sample = run(cluster, settings(each, targets));
        List<List<Sample>> both = samples.get(each);
        if (both != null) {
          both.get(place).add(sample);
        }
        err.printf(
            Locale.ROOT,
            "%d members, round %d, %s, %s: %,.0f/s, p50 %.2f ms, p99 %.2f ms, server %.1f µs/op,"
                + " client %.1f µs/op, %d failed%n",
            size,
            round,
            contender.name(),
            each,
            sample.throughput(),
            sample.p50(),
            sample.p99(),
            sample.serverCpuMicros(),
            sample.clientCpuMicros(),
            sample.failed());
      }
    }
  }

  /** Writes every key once, and lets both sides' compilers and caches warm up. */
  private void fill(List<InetSocketAddress> targets) {
    LoadSettings puts =
        new LoadSettings(
            Kind.PUT,
            targets,
            128,
            8,
            32,
            256,
            KEY_SPACE,
            true,
            0,
            KEY_SPACE,
            Duration.ZERO,
            0,
            Duration.ZERO,
            false,
            1);
    LoadResult filled = Load.start(puts, Load.Phases.NONE).await();
    if (filled.failed() > 0) {
      throw new IllegalStateException("filling failed: " + filled.errors());
    }
    if (startUp > 0) {
      for (Kind kind : List.of(Kind.PUT, Kind.RANGE)) {
        LoadSettings warm =
            new LoadSettings(
                kind,
                targets,
                128,
                8,
                32,
                256,
                KEY_SPACE,
                false,
                0,
                0,
                seconds(startUp / 2),
                0,
                Duration.ZERO,
                false,
                2);
        var _ = Load.start(warm, Load.Phases.NONE).await();
      }
    }
  }

  private LoadSettings settings(String each, List<InetSocketAddress> targets) {
    int colon = each.indexOf(':');
    String kind = each.substring(0, Math.max(0, colon));
    int clients;
    try {
      clients = Integer.parseInt(each.substring(colon + 1));
    } catch (NumberFormatException _) {
      throw new IllegalArgumentException("not KIND:CLIENTS: " + each);
    }
    boolean serializable = kind.equals("srange");
    return new LoadSettings(
        serializable ? Kind.RANGE : Kind.valueOf(kind.toUpperCase(Locale.ROOT)),
        targets,
        clients,
        8,
        32,
        256,
        KEY_SPACE,
        false,
        0.9,
        0,
        seconds(seconds),
        0,
        seconds(warmUp),
        serializable,
        3);
  }

  private static Sample run(ServerProcesses cluster, LoadSettings settings) {
    long[] cpu = new long[2];
    LoadResult result =
        Load.start(
                settings,
                new Load.Phases() {
                  @Override
                  public void counting() {
                    cpu[0] = cluster.cpuNanos();
                  }

                  @Override
                  public void counted() {
                    cpu[1] = cluster.cpuNanos();
                  }
                })
            .await();
    if (settings.kind() == Kind.RANGE && result.answerBytes() < settings.valueSize()) {
      throw new IllegalStateException(
          "reads did not find their keys: answers of " + result.answerBytes() + " bytes");
    }
    return new Sample(
        result.throughput(),
        result.millisAt(50),
        result.millisAt(99),
        (cpu[1] - cpu[0]) / 1e3 / Math.max(1, result.succeeded() + result.failed()),
        result.clientCpuMicros(),
        cluster.residentBytes() / 1048576.0,
        result.failed());
  }

  private void table(
      List<Contender> contenders, int size, Map<String, List<List<Sample>>> samples) {
    String a = contenders.get(0).name();
    String b = contenders.get(1).name();
    out.printf(
        Locale.ROOT,
        "%n### %d %s, medians of %d rounds (lowest–highest)%n%n",
        size,
        size == 1 ? "member" : "members",
        rounds);
    out.printf(
        "| case | %s ops/s | %s ops/s | ratio | %s p50 ms | %s p50 ms | %s p99 ms | %s p99 ms |"
            + " %s CPU µs/op | %s CPU µs/op | %s RSS MiB | %s RSS MiB | failed |%n",
        a, b, a, b, a, b, a, b, a, b);
    out.println("|---|---|---|---|---|---|---|---|---|---|---|---|---|");
    for (String each : cases) {
      List<List<Sample>> both = samples.get(each);
      if (both == null) {
        continue;
      }
      List<Sample> as = both.get(0);
      List<Sample> bs = both.get(1);
      double ratio =
          Medians.of(as, Sample::throughput) == 0
              ? 0
              : Medians.of(bs, Sample::throughput) / Medians.of(as, Sample::throughput);
      long failed = 0;
      for (List<Sample> one : both) {
        for (Sample sample : one) {
          failed += sample.failed();
        }
      }
      out.printf(
          Locale.ROOT,
          "| %s | %s | %s | **%.2f×** | %.2f | %.2f | %.1f | %.1f | %.0f | %.0f | %.0f | %.0f | %d"
              + " |%n",
          each.replace(':', ' '),
          Medians.spread(as, Sample::throughput),
          Medians.spread(bs, Sample::throughput),
          ratio,
          Medians.of(as, Sample::p50),
          Medians.of(bs, Sample::p50),
          Medians.of(as, Sample::p99),
          Medians.of(bs, Sample::p99),
          Medians.of(as, Sample::serverCpuMicros),
          Medians.of(bs, Sample::serverCpuMicros),
          Medians.of(as, Sample::residentMiB),
          Medians.of(bs, Sample::residentMiB),
          failed);
    }
    out.flush();
  }

  private static Duration seconds(double seconds) {
    return Duration.ofNanos((long) (seconds * 1e9));
  }
}
