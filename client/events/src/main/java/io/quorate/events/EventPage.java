package io.quorate.events;

import java.util.List;

/**
 * Some events in the order of their positions.
 *
 * @param events which were looked for; there may be none though more follow
 * @param upTo all events up to here were told, in this page and those before
 * @param isEnd whether that is all there was
 */
public record EventPage(List<RecordedEvent> events, Position upTo, boolean isEnd) {
  /** Keeps the list from changing. */
  public EventPage {
    events = List.copyOf(events);
  }
}
