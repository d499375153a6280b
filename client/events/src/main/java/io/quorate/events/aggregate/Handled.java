package io.quorate.events.aggregate;

import java.util.List;

/**
 * What a command came to.
 *
 * @param state behind what happened
 * @param version of the stream's last event
 * @param events what happened; none if nothing had to
 * @param attempts how often it was decided; 0 if it had been carried out before
 */
public record Handled<S, E>(S state, long version, List<E> events, int attempts) {
  /** Keeps the list from changing. */
  public Handled {
    events = List.copyOf(events);
  }
}
