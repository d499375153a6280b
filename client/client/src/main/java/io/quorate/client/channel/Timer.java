package io.quorate.client.channel;

/**
 * The client's only clocks: it tells monotonic time and the wall's, and runs a task later. Given
 * from outside, so that retries run in virtual time as well.
 */
public interface Timer {
  /** Monotonic time, in nanoseconds from an arbitrary origin. */
  long nanoTime();

  /**
   * The wall's time, in milliseconds since 1970. It may step to and fro. That it goes on while a
   * machine is suspended, as monotonic time may not, is what it is asked for.
   */
  default long wallMillis() {
    return System.currentTimeMillis();
  }

  /** Runs a short task once, no earlier than after this delay. Never runs it on the caller. */
  void after(long delayNanos, Runnable task);
}
