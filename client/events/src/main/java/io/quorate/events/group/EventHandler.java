package io.quorate.events.group;

import io.quorate.events.RecordedEvent;

/**
 * What a consumer does for an event: at least once, since it may do it and stop before the
 * checkpoint says so. Make it do the same if it is done again: by the event's {@linkplain
 * RecordedEvent#id id}, for example.
 */
@FunctionalInterface
public interface EventHandler {
  /**
   * Handles an event. Events of one partition come one at a time, so those of one stream do.
   *
   * @param event what happened
   * @throws Exception if it can't be handled: it is tried again after a while, and parked in the
   *     end
   */
  void handle(RecordedEvent event) throws Exception;
}
