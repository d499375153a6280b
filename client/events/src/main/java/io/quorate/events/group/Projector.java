package io.quorate.events.group;

import io.quorate.client.Op;
import io.quorate.events.RecordedEvent;
import java.util.List;

/**
 * What the store shall do for an event, in the same step as the checkpoint moves: so it is done
 * exactly once, whatever stops and is started again.
 */
@FunctionalInterface
public interface Projector {
  /**
   * What is to be done for an event. May be asked again for the same event, so it does nothing
   * itself. Events of one partition come one at a time, so those of one stream do.
   *
   * <p>What was written for an event is there when that step is done, and a step may be for many
   * events: with {@link GroupOptions#eventsPerStep} of more than one, do not read what this writes.
   *
   * @return writes; not more than {@value ConsumerGroup#OPS_MAX}, none that reads, and no key twice
   * @throws Exception if it can't be handled: it is tried again after a while, and parked in the
   *     end. A {@code VALUE_UNREADABLE}, as codecs throw, ends the consumer instead
   */
  List<Op> project(RecordedEvent event) throws Exception;
}
