package io.quorate.testkit;

import io.quorate.node.Loop;
import org.jspecify.annotations.Nullable;

/** A member's share of the world's thread: what it does there waits while it is paused. */
final class MemberLoop implements Loop {
  private final World world;
  private final Activity activity;

  MemberLoop(World world, Activity activity) {
    this.world = world;
    this.activity = activity;
  }

  @Override
  public long now() {
    return world.now();
  }

  @Override
  public boolean inLoop() {
    return world.inside();
  }

  @Override
  public void execute(Runnable task) {
    world.execute(() -> activity.act(task));
  }

  @Override
  public Timer schedule(long delayNanos, Runnable task) {
    Wait wait = new Wait(task);
    wait.alarm = world.after(delayNanos, () -> activity.act(wait));
    return wait;
  }

  /** A task that waits for its time, and perhaps for its process to go on. */
  private static final class Wait implements Timer, Runnable {
    private final Runnable task;
    private World.@Nullable Alarm alarm;
    private boolean cancelled;

    Wait(Runnable task) {
      this.task = task;
    }

    @Override
    public void run() {
      if (!cancelled) {
        task.run();
      }
    }

    @Override
    public void cancel() {
      cancelled = true;
      if (alarm != null) {
        alarm.cancel();
      }
    }
  }
}
