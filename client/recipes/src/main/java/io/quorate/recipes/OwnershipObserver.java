package io.quorate.recipes;

import io.quorate.client.ClientObserver;
import java.time.Duration;

/**
 * Who hears, beside what a client does, how long locks, permits and leaderships are waited for and
 * held. Given to the client as any {@link ClientObserver}, and under the same rules. An owner may
 * have what it acquired a moment before its observer hears of that.
 *
 * <p>The name is that of the lock or election. There may be any number of them, so figures are
 * better not tagged with it.
 */
public interface OwnershipObserver extends ClientObserver {
  /**
   * Somebody has what it asked for.
   *
   * @param waited since it asked
   */
  default void acquired(Ownership what, String name, Duration waited) {}

  /**
   * Somebody doesn't wait any more for what it asked for, and has it not: it wouldn't wait, or no
   * longer; or it failed.
   *
   * @param waited since it asked
   */
  default void notAcquired(Ownership what, String name, Duration waited) {}

  /** It was given back. */
  default void released(Ownership what, String name, Duration held) {}

  /**
   * It was lost before it was given back.
   *
   * @param held until the loss was noticed
   */
  default void lost(Ownership what, String name, Duration held) {}
}
