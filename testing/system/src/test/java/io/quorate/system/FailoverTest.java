package io.quorate.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.base.Bytes;
import io.quorate.client.Put;
import io.quorate.client.QuorateClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.parallel.Isolated;

/**
 * How long the cluster is without a leader when the leader is killed under load: to the first
 * success of a put that was sent after the kill, and until half of the rate is back. {@code
 * -Dsystem.full=true} runs ten rounds; {@code -Dsystem.program=etcd} measures etcd instead, without
 * asserting.
 */
@Isolated
@ExtendWith(PrintLogs.class)
@Timeout(value = 15, unit = TimeUnit.MINUTES)
class FailoverTest {
  private static final int CLIENTS = 64;
  private static final double FIRST_SECONDS_MAX = 0.5;
  private static final double HALF_RATE_SECONDS_MAX = 1.0;
  private static final long QUIET_NANOS = TimeUnit.SECONDS.toNanos(2);
  private static final long AFTER_NANOS = TimeUnit.SECONDS.toNanos(4);
  private static final long WINDOW_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  /** One acknowledged put. */
  private record Success(long sentNanos, long endedNanos) {}

  @Test
  void survivors_write_again_half_a_second_after_the_leader_was_killed() {
    Program program = Program.underTest();
    int rounds = Figures.rounds(10, 3);
    List<Double> first = new ArrayList<>();
    List<Double> halfRate = new ArrayList<>();
    try (ProcessCluster cluster = ProcessCluster.start(program, 3)) {
      for (int round = 0; round < rounds; round++) {
        round(cluster, first, halfRate);
      }
    }
    Figures.print(
        "failover %s: first write after %.3f s, half the rate after %.3f s (medians of %d; %s; %s)"
            .formatted(
                program.name(),
                Figures.median(first),
                Figures.median(halfRate),
                rounds,
                first,
                halfRate));
    if (!program.equals(Program.ETCD)) {
      assertThat(Figures.median(first))
          .as("seconds to the first write")
          .isLessThanOrEqualTo(FIRST_SECONDS_MAX);
      assertThat(Figures.median(halfRate))
          .as("seconds to half the rate")
          .isLessThanOrEqualTo(HALF_RATE_SECONDS_MAX);
    }
  }

  private static void round(ProcessCluster cluster, List<Double> first, List<Double> halfRate) {
    int leader = cluster.leader();
    try (Puts puts = new Puts(cluster, leader)) {
      puts.start();
      puts.awaitUntil(System.nanoTime() + QUIET_NANOS); // the compiler's first seconds
      long quiet = System.nanoTime();
      puts.awaitUntil(quiet + QUIET_NANOS);
      long killed = System.nanoTime();
      cluster.member(leader).kill();
      puts.awaitUntil(killed + AFTER_NANOS);
      puts.stop();
      Success[] all = puts.successes.toArray(Success[]::new);
      double before = rate(all, quiet, killed);
      first.add(
          Arrays.stream(all)
                  .filter(each -> each.sentNanos - killed >= 0)
                  .mapToLong(each -> each.endedNanos - killed)
                  .min()
                  .orElse(AFTER_NANOS)
              / 1e9);
      halfRate.add(secondsToHalf(all, killed, before));
    }
    cluster.restart(leader);
  }

  /** The end of the first window, among those that begin with a put sent later, that has half. */
  private static double secondsToHalf(Success[] all, long killed, double before) {
    long[] ends =
        Arrays.stream(all)
            .filter(each -> each.sentNanos - killed >= 0)
            .mapToLong(each -> each.endedNanos - killed)
            .sorted()
            .toArray();
    int needed = (int) Math.ceil(before / 2 * WINDOW_NANOS / 1e9);
    for (int i = 0; i + needed - 1 < ends.length; i++) {
      if (ends[i + needed - 1] - ends[i] <= WINDOW_NANOS) {
        return ends[i + needed - 1] / 1e9;
      }
    }
    return AFTER_NANOS / 1e9;
  }

  private static double rate(Success[] all, long from, long to) {
    long count =
        Arrays.stream(all)
            .filter(each -> each.endedNanos - from >= 0 && each.endedNanos - to < 0)
            .count();
    return count / ((to - from) / 1e9);
  }

  /** Clients of the survivors: each sends its next put when the one before has ended. */
  private static final class Puts implements AutoCloseable {
    private static final Executor SOON =
        CompletableFuture.delayedExecutor(5, TimeUnit.MILLISECONDS, Runnable::run);

    private final List<QuorateClient> survivors = new ArrayList<>();
    private final ConcurrentLinkedQueue<Success> successes = new ConcurrentLinkedQueue<>();
    private final List<CompletableFuture<Void>> ended = new ArrayList<>();
    private volatile boolean running = true;

    Puts(ProcessCluster cluster, int leader) {
      for (int i = 0; i < cluster.size(); i++) {
        if (i != leader) {
          survivors.add(ProcessCluster.client(List.of(cluster.endpoint(i)), Duration.ofSeconds(8)));
        }
      }
    }

    void start() {
      for (int i = 0; i < CLIENTS; i++) {
        CompletableFuture<Void> end = new CompletableFuture<>();
        ended.add(end);
        next(i, survivors.get(i % survivors.size()), end);
      }
    }

    private void next(int client, QuorateClient survivor, CompletableFuture<Void> end) {
      if (!running) {
        end.complete(null);
        return;
      }
      long sent = System.nanoTime();
      var _ =
          survivor
              .kv()
              .putAsync(Put.of(Bytes.utf8("client-" + client), Bytes.utf8("x".repeat(256))))
              .whenComplete((_, failure) -> {
                if (failure == null) {
                  successes.add(new Success(sent, System.nanoTime()));
                  next(client, survivor, end);
                } else {
                  SOON.execute(() -> next(client, survivor, end));
                }
              });
    }

    /** Lets the load run until this time. */
    void awaitUntil(long nanoTime) {
      CompletableFuture.runAsync(
              () -> {},
              CompletableFuture.delayedExecutor(
                  Math.max(0, nanoTime - System.nanoTime()), TimeUnit.NANOSECONDS))
          .join();
    }

    void stop() {
      running = false;
      CompletableFuture.allOf(ended.toArray(new CompletableFuture<?>[0]))
          .orTimeout(30, TimeUnit.SECONDS)
          .join();
    }

    @Override
    public void close() {
      running = false;
      survivors.forEach(QuorateClient::close);
    }
  }
}
