package io.quorate.simulator;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLong;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code quorate sim}: worlds from seeds, and what was wrong in them. */
@Command(
    name = "sim",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Runs whole clusters with their clients in simulated worlds: one thread, one seed, and",
      "everything that can go wrong. The same seed is the same world, to the last event."
    })
public final class Main implements Callable<Integer> {
  @Option(names = "--seed", description = "one world, or the first of several")
  private long seed = 1;

  @Option(names = "--seeds", description = "how many worlds; 1 unless --for is given")
  private long seeds;

  @Option(names = "--for", description = "as many worlds as fit into a time: 90s, 10m, 2h")
  private String duration = "";

  @Option(names = "--threads", description = "worlds at a time; all cores unless given")
  private int threads = Runtime.getRuntime().availableProcessors();

  @Option(
      names = "--swarm",
      description = "worlds without end, from a seed that nobody knows, until one is wrong")
  private boolean swarm;

  @Option(
      names = "--scenario",
      description = "the world of a file, as --shrink writes it; may be given several times")
  private List<Path> scenarios = List.of();

  @Option(names = "--load", description = "how long things go wrong, instead of what a seed draws")
  private String load = "";

  @Option(
      names = "--ledger",
      description = {
        "add a row to this file every ten minutes; goes on behind its last seed,",
        "unless --seed is given"
      })
  private @Nullable Path ledgerFile;

  @Option(names = "--trace", description = "tell the last things that happened")
  private boolean trace;

  @Option(names = "--digest", description = "tell a sum over all that happened, for each world")
  private boolean digest;

  @Option(
      names = "--probes",
      description = "tell in how many worlds each situation was reached that is worth reaching")
  private boolean probes;

  @Option(
      names = "--bench",
      description = "how fast worlds of five members go, for each stage of their lives")
  private boolean bench;

  @Option(
      names = "--shrink",
      description = {
        "look for the fewest faults with which it still fails, and write them",
        "to a file that --scenario takes"
      })
  private boolean shrink;

  /** Seeds from there on are easily told. */
  private static final long SWARM = 0xFFFFFF;

  @Spec private CommandSpec spec = CommandSpec.create();

  /** Of a soak's worlds each 20th is lived again in another process. */
  private static final long AGAIN_EACH = 20;

  private static final long PROGRESS_NANOS = 10_000_000_000L;
  private static final long ROW_NANOS = 600_000_000_000L;

  private final AtomicLong next = new AtomicLong();
  private final Tally all = new Tally();

  /** What no row of the ledger speaks of yet, and since when. */
  private Tally sinceRow = new Tally();

  private long rowBegun;
  private int statesTold;
  private long begun;
  private @Nullable Ledger ledger;
  private volatile boolean enough;

  /** Held, or its level would be forgotten with it. */
  private static final Logger ALL = Logger.getLogger("");

  private Main() {}

  /** Runs the command and ends the process with its exit code: 1 if a world was wrong. */
  public static void main(String[] args) {
    ALL.setLevel(Level.OFF); // what members log tells nothing that the trace doesn't
    System.exit(new CommandLine(new Main()).execute(args));
  }

  @Override
  public Integer call() throws InterruptedException, IOException {
    if (threads < 1) {
      throw wrong("--threads takes 1 or more");
    }
    if (bench) {
      Bench.run();
      return 0;
    }
    begun = System.nanoTime();
    rowBegun = begun;
    if (!scenarios.isEmpty()) {
      for (Path file : scenarios) {
        add(World.run(read(file), trace));
      }
      return end();
    }
    boolean counted = seeds > 0 || (duration.isEmpty() && !swarm && ledgerFile == null);
    long until = duration.isEmpty() ? Long.MAX_VALUE : begun + nanos("--for", duration);
    long count = seeds > 0 ? seeds : counted ? 1 : Long.MAX_VALUE;
    if (ledgerFile != null) {
      ledger = new Ledger(ledgerFile, Clock.systemUTC());
    }
    long first = firstSeed();
    next.set(first);
    List<Thread> workers = new ArrayList<>();
    for (int i = 0; i < Math.min(threads, count); i++) {
      Thread worker = new Thread(() -> work(first, count, until), "worlds-" + i);
      workers.add(worker);
      worker.start();
    }
    long told = begun;
    for (Thread worker : workers) {
      while (!worker.join(Duration.ofMillis(100))) {
        if (System.nanoTime() - told > PROGRESS_NANOS) {
          told = System.nanoTime();
          progress();
        }
      }
    }
    return end();
  }

  private long firstSeed() throws IOException {
    boolean given = spec.commandLine().getParseResult().hasMatchedOption("--seed");
    Ledger rows = ledger;
    if (given) {
      return seed;
    }
    return rows != null ? rows.nextSeed() : swarm ? new SecureRandom().nextInt() & SWARM : seed;
  }

