package io.quorate.grpc;

import java.util.function.LongSupplier;

/**
 * How often a peer may do something: so many at once, refilled at a steady rate. It costs a
 * comparison while it lasts; the clock is asked for only when it runs out.
 */
final class Budget {
  private final int burst;
  private final int perSecond;
  private int left;
  private long refilledAtNanos;

  Budget(int burst, int perSecond, long nowNanos) {
    this.burst = burst;
    this.perSecond = perSecond;
    this.left = burst;
    this.refilledAtNanos = nowNanos;
  }

  /** Takes one; false if there is none left. */
  boolean take(LongSupplier nanoClock) {
    if (left == 0) {
      refill(nanoClock.getAsLong());
    }
    if (left == 0) {
      return false;
    }
    left--;
    return true;
  }

  private void refill(long nowNanos) {
    long elapsed = Math.max(0, nowNanos - refilledAtNanos);
    double earned = elapsed * 1e-9 * perSecond;
    if (earned >= 1) {
      left = (int) Math.min(burst, (long) earned);
      refilledAtNanos = nowNanos;
    }
  }
}
