package io.quorate.recipes.ids;

import io.quorate.client.ClientObserver;
import java.time.Duration;

/**
 * Who hears, beside what a client does, how long ids are waited for. Given to the client as any
 * {@link ClientObserver}, and under the same rules. Of a generator without a cluster nothing is
 * told.
 */
public interface IdObserver extends ClientObserver {
  /**
   * There was no id without waiting; by now it has come, or the waiting has failed.
   *
   * @param name of what gets the ids
   */
  default void idAwaited(String name, Duration waited) {}
}
