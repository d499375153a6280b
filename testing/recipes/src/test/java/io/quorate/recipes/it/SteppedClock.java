package io.quorate.recipes.it;

import io.quorate.recipes.ids.IdClock;

/** A clock that goes as it is told, and through which whoever waits passes at once. */
final class SteppedClock implements IdClock {
  // Guarded by this.
  private long wallNanos = System.currentTimeMillis() * NANOS_PER_MILLI;
  private long monotonicNanos;
  private long tickMillis = 1;

  /** Time passes. */
  synchronized void pass(long millis) {
    passNanos(millis * NANOS_PER_MILLI);
  }

  private void passNanos(long nanos) {
    wallNanos += nanos;
    monotonicNanos += nanos;
  }

  /** The wall's clock is set; the monotonic one doesn't notice. */
  synchronized void step(long millis) {
    wallNanos += millis * NANOS_PER_MILLI;
  }

  /** The wall's clock moves on only so often. */
  synchronized void ticksEach(long millis) {
    tickMillis = millis;
  }

  @Override
  public synchronized long millis() {
    long now = Math.floorDiv(wallNanos, NANOS_PER_MILLI);
    return now - Math.floorMod(now, tickMillis);
  }

  @Override
  public synchronized long nanosIntoMilli() {
    return Math.floorMod(wallNanos, NANOS_PER_MILLI);
  }

  @Override
  public synchronized long nanoTime() {
    return monotonicNanos;
  }

  @Override
  public synchronized void pause(long nanos) {
    passNanos(nanos);
  }
}
