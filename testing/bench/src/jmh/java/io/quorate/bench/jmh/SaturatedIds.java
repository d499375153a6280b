package io.quorate.bench.jmh;

import com.sun.management.OperatingSystemMXBean;
import io.quorate.recipes.ids.SnowflakeIds;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How many ids come of a strict generator that is wanted by more than it has, and how much of the
 * processors the waiting costs: {@code testing/bench/saturate-ids}. Not a microbenchmark, since JMH
 * tells no processor time.
 */
public final class SaturatedIds {
  private static final double MOST_PER_SECOND = 4_096_000;
  private static final int ROUNDS = 5;

  private SaturatedIds() {}

  /** Takes the seconds of a round. */
  public static void main(String[] args) throws Exception {
    int seconds = args.length > 0 ? Integer.parseInt(args[0]) : 5;
    Path folder = Files.createTempDirectory("ids");
    Path file = folder.resolve("worker");
    System.out.println("| threads | ids/s | of 4,096,000 | cores |\n|---|---:|---:|---:|");
    try (SnowflakeIds ids = SnowflakeIds.standalone(0, 1, file).open()) {
      tell("1 platform", ids, seconds, Thread.ofPlatform().factory(), 1);
      tell("64 platform", ids, seconds, Thread.ofPlatform().factory(), 64);
      tell("64 virtual", ids, seconds, Thread.ofVirtual().factory(), 64);
      tell("1,000 virtual", ids, seconds, Thread.ofVirtual().factory(), 1_000);
    } finally {
      Files.deleteIfExists(file);
      Files.delete(folder);
    }
  }

  private record Figure(double perSecond, double cores) {}

  /** Medians of the rounds behind the first. */
  private static void tell(
      String who, SnowflakeIds ids, int seconds, ThreadFactory threads, int count)
      throws InterruptedException {
    List<Figure> figures = new ArrayList<>();
    for (int i = 0; i <= ROUNDS; i++) {
      Figure figure = run(ids, seconds, threads, count);
      if (i > 0) {
        figures.add(figure);
      }
    }
    double rate = figures.stream().mapToDouble(Figure::perSecond).sorted().toArray()[ROUNDS / 2];
    double cores = figures.stream().mapToDouble(Figure::cores).sorted().toArray()[ROUNDS / 2];
    System.out.printf(
        Locale.ROOT,
        "| %s | %,.0f | %.1f %% | %.2f |%n",
        who,
        rate,
        100 * rate / MOST_PER_SECOND,
        cores);
  }

  private static Figure run(SnowflakeIds ids, int seconds, ThreadFactory threads, int count)
      throws InterruptedException {
    AtomicBoolean over = new AtomicBoolean();
    AtomicLong made = new AtomicLong();
    List<Thread> running = new ArrayList<>();
    long processor = processorNanos();
    long begun = System.nanoTime();
    for (int i = 0; i < count; i++) {
      Thread thread =
          threads.newThread(() -> {
            long own = 0;
            while (!over.get()) {
              if (ids.nextId() > 0) {
                own++;
              }
            }
            made.addAndGet(own);
          });
      thread.start();
      running.add(thread);
    }
    Thread.sleep(Duration.ofSeconds(seconds)); // what is measured is what is done in a time
    over.set(true);
    for (Thread each : running) {
      each.join();
    }
    double elapsed = System.nanoTime() - begun;
    return new Figure(made.get() * 1e9 / elapsed, (processorNanos() - processor) / elapsed);
  }

  private static long processorNanos() {
    return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getProcessCpuTime();
  }
}
