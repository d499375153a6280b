package io.quorate.events;

import java.util.List;

/**
 * Some events of one stream.
 *
 * @param read what was asked for
 * @param events in the order that was asked for. The first may have another version than was asked
 *     for: what was before it is truncated
 * @param next the version to go on from; 0 if the stream's beginning was reached backwards
 * @param isEnd whether there was nothing further, at the time
 * @param closed whether the stream was closed for good: it has no events then
 * @param revision of the store, as of which it was read
 */
public record StreamPage(
    StreamRead read,
    List<RecordedEvent> events,
    long next,
    boolean isEnd,
    boolean closed,
    long revision) {
  /** Keeps the list from changing. */
  public StreamPage {
    events = List.copyOf(events);
  }

  /**
   * The read that goes on behind this page, as of the same revision. It fails with {@link
   * io.quorate.base.ErrorCode#REVISION_COMPACTED} if the history of that is gone by then; {@link
   * #goingOn} doesn't.
   */
  public StreamRead following() {
    return read.from(next).at(revision);
  }

  /**
   * The read that goes on behind this page with what the stream has by then: appended since, and
   * truncated since. The first event is of {@link #next} unless that is truncated.
   */
  public StreamRead goingOn() {
    return following().at(0);
  }
}
