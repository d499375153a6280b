package io.quorate.xabench;

import io.quorate.databases.Database;
import io.quorate.databases.MariaDbServer;
import io.quorate.databases.PostgreSqlServer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * How long transactions stay in doubt, and their rows locked, when the application is killed in the
 * middle of them: from the kill until neither database lists a prepared transaction. As soon as it
 * is dead, an application takes its place in the way that the manager allows, with the manager's
 * default periods: another process with the same directory, which nobody else may have meanwhile.
 */
final class CompareRecovery {
  private static final int THREADS = 8;
  private static final Duration LOAD = Duration.ofSeconds(3);
  private static final Duration WAIT_MAX = Duration.ofMinutes(10);

  private CompareRecovery() {}

  /**
   * Takes how often each is killed, 1 unless given, and the names of contenders: all unless given.
   */
  public static void main(String[] args) throws Exception {
    int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 1;
    List<Contender> contenders =
        Order.named(Arrays.asList(args).subList(Math.min(1, args.length), args.length));
    System.out.println(
        "| round | contender | left in PostgreSQL | in MariaDB | s until PostgreSQL is clear |"
            + " MariaDB | both | money |");
    System.out.println("|---:|---|---:|---:|---:|---:|---:|---|");
    for (int round = 1; round <= rounds; round++) {
      for (Contender each : Order.of(round, contenders)) {
        if (each.isAtomic()) {
          try (PostgreSqlServer postgreSql = PostgreSqlServer.start();
              MariaDbServer mariaDb = MariaDbServer.start()) {
            one(round, each, Bank.create(postgreSql, mariaDb, "bank" + round, THREADS));
          }
        }
      }
    }
  }

  private static void one(int round, Contender contender, Bank bank) throws Exception {
    Path directory = ApplicationProcess.directory("compare-transaction-recovery");
    ApplicationProcess application =
        ApplicationProcess.start(contender, directory, THREADS, bank, false);
    application.begin(THREADS, 0, (double) WAIT_MAX.toSeconds());
    Thread.sleep(LOAD.toMillis());
    // From here on one look after the other, until there is something in both.
    long deadline = System.nanoTime() + WAIT_MAX.toNanos();
    while (bank.postgreSql().prepared().isEmpty() || bank.mariaDb().prepared().isEmpty()) {
      if (System.nanoTime() - deadline > 0) {
        throw new IllegalStateException("nothing is ever prepared");
      }
    }
    long killed = System.nanoTime();
    application.kill();
    int inPostgreSql = bank.postgreSql().prepared().size();
    int inMariaDb = bank.mariaDb().prepared().size();
    try (ApplicationProcess _ =
        ApplicationProcess.start(contender, directory, THREADS, bank, false)) {
      double postgreSql = Double.NaN;
      double mariaDb = Double.NaN;
      double now = 0;
      while ((Double.isNaN(postgreSql) || Double.isNaN(mariaDb)) && now < WAIT_MAX.toSeconds()) {
        Thread.sleep(100); // databases don't tell when a branch ends
        now = (System.nanoTime() - killed) / 1e9;
        postgreSql = clearedAt(postgreSql, now, bank.postgreSql());
        mariaDb = clearedAt(mariaDb, now, bank.mariaDb());
      }
      System.out.printf(
          Locale.ROOT,
          "| %d | %s | %d | %d | %s | %s | %s | %s |%n",
          round,
          contender.label(),
          inPostgreSql,
          inMariaDb,
          seconds(postgreSql),
          seconds(mariaDb),
          seconds(Math.max(postgreSql, mariaDb)),
          bank.isConserved() ? "conserved" : "NOT CONSERVED");
    }
  }

  private static double clearedAt(double before, double now, Database database) {
    return !Double.isNaN(before) || !database.prepared().isEmpty() ? before : now;
  }

  private static String seconds(double seconds) {
    return Double.isNaN(seconds)
        ? "more than " + WAIT_MAX.toSeconds()
        : String.format(Locale.ROOT, "%.1f", seconds);
  }
}
