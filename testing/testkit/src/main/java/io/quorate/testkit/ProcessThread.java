package io.quorate.testkit;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The thread on which a process's client completes its calls and calls its listeners. It is a
 * thread of its own, so that a callback that takes its time holds up its own process and nobody
 * else.
 */
final class ProcessThread implements Executor {
  private static final Duration END_MAX = Duration.ofSeconds(5);

  /** A callback that waits for so long waits for something that takes its time. */
  private static final long BLOCKED_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  /** No machine is so busy that a thread that could run doesn't for so long. */
  private static final long AWAIT_NANOS_MAX = TimeUnit.SECONDS.toNanos(10);

  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  private final ExecutorService executor;
  private final AtomicInteger underWay = new AtomicInteger();
  private final AtomicInteger begun = new AtomicInteger();
  private volatile boolean runs;
  private volatile @Nullable Thread thread;
  private volatile @Nullable Thread waiter;

  /** The task that was found to block, by the number of those begun. The world's. */
  private int blocked = -1;

  ProcessThread(String name) {
    executor =
        Executors.newSingleThreadExecutor(task -> {
          Thread made = Thread.ofPlatform().name(name).daemon().unstarted(task);
          thread = made;
          return made;
        });
  }

  /** Whether the caller is on it. */
  boolean isCurrent() {
    return Thread.currentThread().equals(thread);
  }

  /** Runs a task on it; behind its end, on some other thread that is not the caller's. */
  @Override
  public void execute(Runnable task) {
    underWay.incrementAndGet();
    Runnable counted =
        () -> {
          begun.incrementAndGet();
          runs = true;
          try {
            task.run();
          } finally {
            runs = false;
            if (underWay.decrementAndGet() == 0) { // before it looks who waits
              LockSupport.unpark(waiter);
            }
          }
        };
    try {
      executor.execute(counted);
    } catch (RejectedExecutionException e) {
      ForkJoinPool.commonPool().execute(counted);
    }
  }

  /**
   * Waits until it has nothing to do; but not for a callback that waits for something itself. On
   * the world's thread.
   */
  void awaitIdle() {
    if (underWay.get() == 0) {
      return;
    }
    waiter = Thread.currentThread();
    long start = System.nanoTime();
    long ranLast = start;
    while (underWay.get() > 0) {
      long now = System.nanoTime();
      int task = begun.get();
      if (!isBlocked()) {
        ranLast = now;
      } else if (task == blocked) {
        break;
      } else if (now - ranLast > BLOCKED_NANOS) {
        blocked = task;
      }
      if (now - start > AWAIT_NANOS_MAX) {
        break;
      }
      LockSupport.parkNanos(this, LOOK_NANOS);
    }
    waiter = null;
  }

  /** Whether it is within a task and waits there. */
  private boolean isBlocked() {
    Thread runner = thread;
    return runs
        && runner != null
        && switch (runner.getState()) {
          case BLOCKED, WAITING, TIMED_WAITING -> true;
          case NEW, RUNNABLE, TERMINATED -> false;
        };
  }

  /** Whether it has nothing to do. */
  boolean isIdle() {
    return underWay.get() == 0;
  }

  /** Waits until it has done what was handed over before. Not on itself. */
  boolean awaitTurn() {
    CompletableFuture<Boolean> turn = new CompletableFuture<>();
    execute(() -> turn.complete(true));
    return turn.completeOnTimeout(false, END_MAX.toNanos(), TimeUnit.NANOSECONDS).join();
  }

  /** Where it is at this moment, for who wonders why it doesn't go on. */
  String stack() {
    Thread present = thread;
    return present == null
        ? "it hasn't begun"
        : Stream.of(present.getStackTrace())
            .map(frame -> "\n    at " + frame)
            .collect(Collectors.joining());
  }

  /** Runs what was handed over before, and ends; has ended then, unless it is the caller's. */
  void end() {
    executor.shutdown();
    Thread last = thread;
    if (last != null && !isCurrent()) {
      try {
        boolean _ = last.join(END_MAX);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt(); // it ends all the same
      }
    }
  }
}
