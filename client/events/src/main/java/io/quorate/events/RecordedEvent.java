package io.quorate.events;

import io.quorate.base.Bytes;
import java.util.List;
import java.util.SortedMap;

/**
 * An event that was appended.
 *
 * @param stream to which it was
 * @param version its number in the stream, from 1 on
 * @param position its place among all events of the store
 * @param id which event it is
 * @param timeMillis when it was appended by the clock of whoever did, in milliseconds since 1970:
 *     told, and never relied on
 * @param type what happened
 * @param schema which form of this type the payload has, from 1 on
 * @param payload what happened
 * @param tags by which it is found beside its stream
 * @param headers what else was kept with it
 * @param correlation of its append: what it belongs to; empty if nothing was said
 * @param causation of its append: what it was done for; empty if nothing was said
 */
public record RecordedEvent(
    String stream,
    long version,
    Position position,
    EventId id,
    long timeMillis,
    String type,
    int schema,
    Bytes payload,
    List<String> tags,
    SortedMap<String, String> headers,
    String correlation,
    String causation) {
  /** The same with another payload: what an encrypted one says, for example. */
  public RecordedEvent payload(Bytes other) {
    return new RecordedEvent(
        stream,
        version,
        position,
        id,
        timeMillis,
        type,
        schema,
        other,
        tags,
        headers,
        correlation,
        causation);
  }

  /**
   * Which it is, in words, for messages: {@code event 7 of orders/42 at 0000000000000a1b.00000000}.
   */
  public String inWords() {
    return "event " + version + " of " + stream + " at " + position.toText();
  }
}
