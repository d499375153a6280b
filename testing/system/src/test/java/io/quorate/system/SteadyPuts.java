package io.quorate.system;

import io.quorate.base.Bytes;
import io.quorate.client.Put;
import io.quorate.client.QuorateClient;
import io.quorate.client.Range;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntFunction;

/** Puts: many as fast as they go, or some at a fixed rate, each timed from when it was due. */
final class SteadyPuts {
  private static final Bytes VALUE = Bytes.utf8("x".repeat(256));

  private SteadyPuts() {}

  /** One put at a fixed rate: when it was due and how long it took from then. */
  record Timed(long dueNanos, long tookNanos) {}

  /** Puts this many keys, {@code prefix} and a number each, 256 of them under way at a time. */
  static void fill(QuorateClient client, String prefix, int count) {
    all(count, i -> client.kv().putAsync(Put.of(key(prefix, i), VALUE)));
  }

  /**
   * Reads {@code count} of the {@code keys} that {@link #fill} put, in an order that a seed says.
   */
  static void readBack(QuorateClient client, String prefix, int keys, int count, long seed) {
    Random random = new Random(seed);
    all(count, _ -> client.kv().rangeAsync(Range.key(key(prefix, random.nextInt(keys)))));
  }

  private static Bytes key(String prefix, int number) {
    return Bytes.utf8(prefix + "%08d".formatted(number));
  }

  private static void all(int count, IntFunction<CompletableFuture<?>> call) {
    int underWayMax = 256;
    Semaphore room = new Semaphore(underWayMax);
    ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();
    for (int i = 0; i < count && failures.isEmpty(); i++) {
      room.acquireUninterruptibly();
      var _ =
          call.apply(i)
              .whenComplete((_, failure) -> {
                if (failure != null) {
                  failures.add(failure);
                }
                room.release();
              });
    }
    room.acquireUninterruptibly(underWayMax);
    for (Throwable failure : failures) {
      throw new AssertionError("a call failed", failure);
    }
  }

  /**
   * Puts at a fixed rate until {@code end} is done and at least {@code nanosMin} have passed; waits
   * for the answers.
   */
  static List<Timed> atRate(
      QuorateClient client, int perSecond, long nanosMin, CompletableFuture<?> end) {
    ConcurrentLinkedQueue<Timed> done = new ConcurrentLinkedQueue<>();
    AtomicLong failed = new AtomicLong();
    List<CompletableFuture<?>> all = new ArrayList<>();
    long gap = TimeUnit.SECONDS.toNanos(1) / perSecond;
    long begun = System.nanoTime();
    for (long n = 0; n * gap < nanosMin || !end.isDone(); n++) {
      long due = begun + n * gap;
      for (long now = System.nanoTime(); now - due < 0; now = System.nanoTime()) {
        LockSupport.parkNanos(due - now);
      }
      all.add(
          client
              .kv()
              .putAsync(Put.of(Bytes.utf8("steady-" + n % 10_000), VALUE))
              .handle((_, failure) -> {
                if (failure == null) {
                  done.add(new Timed(due, System.nanoTime() - due));
                } else {
                  failed.incrementAndGet();
                }
                return failure;
              }));
    }
    CompletableFuture.allOf(all.toArray(new CompletableFuture<?>[0])).join();
    if (failed.get() > 0) {
      throw new AssertionError(failed.get() + " puts at a fixed rate failed");
    }
    return List.copyOf(done);
  }

  /** In milliseconds. */
  static double p99(List<Timed> puts) {
    long[] took = puts.stream().mapToLong(Timed::tookNanos).toArray();
    Arrays.sort(took);
    return took[Math.min(took.length - 1, took.length * 99 / 100)] / 1e6;
  }
}
