package io.quorate.simulator.recipes;

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

/** {@code quorate sim-recipes}: schedules from seeds, and what was wrong in them. */
@Command(
    name = "sim-recipes",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Runs processes that use locks, elections, semaphores, barriers and ids over a simulated",
      "store: one thread, one seed, and all that can come between. Each seed is a row of "
          + Schedules.PER_STORE,
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

  @Spec private CommandSpec spec = CommandSpec.create();

  private final AtomicLong next = new AtomicLong();
  private long schedules;
  private long events;
  private long successes;
  private long ids;
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
    long begun = System.nanoTime();
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
    return tell((System.nanoTime() - begun) / 1e9);
  }

  private void work() {
    long mine = next.getAndIncrement();
    while (mine - seed < seeds) {
      add(mine, Schedules.run(mine, members));
      mine = next.getAndIncrement();
    }
  }

  private synchronized void add(long of, Schedules.Row row) {
    schedules += row.schedules();
    events += row.events();
    successes += row.successes();
    ids += row.ids();
    simulatedNanos += row.simulatedNanos();
    if (!row.violations().isEmpty()) {
      wrong++;
      row.violations().forEach(System.out::println);
      System.out.printf("  repeat with: quorate sim-recipes --members %d --seed %d%n", members, of);
    }
  }

  private synchronized int tell(double seconds) {
    System.out.printf(
        Locale.ROOT,
        "%,d schedules in %.1f s: %,.0f a second, %,.0f events each; %.2f simulated hours,"
            + " %,d times held or passed, %,d ids; %d rows with violations%n",
        schedules,
        seconds,
        schedules / seconds,
        (double) events / Math.max(1, schedules),
        simulatedNanos / 3.6e12,
        successes,
        ids,
        wrong);
    return wrong == 0 ? 0 : 1;
  }
}
