package io.quorate.node;

import io.quorate.base.Checks;

/**
 * Spreads what is sent in bulk over time, so that clients' calls find the disk and the processors
 * of both ends free in between. Used on the loop.
 */
final class Pacer {
  private final long bytesPerSecond;
  private long free = Long.MIN_VALUE;

  Pacer(long bytesPerSecond) {
    Checks.that(bytesPerSecond > 0, "bytesPerSecond=%d", bytesPerSecond);
    this.bytesPerSecond = bytesPerSecond;
  }

  /**
   * How long from {@code now} on these bytes have to wait, in nanoseconds: until those before them
   * have had their time, but no longer than {@code delayMax}. They are counted as sent then.
   */
  long delay(long now, long bytes, long delayMax) {
    long delay = free == Long.MIN_VALUE ? 0 : Math.clamp(free - now, 0, delayMax);
    free = now + delay + bytes * 1_000_000_000L / bytesPerSecond;
    return delay;
  }
}
