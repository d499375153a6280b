package io.quorate.recipes.ids;

/** A clock that goes as it is told. A pause lets its time pass. Used by one thread. */
final class TestClock implements IdClock {
  private long wallNanos;
  private long monotonicNanos = 77;

  /** How often somebody waited. */
  int pauses;

  /** Whether a pause is as long as was asked for, rather than none. */
  boolean sleeps = true;

  /** The wall's clock moves on each so many milliseconds. */
  long tickMillis = 1;

  TestClock(long millis) {
    wallNanos = millis * NANOS_PER_MILLI;
  }

  /** Time passes on both clocks. */
  void pass(long millis) {
    passNanos(millis * NANOS_PER_MILLI);
  }

  void passNanos(long nanos) {
    wallNanos += nanos;
    monotonicNanos += nanos;
  }

  /** The wall's clock is set; the monotonic one doesn't notice. */
  void step(long millis) {
    wallNanos += millis * NANOS_PER_MILLI;
  }

  @Override
  public long millis() {
    long now = Math.floorDiv(wallNanos, NANOS_PER_MILLI);
    return now - Math.floorMod(now, tickMillis);
  }

  @Override
  public long nanosIntoMilli() {
    return Math.floorMod(wallNanos, NANOS_PER_MILLI);
  }

  @Override
  public long nanoTime() {
    return monotonicNanos;
  }

  @Override
  public void pause(long nanos) {
    pauses++;
    if (sleeps) {
      passNanos(nanos);
    }
  }
}
