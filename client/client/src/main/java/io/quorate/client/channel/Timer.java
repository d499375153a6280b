package io.quorate.client.channel;

/**
 * The client's only clock: it tells monotonic time and runs a task later. Given from outside, so
 * that retries run in virtual time as well.
 */
public interface Timer {
  /** Monotonic time, in nanoseconds from an arbitrary origin. */
  long nanoTime();

  /** Runs a short task once, no earlier than after this delay. Never runs it on the caller. */
  void after(long delayNanos, Runnable task);
}
