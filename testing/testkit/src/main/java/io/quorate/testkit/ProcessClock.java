package io.quorate.testkit;

import io.quorate.client.channel.Timer;
import io.quorate.recipes.ids.IdClock;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The clocks of a process. They go with the time of its cluster, {@link Cluster#advance} included,
 * and its client uses them by itself; hand it to whatever else of yours asks what time it is:
 * {@code SnowflakeIds.builder(…).clock(process.clock())}, or {@code process.clock().withZone(…)}
 * where a {@link java.time.Clock} is wanted.
 *
 * <p>The monotonic clock stands still while the process is {@linkplain ClientProcess#suspend
 * suspended}; the wall's is set by {@link ClientProcess#jumpClock}. Safe for use by many threads.
 */
public final class ProcessClock implements Timer, IdClock, InstantSource {
  private static final long NANOS_PER_SECOND = 1_000_000_000L;

  private final World world;
  private final Activity activity;
  private final ProcessThread thread;

  // Guarded by this.
  private long wallAhead;
  private long behind;
  private long stoodSince;
  private boolean stands;

  // The world's.
  private final Set<Waiting> waiting = new LinkedHashSet<>();
  private boolean closed;

  /**
   * @param epochNanos what the wall's clock showed when the world's time was 0
   */
  ProcessClock(World world, Activity activity, ProcessThread thread, long epochNanos) {
    this.world = world;
    this.activity = activity;
    this.thread = thread;
    wallAhead = epochNanos;
  }

  @Override
  public synchronized long nanoTime() {
    return (stands ? stoodSince : world.now()) - behind;
  }

  private synchronized long wallNanos() {
    return world.now() + wallAhead;
  }

  @Override
  public long wallMillis() {
    return Math.floorDiv(wallNanos(), NANOS_PER_MILLI);
  }

  @Override
  public long millis() {
    return wallMillis();
  }

  @Override
  public long nanosIntoMilli() {
    return Math.floorMod(wallNanos(), NANOS_PER_MILLI);
  }

  @Override
  public Instant instant() {
    long nanos = wallNanos();
    return Instant.ofEpochSecond(
        Math.floorDiv(nanos, NANOS_PER_SECOND), Math.floorMod(nanos, NANOS_PER_SECOND));
  }

  /** Waits by the system's clock: for a generator of ids that has used a millisecond up. */
  @Override
  public void pause(long nanos) {
    LockSupport.parkNanos(nanos);
  }

  @Override
  public void after(long delayNanos, Runnable task) {
    Waiting later = new Waiting(nanoTime() + Math.max(0, delayNanos), () -> thread.execute(task));
    try {
      world.execute(later::arrange);
    } catch (RejectedExecutionException e) {
      // What waits for it has to come to an end, and what comes back again and again not to spin.
      long soon = Math.min(delayNanos, NANOS_PER_SECOND);
      CompletableFuture.delayedExecutor(soon, TimeUnit.NANOSECONDS).execute(task);
    }
  }

  // ---- the world's side ------------------------------------------------------------------------

  /** Something that this process does later, by its monotonic clock. */
  final class Waiting {
    private final long due;
    private final Runnable task;
    private World.@Nullable Alarm alarm;

    private Waiting(long due, Runnable task) {
      this.due = due;
      this.task = task;
    }

    private void arrange() {
      if (closed) {
        task.run();
      } else {
        waiting.add(this);
        alarm = world.after(due - nanoTime(), () -> activity.act(this::come));
      }
    }

    private void come() {
      if (!waiting.contains(this)) {
        return;
      }
      if (nanoTime() - due < 0) {
        arrange(); // the clock stood still meanwhile
      } else {
        waiting.remove(this);
        task.run();
      }
    }

    void cancel() {
      waiting.remove(this);
      if (alarm != null) {
        alarm.cancel();
      }
    }
  }

  /** Runs a task on the world's thread, later by this clock. */
  Waiting arrange(long delayNanos, Runnable task) {
    Waiting later = new Waiting(nanoTime() + Math.max(0, delayNanos), task);
    later.arrange();
    return later;
  }

  /** The wall's clock is set ahead, or back. */
  synchronized void setAhead(long nanos) {
    wallAhead += nanos;
  }

  /** The monotonic clock stands still. */
  synchronized void stand() {
    if (!stands) {
      stands = true;
      stoodSince = world.now();
    }
  }

  /** It goes on where it stood. */
  synchronized void goOn() {
    if (stands) {
      stands = false;
      behind += world.now() - stoodSince;
    }
  }

  /** What waits runs at once, and so does what comes later: else a call that pauses never ends. */
  void close() {
    closed = true;
    List.copyOf(waiting).forEach(each -> each.task.run());
    waiting.clear();
  }
}