  private int end() throws IOException {
    row();
    double wall = (System.nanoTime() - begun) / 1e9;
    System.out.printf(
        Locale.ROOT,
        "%,d worlds, %.2f simulated hours, %,d operations, %,d events in %.1f s: %.0f simulated"
            + " seconds a second, %,.0f events a second; %d of %d situations, %,d states; %d keys undecided;"
            + " %d with violations%n",
        all.worlds(),
        all.simulatedNanos() / 3.6e12,
        all.operations(),
        all.events(),
        wall,
        all.simulatedNanos() / 1e9 / wall,
        all.events() / wall,
        all.reached(),
        Coverage.NAMES.size(),
        all.states(),
        all.undecided(),
        all.wrong());
    if (probes) {
      for (int i = 0; i < Coverage.NAMES.size(); i++) {
        System.out.printf(Locale.ROOT, "%,10d  %s%n", all.worldsReaching(i), Coverage.NAMES.get(i));
      }
    }
    return all.wrong() == 0 ? 0 : 1;
  }

  /** Where a long run stands, for who watches it; what it found is on the other stream. */
  private synchronized void progress() throws IOException {
    double wall = (System.nanoTime() - begun) / 1e9;
    System.err.printf(
        Locale.ROOT,
        "up to seed %d: %,d worlds, %.2f simulated hours, %.0f : 1, %d of %d situations, %,d states,"
            + " %d of them new; %d with violations%n",
        all.lastSeed(),
        all.worlds(),
        all.simulatedNanos() / 3.6e12,
        all.simulatedNanos() / 1e9 / wall,
        all.reached(),
        Coverage.NAMES.size(),
        all.states(),
        all.states() - statesTold,
        all.wrong());
    statesTold = all.states();
    if (System.nanoTime() - rowBegun > ROW_NANOS) {
      row();
    }
  }

  private synchronized void row() throws IOException {
    Ledger rows = ledger;
    if (rows != null) {
      rows.add(sinceRow, (System.nanoTime() - rowBegun) / 1e9);
    }
    sinceRow = new Tally();
    rowBegun = System.nanoTime();
  }

  private void work(long first, long count, long end) {
    while (System.nanoTime() < end && !enough) {
      long mine = next.getAndIncrement();
      if (mine - first >= count) {
        return;
      }
      Plan plan = Plan.draw(mine);
      add(World.run(load.isEmpty() ? plan : plan.withLoad(nanos("--load", load)), trace));
      if (ledger != null && mine % AGAIN_EACH == 0 && !again(mine)) {
        return;
      }
    }
  }

  /** A part of a soak's worlds is lived twice; false if there is no time for that. */
  private boolean again(long mine) {
    try {
      String difference = Again.difference(mine);
      synchronized (this) {
        all.livedAgain(difference.isEmpty());
        sinceRow.livedAgain(difference.isEmpty());
        if (!difference.isEmpty()) {
          System.out.println("seed " + mine + " is wrong: " + difference);
        }
      }
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private synchronized void add(Outcome outcome) {
    all.add(outcome);
    sinceRow.add(outcome);
    if (digest) {
      System.out.println(Again.line(outcome));
    }
    if (!outcome.violations().isEmpty()) {
      enough |= swarm;
      report(outcome);
    } else if (trace) {
      outcome.last().forEach(System.out::println);
      System.out.println(outcome.plan());
    }
  }

  private void report(Outcome outcome) {
    Plan plan = outcome.plan();
    System.out.println("seed " + plan.seed() + " is wrong:");
    outcome.violations().forEach(violation -> System.out.println("  " + violation));
    System.out.println("  repeat with: quorate sim --seed " + plan.seed() + " --trace");
    System.out.println("  " + plan);
    if (shrink) {
      plan = Shrinker.shrink(plan);
      System.out.println("  " + plan.faults().size() + " faults are enough:");
      plan.faults().forEach(fault -> System.out.println("    " + fault));
      outcome = World.run(plan, true);
      outcome.violations().forEach(violation -> System.out.println("  " + violation));
      write(plan, outcome.violations().getFirst());
    }
    outcome.last().forEach(event -> System.out.println("  " + event));
  }

  private static void write(Plan plan, String violation) {
    Path file = Path.of("seed-" + plan.seed() + ".scenario");
    try {
      Files.writeString(
          file, "# " + violation.lines().findFirst().orElse("") + "\n" + Scenario.write(plan));
      System.out.println("  repeat with: quorate sim --scenario " + file + " --trace");
    } catch (IOException e) {
      System.out.println("  " + file + " can't be written: " + e.getMessage());
    }
  }

  private Plan read(Path file) {
    try {
      return Scenario.read(Files.readString(file));
    } catch (IOException e) {
      throw wrong("--scenario " + file + " can't be read: " + e);
    } catch (IllegalArgumentException e) {
      throw wrong("--scenario " + file + ": " + e.getMessage());
    }
  }

  private CommandLine.ParameterException wrong(String what) {
    return new CommandLine.ParameterException(spec.commandLine(), what);
  }

  private long nanos(String option, String text) {
    if (!text.matches("[1-9][0-9]{0,8}[smh]")) {
      throw wrong(option + " takes a duration such as 90s, 10m or 2h, not '" + text + "'");
    }
    long amount = Long.parseLong(text.substring(0, text.length() - 1));
    return switch (text.charAt(text.length() - 1)) {
      case 's' -> amount * 1_000_000_000L;
      case 'm' -> amount * 60_000_000_000L;
      default -> amount * 3_600_000_000_000L;
    };
  }
}
