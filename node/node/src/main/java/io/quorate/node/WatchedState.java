package io.quorate.node;

import java.util.function.Consumer;
import java.util.function.Supplier;

/** The state that a {@link WatchHub} tells of, and the loop that it lives on. */
public interface WatchedState {
  /** The store's revision. */
  long revision();

  /** The oldest readable revision, or −1 if nothing was compacted yet. */
  long compactedRevision();

  /** Captures the present state for a reader. */
  Replica.View view();

  /**
   * Has work done by a reader; one of the others is called on the loop afterwards, and not within
   * this call.
   */
  <T> void read(Supplier<T> work, Consumer<T> done, Runnable failed);

  /** Asks for another {@link WatchHub#turn} soon: at the end of this turn or in the next. */
  void again();

  /** Runs a task on the loop after a while. */
  void later(long delayNanos, Runnable task);
}
