package io.quorate.testkit;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The one thread of a cluster, and its time.
 *
 * <p><b>One thread</b>: all members run on it, and all that lies between them and the processes of
 * the application. So nothing happens while a fault begins or ends, and three members need no more
 * of a machine than one.
 *
 * <p><b>Its time</b> goes with the system's, but never further in one turn than was planned, and a
 * little: while the thread can't run, since a debugger holds it or others need the machine, time
 * stands still, for members and clients alike. Otherwise a busy machine would change leaders and
 * end leases in tests that are about something else.
 *
 * <p><b>In a hurry</b> the thread doesn't wait for what comes next, but lets the time in between
 * pass at once: behind whatever is under way, here and on the threads of processes. So ten seconds
 * pass within milliseconds, and nothing is left out that happens in them.
 */
final class World implements Executor, AutoCloseable {
  /** How much later than planned a turn may be, by this world's time. */
  private static final long SLIP_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  /** Not zero: what takes that for "never" would go unnoticed. */
  private static final long START_NANOS = TimeUnit.HOURS.toNanos(1);

  private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** Far more than it takes, by the system's clock. */
  private static final Duration CLOSE_MAX = Duration.ofSeconds(10);

  private final PacedClock clock = new PacedClock(START_NANOS);
  private final LinkedBlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();
  private final List<ProcessThread> processes = new CopyOnWriteArrayList<>();
  private final Consumer<Throwable> failed;
  private final Thread thread;

  // Guarded by tasks.
  private boolean closed;

  // The thread's.
  private final TreeSet<Alarm> alarms = new TreeSet<>();
  private final List<Hurry> hurries = new ArrayList<>();
  private long arranged;
  private boolean over;

  /**
   * @param failed is told what a task threw that nobody waits for, on the thread
   */
  World(String name, Consumer<Throwable> failed) {
    this.failed = failed;
    thread = Thread.ofPlatform().name(name).daemon().start(this::run);
  }

  /** Something that will happen, unless it is cancelled. */
  final class Alarm implements Comparable<Alarm> {
    private final long due;
    private final long number;
    private final Runnable task;

    private Alarm(long due, long number, Runnable task) {
      this.due = due;
      this.number = number;
      this.task = task;
    }

    /** On the world's thread. */
    void cancel() {
      alarms.remove(this);
    }

    @Override
    public int compareTo(Alarm other) {
      int byTime = Long.compare(due, other.due);
      return byTime != 0 ? byTime : Long.compare(number, other.number);
    }
  }

  /** Somebody who waits, and wants it soon. */
  private record Hurry(BooleanSupplier until, long endNanos, CompletableFuture<Boolean> done) {
    boolean isOver(long now) {
      try {
        if (until.getAsBoolean()) {
          done.complete(true);
        } else if (now - endNanos >= 0) {
          done.complete(false);
        }
      } catch (RuntimeException | Error e) {
        done.completeExceptionally(e);
      }
      return done.isDone();
    }
  }

  /** Its thread's name. */
  String name() {
    return thread.getName();
  }

  /** This world's monotonic time, in nanoseconds. Any thread. */
  long now() {
    return clock.now();
  }

  /** Whether the caller is on this world's thread. */
  boolean inside() {
    return Thread.currentThread().equals(thread);
  }

  /** Whether the caller is on a thread that would wait for itself if it waited for this world. */
  boolean mustNotBlock() {
    return inside() || processes.stream().anyMatch(ProcessThread::isCurrent);
  }

  /** Runs a task; those of one thread in their order. Any thread. */
  @Override
  public void execute(Runnable task) {
    synchronized (tasks) {
      if (closed && !inside()) { // what was begun before the end comes to its own
        throw new RejectedExecutionException("the cluster is closed");
      }
      tasks.add(task);
    }
  }

  /** Runs a task later. On the world's thread. */
  Alarm after(long delayNanos, Runnable task) {
    return at(now() + Math.max(0, delayNanos), task);
  }

  /**
   * Runs a task at a time; those of one time in the order of these calls. On the world's thread.
   */
  Alarm at(long time, Runnable task) {
    Alarm alarm = new Alarm(time, arranged++, task);
    alarms.add(alarm);
    return alarm;
  }

