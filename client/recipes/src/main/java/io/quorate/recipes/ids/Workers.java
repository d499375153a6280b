package io.quorate.recipes.ids;

import java.util.concurrent.CompletableFuture;

/** Where generators get the worker from that they make ids as. */
interface Workers extends AutoCloseable {
  /**
   * A worker that is this generator's own, with time reserved for it.
   *
   * @param datacenter whose it is
   * @param worker its number
   * @param reservation of time for this worker's ids
   */
  record Claim(int datacenter, int worker, Reservation reservation) {}

  /**
   * Claims one that nobody else has.
   *
   * @param after the last timestamp of this generator's last worker; the claimed one's begin later
   */
  CompletableFuture<Claim> claim(long after);

  /**
   * Fails where a reservation that is waited for would never come.
   *
   * @throws IllegalStateException on a thread that completes what is claimed and extended
   */
  default void requireMayBlock() {}

  /** Somebody had to wait for an id, for so long. */
  default void idAwaited(long nanos) {}

  /** Has this run again and again, after so long each time, as long as it is of use. */
  default void every(long nanos, Runnable task) {}

  /** Gives all that were claimed back. */
  @Override
  void close();
}
