package io.quorate.simulator.recipes;

import io.quorate.client.channel.Timer;
import io.quorate.recipes.ids.IdClock;
import io.quorate.simulator.Chance;
import io.quorate.simulator.Life;
import io.quorate.simulator.LocalClock;
import io.quorate.simulator.Timeline;

/**
 * The clocks of one process: a monotonic one that may stand still, and the wall's that may step.
 */
public final class ProcessClock implements Timer, IdClock {
  private static final long MILLION = 1_000_000L;

  /** Milliseconds since 1970 at the beginning of all time. */
  private static final long WALL_MILLIS = 1_790_000_000_000L;

  private final Timeline timeline;
  private final Life life;
  private final LocalClock monotonic;
  private final LocalClock wall;

  ProcessClock(Timeline timeline, Chance chance, Life life) {
    this.timeline = timeline;
    this.life = life;
    monotonic = new LocalClock(timeline.now(), chance.below(1L << 40));
    wall = new LocalClock(timeline.now(), timeline.now() + chance.below(20 * MILLION));
  }

  /** The machine is suspended for so long: the wall's clock goes on, the other stands still. */
  void suspend(long nanos) {
    monotonic.rate(timeline.now(), 0);
    life.pauseUntil(timeline.now() + nanos);
    timeline.at(timeline.now() + nanos, null, () -> monotonic.rate(timeline.now(), MILLION));
  }

  /** The monotonic clock runs at this rate from now on: a million is right. */
  void rate(long partsPerMillion) {
    monotonic.rate(timeline.now(), partsPerMillion);
    wall.rate(timeline.now(), partsPerMillion);
  }

  /** The wall's clock is set. */
  void stepWall(long nanos) {
    wall.jump(timeline.now(), nanos);
  }

  @Override
  public long nanoTime() {
    return monotonic.at(timeline.now());
  }

  private long wallNanos() {
    return wall.at(timeline.now());
  }

  @Override
  public long wallMillis() {
    return WALL_MILLIS + Math.floorDiv(wallNanos(), MILLION);
  }

  @Override
  public long millis() {
    return wallMillis();
  }

  @Override
  public long nanosIntoMilli() {
    return Math.floorMod(wallNanos(), MILLION);
  }

  @Override
  public void pause(long nanos) {
    throw new IllegalStateException("nobody may wait in the one thread that there is");
  }

  @Override
  public void after(long delayNanos, Runnable task) {
    new Waiting(nanoTime() + Math.max(0, delayNanos), task).arrange();
  }

  /** The same, of what may turn out not to be wanted. */
  Waiting unlessCancelled(long delayNanos, Runnable task) {
    Waiting waiting = new Waiting(nanoTime() + Math.max(0, delayNanos), task);
    waiting.arrange();
    return waiting;
  }

  /** A task of this process; its clock may change its rate meanwhile. */
  final class Waiting implements Timeline.Cancellable {
    private final long due;
    private final Runnable task;
    private boolean cancelled;

    private Waiting(long due, Runnable task) {
      this.due = due;
      this.task = task;
    }

    private void arrange() {
      long delay = Math.max(1, monotonic.worldDelay(due - nanoTime()));
      timeline.at(timeline.now() + delay, life, this);
    }

    void cancel() {
      cancelled = true;
    }

    @Override
    public boolean isCancelled() {
      return cancelled;
    }

    @Override
    public void run() {
      if (nanoTime() < due) {
        arrange();
      } else {
        task.run();
      }
    }
  }
}
