package io.quorate.simulator;

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

  @Option(names = "--trace", description = "tell the last things that happened")
  private boolean trace;

  @Option(names = "--shrink", description = "look for the fewest faults with which it still fails")
  private boolean shrink;

  @Spec private CommandSpec spec = CommandSpec.create();

  private final AtomicLong next = new AtomicLong();
  private final List<Outcome> failed = new ArrayList<>();
  private long worlds;
  private long simulated;
  private long events;
  private long operations;

  /** Held, or its level would be forgotten with it. */
  private static final Logger ALL = Logger.getLogger("");

  private Main() {}

  /** Runs the command and ends the process with its exit code: 1 if a world was wrong. */
  public static void main(String[] args) {
    ALL.setLevel(Level.OFF); // what members log tells nothing that the trace doesn't
    System.exit(new CommandLine(new Main()).execute(args));
  }

  @Override
  public Integer call() throws InterruptedException {
    if (threads < 1) {
      throw new CommandLine.ParameterException(spec.commandLine(), "--threads takes 1 or more");
    }
    long begun = System.nanoTime();
    long end = duration.isEmpty() ? Long.MAX_VALUE : begun + nanos(duration);
    long count = seeds > 0 ? seeds : duration.isEmpty() ? 1 : Long.MAX_VALUE;
    next.set(seed);
    List<Thread> workers = new ArrayList<>();
    for (int i = 0; i < Math.min(threads, count); i++) {
      Thread worker = new Thread(() -> work(seed, count, end), "worlds-" + i);
      workers.add(worker);
      worker.start();
    }
    for (Thread worker : workers) {
      worker.join();
    }
    double wall = (System.nanoTime() - begun) / 1e9;
    System.out.printf(
        Locale.ROOT,
        "%,d worlds, %.2f simulated hours, %,d operations, %,d events in %.1f s: %.0f simulated"
            + " seconds a second, %,.0f events a second; %d with violations%n",
        worlds,
        simulated / 3.6e12,
        operations,
        events,
        wall,
        simulated / 1e9 / wall,
        events / wall,
        failed.size());
    return failed.isEmpty() ? 0 : 1;
  }

  private void work(long first, long count, long end) {
    while (System.nanoTime() < end) {
      long mine = next.getAndIncrement();
      if (mine - first >= count) {
        return;
      }
      add(World.run(Plan.draw(mine), trace));
    }
  }

  private synchronized void add(Outcome outcome) {
    worlds++;
    simulated += outcome.simulatedNanos();
    events += outcome.events();
    operations += outcome.operations();
    if (!outcome.violations().isEmpty()) {
      failed.add(outcome);
      report(outcome);
    } else if (trace) {
      outcome.last().forEach(System.out::println);
      System.out.println(outcome.plan());
      System.out.printf("digest %016x%n", outcome.digest());
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
    }
    outcome.last().forEach(event -> System.out.println("  " + event));
  }

  private long nanos(String text) {
    if (!text.matches("[1-9][0-9]{0,8}[smh]")) {
      throw new CommandLine.ParameterException(
          spec.commandLine(), "--for takes a duration such as 90s, 10m or 2h, not '" + text + "'");
    }
    long amount = Long.parseLong(text.substring(0, text.length() - 1));
    return switch (text.charAt(text.length() - 1)) {
      case 's' -> amount * 1_000_000_000L;
      case 'm' -> amount * 60_000_000_000L;
      default -> amount * 3_600_000_000_000L;
    };
  }
}
