package io.quorate;

import io.quorate.client.channel.Timer;
import io.quorate.node.Loop;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.RejectedExecutionException;

/**
 * The clock of a client in the same process: the member's loop. What waits in it when it is closed
 * runs at once, and so does what comes later: else a call that pauses would never end.
 */
final class DirectTimer implements Timer, AutoCloseable {
  private static final System.Logger LOG = System.getLogger(DirectTimer.class.getName());

  private final Loop loop;

  /** What waits; touched on the loop only. */
  private final Set<Runnable> waiting = new LinkedHashSet<>();

  private volatile boolean closed;

  DirectTimer(Loop loop) {
    this.loop = loop;
  }

  @Override
  public long nanoTime() {
    return loop.now();
  }

  @Override
  public void after(long delayNanos, Runnable task) {
    act(() -> {
      if (closed) {
        task.run();
        return;
      }
      Runnable once =
          new Runnable() {
            @Override
            public void run() {
              if (waiting.remove(this)) {
                task.run();
              }
            }
          };
      waiting.add(once);
      loop.schedule(delayNanos, once);
    });
  }

  @Override
  public void close() {
    closed = true;
    act(() -> {
      for (Runnable task : List.copyOf(waiting)) {
        try {
          task.run();
        } catch (RuntimeException e) { // the others' calls have to end, too
          LOG.log(System.Logger.Level.WARNING, "a task failed while the client closed", e);
        }
      }
    });
  }

  private void act(Runnable step) {
    try {
      loop.execute(step);
    } catch (RejectedExecutionException e) {
      // The loop's thread is no more; this takes its place, and not within the caller.
      ForkJoinPool.commonPool().execute(step);
    }
  }
}
