package io.quorate.simulator;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLong;
import java.util.logging.Level;
import java.util.logging.Logger;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * A command that lives through rows of schedules over a simulated store, a seed each, and says what
 * was wrong in them.
 *
 * @param <R> what a row comes to
 */
public abstract class SchedulesCommand<R> implements Callable<Integer> {
  /** Held, or its level would be forgotten with it. */
  private static final Logger ALL = Logger.getLogger("");

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

  // Guarded by this.
  private long schedules;
  private long events;
  private long simulatedNanos;
  private long wrong;

  /** What every row tells. */
  public record Told(int schedules, long events, List<String> violations, long simulatedNanos) {}

  /** Runs a command and ends the process with its exit code: 1 if a schedule was wrong. */
  protected static void run(SchedulesCommand<?> command, String[] args) {
    ALL.setLevel(Level.OFF); // what members log tells nothing here
    System.exit(new CommandLine(command).execute(args));
  }

  /** Lives through one row; by many threads at a time. */
  protected abstract R row(long of, int storeMembers);

  /** Adds up what is only this command's; by one thread at a time. */
  protected abstract Told add(R row);

  /** What repeats a row besides its seed and members, such as {@code " --plant X"}. */
  protected String repeats() {
    return "";
  }

  /** How much of what only this command counts there was. */
  protected abstract String counted(double seconds);

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
      ended(mine, row(mine, members));
      mine = next.getAndIncrement();
    }
  }

  private synchronized void ended(long of, R row) {
    Told told = add(row);
    schedules += told.schedules;
    events += told.events;
    simulatedNanos += told.simulatedNanos;
    if (!told.violations.isEmpty()) {
      wrong++;
      told.violations.forEach(System.out::println);
      System.out.printf(
          "  repeat with: quorate %s --members %d --seed %d%s%n",
          spec.name(), members, of, repeats());
    }
  }

  private synchronized int tell(double seconds) {
    System.out.printf(
        Locale.ROOT,
        "%s; %,d schedules in %.1f s, %,.0f events each, %.2f simulated hours; %d rows with"
            + " violations%n",
        counted(seconds),
        schedules,
        seconds,
        (double) events / Math.max(1, schedules),
        simulatedNanos / 3.6e12,
        wrong);
    return wrong == 0 ? 0 : 1;
  }
}
