package io.quorate.recipes.ids;

import java.util.concurrent.CompletableFuture;

/**
 * Time that is one generator's alone to put into ids of its worker. Timestamps count milliseconds
 * since the layout's epoch.
 *
 * <p>What was reserved stays so, whatever becomes of the owner: it is extended by the owner only,
 * and whoever owns the worker next begins behind its end.
 */
interface Reservation {
  /** The first timestamp that is this generator's: nobody has issued it or a later one. */
  long from();

  /**
   * Reserves up to a timestamp, or further.
   *
   * @return the last timestamp that is surely reserved; fails if that is not known, with {@link
   *     io.quorate.base.QuorateException.Conflict} if it never will be
   */
  CompletableFuture<Long> extend(long wanted);

  /** Nothing behind this timestamp was issued, and nothing more will be. */
  void release(long lastIssued);
}
