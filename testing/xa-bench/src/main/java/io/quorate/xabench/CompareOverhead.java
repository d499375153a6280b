package io.quorate.xabench;

import io.quorate.bench.Medians;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a manager costs by itself: transactions of two resources that do nothing, by each contender
 * in turn, with its log synced; a plain loop in each thread. Prints a table of medians.
 */
final class CompareOverhead {
  private static final int[] THREADS = {1, 8, 64};
  private static final int THREADS_MAX = 64;

  private CompareOverhead() {}

  /** Takes rounds, seconds of a load, and seconds of its warm-up: 3, 3 and 2 unless given. */
  public static void main(String[] args) throws Exception {
    int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 3;
    double seconds = args.length > 1 ? Double.parseDouble(args[1]) : 3;
    double warmUp = args.length > 2 ? Double.parseDouble(args[2]) : 2;
    Path directory = ApplicationProcess.directory("compare-transaction-overhead");
    Map<Contender, ApplicationProcess> applications = new EnumMap<>(Contender.class);
    Map<Contender, Map<Integer, List<LoadResult>>> results = new EnumMap<>(Contender.class);
    try {
      for (Contender each : Contender.values()) {
        if (each.isAtomic()) {
          Path own = directory.resolve(each.name());
          applications.put(each, ApplicationProcess.start(each, own, THREADS_MAX, null, false));
        }
      }
      for (int round = 0; round < rounds; round++) {
        for (int threads : THREADS) {
          for (Contender each : Order.of(round, Order.named(List.of()))) {
            ApplicationProcess application = applications.get(each);
            if (application != null) {
              System.err.printf("round %d: %s, %d threads%n", round + 1, each.label(), threads);
              results
                  .computeIfAbsent(each, _ -> new TreeMap<>())
                  .computeIfAbsent(threads, _ -> new ArrayList<>())
                  .add(application.load(threads, warmUp, seconds));
            }
          }
        }
      }
    } finally {
      applications.values().forEach(ApplicationProcess::close);
    }
    System.out.println("| threads | contender | tx/s | p50/p99 ms | failed |");
    System.out.println("|---:|---|---:|---:|---:|");
    for (int threads : THREADS) {
      results.forEach((each, all) -> {
        List<LoadResult> of = all.getOrDefault(threads, List.of());
        System.out.printf(
            Locale.ROOT,
            "| %d | %s | %s | %.3f / %.2f | %d |%n",
            threads,
            each.label(),
            Medians.spread(of, LoadResult::throughput),
            Medians.of(of, result -> result.millisAt(50)),
            Medians.of(of, result -> result.millisAt(99)),
            of.stream().mapToLong(LoadResult::failed).sum());
      });
    }
  }
}
