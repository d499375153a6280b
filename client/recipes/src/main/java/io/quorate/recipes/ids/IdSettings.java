package io.quorate.recipes.ids;

import java.time.Duration;

/**
 * How generators behave.
 *
 * @param windowMillis how much time is reserved at once
 * @param aheadMillis how far ids may be ahead of the clock; 0 is strict
 * @param clockBehindMaxMillis how far the clock may be behind the last id until no more are made
 * @param waitMax how long a caller waits for an id at most
 */
record IdSettings(
    long windowMillis, long aheadMillis, long clockBehindMaxMillis, Duration waitMax) {
  static final IdSettings DEFAULT =
      new IdSettings(5_000, 0, Long.MAX_VALUE, Duration.ofSeconds(10));

  IdSettings window(long millis) {
    return new IdSettings(millis, aheadMillis, clockBehindMaxMillis, waitMax);
  }

  IdSettings ahead(long millis) {
    return new IdSettings(windowMillis, millis, clockBehindMaxMillis, waitMax);
  }

  IdSettings clockBehindMax(long millis) {
    return new IdSettings(windowMillis, aheadMillis, millis, waitMax);
  }

  IdSettings waitMax(Duration most) {
    return new IdSettings(windowMillis, aheadMillis, clockBehindMaxMillis, most);
  }
}
