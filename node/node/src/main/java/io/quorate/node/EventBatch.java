package io.quorate.node;

import io.quorate.base.Checks;
import io.quorate.kv.Event;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The events of some whole revisions, for watchers that want the same: made once, handed to all of
 * them. Never empty. Used on the loop.
 */
public final class EventBatch {
  private final List<Event> events;
  private @Nullable Object encoded;

  EventBatch(List<Event> events) {
    Checks.that(!events.isEmpty(), "a batch without events");
    this.events = events;
  }

  /** The events, in the order of revisions and, within one, of its steps; never changed. */
  public List<Event> events() {
    return events;
  }

  /** The revision of the first event. */
  public long firstRevision() {
    return events.getFirst().kv().modRevision();
  }

  /** The revision of the last event. */
  public long lastRevision() {
    return events.getLast().kv().modRevision();
  }

  /** What {@link #keep} was given last, or null: whoever sends a batch to many encodes it once. */
  public @Nullable Object kept() {
    return encoded;
  }

  /** Keeps something with the batch. */
  public void keep(Object form) {
    encoded = form;
  }

  /** The part from a revision on, or null if it is empty. */
  @Nullable EventBatch from(long revision) {
    if (firstRevision() >= revision) {
      return this;
    }
    int low = 0;
    int high = events.size();
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (events.get(middle).kv().modRevision() < revision) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low == events.size() ? null : new EventBatch(events.subList(low, events.size()));
  }
}
