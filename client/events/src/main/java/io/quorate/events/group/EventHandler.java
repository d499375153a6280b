package io.quorate.events.group;

import io.quorate.events.RecordedEvent;

/**
 * What a consumer does for an event: at least once, since it may do it and stop before the
 * checkpoint says so. Make it do the same if it is done again, by the event's {@linkplain
 * RecordedEvent#id id}: what it appends is appended once if its id is {@linkplain
 * io.quorate.events.EventId#uuid made from that}.
 */
@FunctionalInterface
public interface EventHandler {
  /**
   * Handles an event. Events of one partition come one at a time, so those of one stream do.
   *
   * @param event what happened
   * @throws Exception if it can't be handled: it is tried again after a while, and parked in the
   *     end. A {@code VALUE_UNREADABLE}, as codecs throw, ends the consumer instead: an event that
   *     this process can't read is for one that can
   */
  void handle(RecordedEvent event) throws Exception;
}
