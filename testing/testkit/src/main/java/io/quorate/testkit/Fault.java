package io.quorate.testkit;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * Something that goes wrong in a {@link Cluster}, until it is ended: by this, by {@link
 * Cluster#heal}, or with the test. It is in force when the call returns that began it. Faults add
 * up. Safe for use by many threads.
 */
public final class Fault implements AutoCloseable {
  private final World world;
  private final String what;
  private final AtomicInteger hits = new AtomicInteger();

  // The world's.
  private Runnable ending = () -> {};
  private boolean over;

  Fault(World world, String what) {
    this.world = world;
    this.what = what;
  }

  /** How often it has met a request so far; 0 for a fault that isn't about requests. */
  public int hits() {
    return hits.get();
  }

  /** Whether it has ended. */
  public boolean isOver() {
    return world.call(() -> over);
  }

  /** Ends it; when this returns, it is in force no more. Idempotent. */
  public void end() {
    if (!world.isClosed()) {
      world.perform(this::endNow);
    }
  }

  /** Ends it, as {@link #end} does. */
  @Override
  public void close() {
    end();
  }

  // ---- the world's side ------------------------------------------------------------------------

  void begun(Runnable whatEndsIt) {
    ending = whatEndsIt;
  }

  void hit() {
    hits.incrementAndGet();
  }

  boolean isOverNow() {
    return over;
  }

  void endNow() {
    if (!over) {
      over = true;
      ending.run();
    }
  }

  @Override
  public String toString() {
    return what;
  }
}
