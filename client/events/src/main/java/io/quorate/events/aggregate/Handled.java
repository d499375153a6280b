package io.quorate.events.aggregate;

import io.quorate.events.Position;
import java.util.List;

/**
 * What a command came to.
 *
 * @param state behind what happened
 * @param version of the stream's last event
 * @param events what happened; none if nothing had to
 * @param position of the last event that was appended for it, now or when it was carried out
 *     before: whoever has seen all events up to there has seen what it did; {@link Position#START}
 *     if nothing had to happen
 * @param attempts how often it was decided; 0 if it had been carried out before
 */
public record Handled<S, E>(
    S state, long version, List<E> events, Position position, int attempts) {
  /** Keeps the list from changing. */
  public Handled {
    events = List.copyOf(events);
  }
}
