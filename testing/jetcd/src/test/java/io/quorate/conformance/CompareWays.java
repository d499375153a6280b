package io.quorate.conformance;

import io.quorate.client.QuorateClient;
import io.quorate.client.StatusResponse;
import io.quorate.system.ProcessCluster;
import io.quorate.system.Program;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntConsumer;

/**
 * How fast calls are by way of the leader and by way of a follower, in turn, on three members of
 * each server: {@code testing/bench/compare-ways}.
 */
public final class CompareWays {
  private static final int MEMBERS = 3;

  private CompareWays() {}

  /** Takes rounds, and the seconds of each case. */
  public static void main(String[] args) throws Exception {
    int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 5;
    int seconds = args.length > 1 ? Integer.parseInt(args[1]) : 3;
    System.out.println(
        "| server | calls at a time | | by way of a follower /s | of the leader /s |");
    System.out.println("|---|---:|---|---:|---:|");
    for (Program program : List.of(Program.quorate(), Program.ETCD)) {
      try (ProcessCluster cluster = ProcessCluster.start(program, MEMBERS)) {
        int leader = cluster.leader();
        for (int threads : List.of(1, 16)) {
          for (boolean writes : List.of(true, false)) {
            double[] follower = new double[rounds];
            double[] leading = new double[rounds];
            for (int i = -1; i < rounds; i++) { // the first is a warm-up
              int into = Math.max(i, 0);
              follower[into] =
                  perSecond(cluster.endpoint((leader + 1) % MEMBERS), threads, writes, seconds);
              leading[into] = perSecond(cluster.endpoint(leader), threads, writes, seconds);
            }
            System.out.printf(
                Locale.ROOT,
                "| %s | %d | %s | %,.0f | %,.0f |%n",
                program.name(),
                threads,
                writes ? "puts" : "gets",
                median(follower),
                median(leading));
          }
        }
      }
    }
  }

  private static double perSecond(String endpoint, int threads, boolean writes, int seconds)
      throws InterruptedException {
    try (QuorateClient client = QuorateClient.connect(endpoint)) {
      StatusResponse _ = client.maintenance().status(); // it is connected then
      client.kv().put("ways/0", "value");
      IntConsumer call =
          writes
              ? thread -> client.kv().put("ways/" + thread, "value")
              : thread -> client.kv().get("ways/0");
      AtomicBoolean over = new AtomicBoolean();
      AtomicLong count = new AtomicLong();
      List<Thread> running = new ArrayList<>();
      long begun = System.nanoTime();
      for (int i = 0; i < threads; i++) {
        int thread = i;
        running.add(
            Thread.ofPlatform()
                .start(() -> {
                  while (!over.get()) {
                    call.accept(thread);
                    count.incrementAndGet();
                  }
                }));
      }
      Thread.sleep(Duration.ofSeconds(seconds)); // what is measured is what is done in a time
      over.set(true);
      for (Thread each : running) {
        each.join();
      }
      return count.get() * 1e9 / (System.nanoTime() - begun);
    }
  }

  private static double median(double[] values) {
    Arrays.sort(values);
    return values[values.length / 2];
  }
}
