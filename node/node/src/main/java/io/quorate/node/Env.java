package io.quorate.node;

import io.quorate.base.Disk;
import io.quorate.engine.Engines;
import java.util.concurrent.Executor;

/**
 * The world as a member sees it. Whatever is not a pure step goes through here, so that the same
 * classes run in production, inside an application and in the simulator.
 *
 * <p>Owned by whoever made it, who outlives the node.
 */
public interface Env {
  /** The loop on which the member's groups live. */
  Loop loop();

  /** The one thread that writes the log. Tasks run in order. */
  Executor log();

  /**
   * Where blocking reads run: log entries that are no longer cached, large ranges, snapshots.
   * Rejects with {@link java.util.concurrent.RejectedExecutionException} when too much waits.
   */
  Executor readers();

  /** The member's data directory. */
  Disk disk();

  /** The engines within the data directory. */
  Engines engines();

  /** The way to the other members. */
  Transport transport();

  /** A random number that nobody else has; another one at each call. */
  long random();

  /** Whether a quirk happens now, without a cause: never, unless an environment says so. */
  default boolean happens(Quirk quirk) {
    return false;
  }

  /** Who follows what the members' states go through; nobody, unless an environment says so. */
  default NodeTrace trace() {
    return NodeTrace.NONE;
  }

  /**
   * This member has been removed from the cluster, for good. It goes on being silent until its
   * owner ends it; called at most once, on the loop.
   */
  default void removed(String why) {}

  /**
   * A group or the whole member can't go on; called once for each, on the loop. What it did before
   * stays done, and what waits is refused.
   */
  void stopped(long group, Throwable why);
}
