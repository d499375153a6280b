package io.quorate.testkit;

/**
 * Monotonic time that goes on as the system's does, but only as far as it was let: what goes by
 * beyond that is as if it hadn't been. Thread-safe.
 */
final class PacedClock {
  private long at;
  private long since = System.nanoTime();
  private long most;

  /**
   * @param start what it shows until it is let go on
   */
  PacedClock(long start) {
    at = start;
  }

  synchronized long now() {
    return at + gone(System.nanoTime());
  }

  /** From now on it may go on for so long. */
  synchronized void letGo(long nanos) {
    long real = System.nanoTime();
    at += gone(real);
    since = real;
    most = nanos;
  }

  /** So much time has passed at once. */
  synchronized void jump(long nanos) {
    at += nanos;
  }

  private long gone(long real) {
    return Math.clamp(real - since, 0, most);
  }
}
