package io.quorate.xabench;

import io.quorate.bench.Medians;
import io.quorate.databases.Database;
import io.quorate.databases.MariaDbServer;
import io.quorate.databases.PostgreSqlServer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Transfers between two real databases by each contender in turn, at several numbers of threads;
 * prints a table of medians. Each works for a while before the first round, until its code is
 * compiled, and each round begins with another.
 *
 * <p>Syncs are counted in a run apart, since counting them takes time: those of the databases are
 * what they count themselves, of all their files in MariaDB and of the log in PostgreSQL; those of
 * a manager's log are the calls of {@code fsync} and its kin that strace sees in the application.
 */
final class CompareTransactions {
  private static final int[] THREADS = {1, 8, 64};
  private static final int THREADS_MAX = 64;

  /** How many warm-ups long each runs before the first round, until its code is compiled. */
  private static final int HEATED = 10;

  /** Seconds of a run in which syncs are counted. */
  private static final double COUNTED = 5;

  /**
   * Syncs for one transaction.
   *
   * @param log of the manager's own log; null where they can't be counted
   */
  private record Syncs(double postgreSql, double mariaDb, @Nullable Double log) {}

  private final Path directory = ApplicationProcess.directory("compare-transactions");
  private final PostgreSqlServer postgreSql;
  private final MariaDbServer mariaDb;
  private final List<Contender> contenders;
  private final Map<Contender, Bank> banks = new EnumMap<>(Contender.class);
  private final Map<Contender, Map<Integer, List<LoadResult>>> results =
      new EnumMap<>(Contender.class);

  private CompareTransactions(
      PostgreSqlServer postgreSql, MariaDbServer mariaDb, List<Contender> contenders) {
    this.postgreSql = postgreSql;
    this.mariaDb = mariaDb;
    this.contenders = contenders;
  }

  /**
   * Takes rounds, seconds of a load, and seconds of its warm-up: 3, 5 and 2 unless given; and the
   * names of contenders, all unless given.
   */
  public static void main(String[] args) throws Exception {
    int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 3;
    double seconds = args.length > 1 ? Double.parseDouble(args[1]) : 5;
    double warmUp = args.length > 2 ? Double.parseDouble(args[2]) : 2;
    List<String> names = Arrays.asList(args).subList(Math.min(3, args.length), args.length);
    try (PostgreSqlServer postgreSql = PostgreSqlServer.start();
        MariaDbServer mariaDb = MariaDbServer.start()) {
      new CompareTransactions(postgreSql, mariaDb, Order.named(names)).run(rounds, warmUp, seconds);
    }
  }

  private void run(int rounds, double warmUp, double seconds) throws Exception {
    Map<Contender, ApplicationProcess> applications = new EnumMap<>(Contender.class);
    try {
      for (Contender each : contenders) {
        Bank bank =
            Bank.create(
                postgreSql, mariaDb, "bank_" + each.name().toLowerCase(Locale.ROOT), THREADS_MAX);
        banks.put(each, bank);
        applications.put(
            each,
            ApplicationProcess.start(
                each, directory.resolve(each.name()), THREADS_MAX, bank, false));
      }
      for (Contender each : contenders) {
        ApplicationProcess application = applications.get(each);
        if (application != null) {
          var _ = application.load(THREADS[1], 0, HEATED * warmUp);
        }
      }
      for (int round = 0; round < rounds; round++) {
        for (int threads : THREADS) {
          for (Contender each : Order.of(round, contenders)) {
            ApplicationProcess application = applications.get(each);
            if (application != null) {
              LoadResult result = application.load(threads, warmUp, seconds);
              tell(round, each, threads, result);
              results
                  .computeIfAbsent(each, _ -> new TreeMap<>())
                  .computeIfAbsent(threads, _ -> new ArrayList<>())
                  .add(result);
            }
          }
        }
      }
    } finally {
      applications.values().forEach(ApplicationProcess::close);
    }
    Map<Contender, Map<Integer, Syncs>> syncs = new EnumMap<>(Contender.class);
    if (!ApplicationProcess.canTrace()) {
      System.err.println("syncs of the managers' logs aren't counted: strace isn't installed");
    }
    for (Contender each : contenders) {
      for (int threads : THREADS) {
        Syncs counted = count(each, threads);
        System.err.printf("syncs, %d threads, %s: %s%n", threads, each.label(), columns(counted));
        syncs.computeIfAbsent(each, _ -> new TreeMap<>()).put(threads, counted);
      }
    }
    print(syncs);
  }

  /**
   * Says what came of one load at once, so that a comparison that is ended early told something.
   */
  private static void tell(int round, Contender contender, int threads, LoadResult result) {
    System.err.printf(
        Locale.ROOT,
        "round %d, %d threads, %s: %.0f tx/s, %.2f / %.1f ms, %d failed%n",
        round + 1,
        threads,
        contender.label(),
        result.throughput(),
        result.millisAt(50),
        result.millisAt(99),
        result.failed());
  }

  /** Counts syncs of an application's whole life, since databases tell of some only at its end. */
  private Syncs count(Contender contender, int threads) throws InterruptedException {
    Path log = directory.resolve(contender.name() + "-counted-" + threads);
    boolean traced = ApplicationProcess.canTrace();
    long postgreSqlBefore = settled(postgreSql);
    long mariaDbBefore = settled(mariaDb);
    ApplicationProcess application =
        ApplicationProcess.start(contender, log, threads, banks.get(contender), traced);
    double total = application.load(threads, 0, COUNTED).total();
    application.close();
    return new Syncs(
        (settled(postgreSql) - postgreSqlBefore) / total,
        (settled(mariaDb) - mariaDbBefore) / total,
        traced && contender.isAtomic() ? application.syncs() / total : null);
  }

  /** How often a server has synced, when it has told all of it. */
  private static long settled(Database server) throws InterruptedException {
    long before = -1;
    long syncs = server.syncs();
    while (syncs != before) {
      Thread.sleep(1_500); // more than what it puts off telling for
      before = syncs;
      syncs = server.syncs();
    }
    return syncs;
  }

  private void print(Map<Contender, Map<Integer, Syncs>> syncs) throws Exception {
    System.out.println(
        "| threads | contender | tx/s | p50/p99 ms | syncs a tx: PostgreSQL | MariaDB | log |"
            + " failed |");
    System.out.println("|---:|---|---:|---:|---:|---:|---:|---:|");
    for (int threads : THREADS) {
      for (Contender each : contenders) {
        List<LoadResult> of = results.getOrDefault(each, Map.of()).getOrDefault(threads, List.of());
        Syncs counted = syncs.getOrDefault(each, Map.of()).get(threads);
        System.out.printf(
            Locale.ROOT,
            "| %d | %s | %s | %.2f / %.1f | %s | %d |%n",
            threads,
            each.label(),
            Medians.spread(of, LoadResult::throughput),
            Medians.of(of, result -> result.millisAt(50)),
            Medians.of(of, result -> result.millisAt(99)),
            counted == null ? "- | - | -" : columns(counted),
            of.stream().mapToLong(LoadResult::failed).sum());
      }
    }
    for (Map.Entry<Contender, Bank> each : banks.entrySet()) {
      if (!each.getValue().isConserved()) {
        System.out.println(each.getKey().label() + ": money is missing, or too much is there");
      }
    }
  }

  private static String columns(Syncs syncs) {
    return String.format(Locale.ROOT, "%.2f | %.2f | ", syncs.postgreSql(), syncs.mariaDb())
        + (syncs.log() == null ? "-" : String.format(Locale.ROOT, "%.2f", syncs.log()));
  }
}
