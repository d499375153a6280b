package io.quorate.node;

import java.util.concurrent.Executor;

/**
 * One event loop: a single thread on which everything of a group that decides runs, one task after
 * the other. In production it is the network's own loop; in simulation, the world's event heap.
 *
 * <p>{@link #execute} may be called from any thread and keeps the order of tasks from one thread. A
 * task given during a turn runs after the input that is ready in that turn: a task that a group
 * gives itself on its first proposal therefore sees every proposal of the turn.
 */
public interface Loop extends Executor {
  /** Monotonic time in nanoseconds; only differences mean something. On any thread. */
  long now();

  /** Whether the caller is on this loop's thread. */
  boolean inLoop();

  /** Runs the task on this loop {@code delayNanos} from now or a little later, unless cancelled. */
  Timer schedule(long delayNanos, Runnable task);

  /** A task that waits for its time. */
  interface Timer {
    /** The task will not run any more, if it hasn't yet. Called on the loop. */
    void cancel();
  }
}
