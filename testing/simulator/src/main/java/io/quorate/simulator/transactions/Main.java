package io.quorate.simulator.transactions;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLong;
import java.util.logging.Level;
import java.util.logging.Logger;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code quorate sim-transactions}: schedules from seeds, and what was wrong in them. */
@Command(
    name = "sim-transactions",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Runs processes that move money between two simulated databases and a simulated store:",
      "one thread, one seed, and all that can come between. Each seed is a row of "
          + TransferSchedules.PER_STORE,
      "schedules; the same seed is the same row, to the last event."
    })
public final class Main implements Callable<Integer> {
  @Option(names = "--seed", description = "one row, or the first of several")
  private long seed = 1;

  @Option(names = "--seeds", description = "how many rows (default: 1)")
  private long seeds = 1;

  @Option(names = "--members", description = "of the store: 1 or 3 (default: 1)")
  private int members = 1;

  @Option(names = "--threads", description = "rows at a time; all cores unless given")
  private int threads = Runtime.getRuntime().availableProcessors();

  @Option(names = "--plant", description = "what is wrong on purpose: ${COMPLETION-CANDIDATES}")
  private Planted planted = Planted.NOTHING;

  @Spec private CommandSpec spec = CommandSpec.create();

  private final AtomicLong next = new AtomicLong();
  private long schedules;
  private long events;
  private long begun;
  private long committed;
  private long simulatedNanos;
  private long wrong;

  /** Held, or its level would be forgotten with it. */
  private static final Logger ALL = Logger.getLogger("");

  private Main() {}

  /** Runs the command and ends the process with its exit code: 1 if a schedule was wrong. */
  public static void main(String[] args) {
    ALL.setLevel(Level.OFF); // what members log tells nothing here
    System.exit(new CommandLine(new Main()).execute(args));
  }

  @Override
  public Integer call() throws InterruptedException {
    if (threads < 1 || seeds < 1 || (members != 1 && members != 3)) {
      throw new CommandLine.ParameterException(
          spec.commandLine(), "--threads and --seeds take 1 or more, --members 1 or 3");
    }
    long started = System.nanoTime();
    next.set(seed);
    List<Thread> workers = new ArrayList<>();
    for (int i = 0; i < Math.min(threads, seeds); i++) {
      Thread worker = new Thread(this::work, "schedules-" + i);
      workers.add(worker);
      worker.start();
    }
    for (Thread worker : workers) {
      worker.join();
    }
    return tell((System.nanoTime() - started) / 1e9);
  }

  private void work() {
    long mine = next.getAndIncrement();
    while (mine - seed < seeds) {
      add(mine, TransferSchedules.run(mine, members, planted));
      mine = next.getAndIncrement();
    }
  }

  private synchronized void add(long of, TransferSchedules.Row row) {
    schedules += row.schedules();
    events += row.events();
    begun += row.begun();
    committed += row.committed();
    simulatedNanos += row.simulatedNanos();
    if (!row.violations().isEmpty()) {
      wrong++;
      row.violations().forEach(System.out::println);
      System.out.printf(
          "  repeat with: quorate sim-transactions --members %d --seed %d --plant %s%n",
          members, of, planted);
    }
  }

  private synchronized int tell(double seconds) {
    System.out.printf(
        Locale.ROOT,
        "%,d transactions, %,d of them told as committed, in %,d schedules and %.1f s: %,.0f a"
            + " second, %,.0f events each; %.2f simulated hours; %d rows with violations%n",
        begun,
        committed,
        schedules,
        seconds,
        begun / seconds,
        (double) events / Math.max(1, begun),
        simulatedNanos / 3.6e12,
        wrong);
    return wrong == 0 ? 0 : 1;
  }
}
