package io.quorate.recipes.ids;

import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import java.util.concurrent.CompletableFuture;

/**
 * Reserves a worker's time, a window at once, as far as the layout has any.
 *
 * <p>Timestamps count milliseconds since the layout's epoch.
 */
record Windows(SnowflakeLayout layout, IdClock clock, long windowMillis) {
  /** The present timestamp; negative if the layout's epoch is still to come. */
  long timestamp() {
    return clock.millis() - layout.epoch().toEpochMilli();
  }

  /**
   * The present timestamp.
   *
   * @throws QuorateException.Rejected if the layout's epoch is still to come
   */
  long now() {
    long now = timestamp();
    if (now < 0) {
      throw QuorateException.of(
          ErrorCode.INVALID_REQUEST,
          "the layout's epoch, " + layout.epoch() + ", is in the future of this clock");
    }
    return now;
  }

  /**
   * Reserves the first window of a claim.
   *
   * @param from the first timestamp that may be issued as this worker
   * @return the last timestamp that is reserved; fails if there is none any more
   */
  CompletableFuture<Long> begin(Workers.Claim claim, long from, long now) {
    boolean beyondTheEnd = from > layout.timestampMax() && now <= layout.timestampMax();
    return beyondTheEnd
        ? CompletableFuture.failedFuture(
            QuorateException.of(
                ErrorCode.INVALID_REQUEST,
                "worker %d-%d is reserved up to %s, and the layout's time ends at %s: that was written for a layout with another epoch, or not in milliseconds"
                    .formatted(
                        claim.datacenter(),
                        claim.worker(),
                        layout.epoch().plusMillis(from - 1),
                        layout.end())))
        : extend(claim.reservation(), Math.max(from, now));
  }

  /**
   * Reserves a window from a timestamp on.
   *
   * @return the last timestamp that is reserved; fails if there is none any more
   */
  CompletableFuture<Long> extend(Reservation reservation, long from) {
    long max = layout.timestampMax();
    if (from > max) {
      return CompletableFuture.failedFuture(
          QuorateException.of(
              ErrorCode.INVALID_REQUEST,
              "the layout's time ended at " + layout.end() + ": take one with a later epoch"));
    }
    return reservation
        .extend(Math.min(from + windowMillis, max))
        .thenApply(until -> Math.min(until, max));
  }
}