  /** Runs a step on the world's thread and waits for what it brings. Any thread. */
  <T extends @Nullable Object> T call(Supplier<T> step) {
    if (inside()) {
      return step.get();
    }
    CompletableFuture<T> done = new CompletableFuture<>();
    Runnable task =
        () -> {
          try {
            done.complete(step.get());
          } catch (RuntimeException | Error e) {
            done.completeExceptionally(e);
          }
        };
    try {
      execute(task);
    } catch (RejectedExecutionException e) {
      throw new IllegalStateException(e.getMessage(), e);
    }
    return join(done);
  }

  /** Takes a step on the world's thread and waits for its end. Any thread. */
  void perform(Runnable step) {
    boolean _ =
        call(() -> {
          step.run();
          return true;
        });
  }

  /** Whether it was closed. Any thread. */
  boolean isClosed() {
    synchronized (tasks) {
      return closed;
    }
  }

  /**
   * Lets time pass until something is so, without waiting for it by the system's clock.
   *
   * @param until asked on the world's thread
   * @param mostNanos so much time passes at most
   * @return whether it is so
   * @throws IllegalStateException on a thread that the world may have to wait for
   */
  boolean hurry(BooleanSupplier until, long mostNanos) {
    if (mustNotBlock()) {
      throw new IllegalStateException(
          "this thread completes calls of clients: on it nothing can be waited for");
    }
    CompletableFuture<Boolean> done = new CompletableFuture<>();
    try {
      execute(() -> hurries.add(new Hurry(until, now() + mostNanos, done)));
    } catch (RejectedExecutionException e) {
      throw new IllegalStateException(e.getMessage(), e);
    }
    return join(done);
  }

  /** From now on a hurry waits for what runs on this thread. */
  void add(ProcessThread process) {
    processes.add(process);
  }

  void remove(ProcessThread process) {
    processes.remove(process);
  }

  /** Runs what was handed over before, and then nothing any more; the thread has ended then. */
  @Override
  public void close() {
    synchronized (tasks) {
      if (!closed) {
        closed = true;
        tasks.add(() -> over = true);
      }
    }
    if (!inside()) {
      try {
        boolean _ = thread.join(CLOSE_MAX);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt(); // it ends all the same
      }
    }
  }

  // ---- the thread ------------------------------------------------------------------------------

  private void run() {
    while (!over || !tasks.isEmpty()) {
      hurries.removeIf(each -> each.isOver(now()));
      Runnable task;
      if (hurries.isEmpty()) {
        task = await();
      } else {
        task = tasks.poll();
        if (task == null && isQuiet()) {
          clock.jump(untilNext());
        }
      }
      clock.letGo(SLIP_NANOS);
      takeTasks(task);
      takeAlarms();
    }
    hurries.forEach(each -> each.done().complete(false));
    clock.letGo(
        Long.MAX_VALUE); // who asks for it later, and waits for a time, isn't to wait for ever
  }

  private @Nullable Runnable await() {
    long wait = untilNext();
    clock.letGo(wait + SLIP_NANOS);
    try {
      return tasks.poll(wait, TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      return null; // nobody has a reason to, and nothing is lost
    }
  }

  /** How long it is until something happens by itself. */
  private long untilNext() {
    long now = now();
    long wait = alarms.isEmpty() ? IDLE_NANOS : alarms.first().due - now;
    for (Hurry each : hurries) {
      wait = Math.min(wait, each.endNanos() - now);
    }
    return Math.max(0, wait);
  }

  /** Whether nothing more comes of what has happened: neither here nor on a process's thread. */
  private boolean isQuiet() {
    processes.forEach(ProcessThread::awaitIdle);
    return tasks.isEmpty();
  }

  /** What has arrived by now; what comes of it is for the next turn. */
  private void takeTasks(@Nullable Runnable first) {
    int more = tasks.size();
    Runnable task = first;
    while (task != null) {
      safely(task);
      task = more-- > 0 ? tasks.poll() : null;
    }
  }

  private void takeAlarms() {
    long now = now();
    while (!alarms.isEmpty() && alarms.first().due - now <= 0) {
      safely(alarms.removeFirst().task);
    }
  }

  private void safely(Runnable task) {
    try {
      task.run();
    } catch (RuntimeException | Error e) { // the others' tasks have to run all the same
      failed.accept(e);
    }
  }

  private static <T extends @Nullable Object> T join(CompletableFuture<T> done) {
    try {
      return done.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw e;
    }
  }
}
