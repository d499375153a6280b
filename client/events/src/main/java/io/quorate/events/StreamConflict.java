package io.quorate.events;

import java.util.List;

/**
 * A stream that isn't as an append expected it.
 *
 * @param stream which
 * @param expected what was expected of it
 * @param actual the version of its last event; 0 if it has none
 * @param events those behind the expected version, in their order: the first of them, so many as an
 *     answer holds; none where the stream is shorter than was expected
 * @param more whether there are further ones
 * @param closed whether the stream was closed for good, so that nothing can be appended any more
 */
public record StreamConflict(
    String stream,
    ExpectedVersion expected,
    long actual,
    List<RecordedEvent> events,
    boolean more,
    boolean closed) {
  /** Keeps the list from changing. */
  public StreamConflict {
    events = List.copyOf(events);
  }
}
