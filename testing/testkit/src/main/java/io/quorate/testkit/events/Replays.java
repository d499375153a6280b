package io.quorate.testkit.events;

import io.quorate.client.codec.Codec;
import io.quorate.events.EventId;
import io.quorate.events.NewEvent;
import io.quorate.events.Position;
import io.quorate.events.RecordedEvent;
import io.quorate.events.aggregate.Evolver;
import io.quorate.events.codec.EventCodec;
import java.util.List;
import java.util.UUID;

/** Whether events and states can be kept: what was written is what is read, whenever that is. */
public final class Replays {
  private Replays() {}

  /**
   * Each event is read as it was written.
   *
   * @throws AssertionError that names the first which isn't
   */
  public static <E> void requireReadable(EventCodec<E> codec, List<? extends E> events) {
    for (E event : events) {
      NewEvent written = codec.encode(event);
      E read = codec.decode(recorded("s", 1, written));
      if (!read.equals(event)) {
        throw new AssertionError(event + " is written as " + written + ", and read as " + read);
      }
    }
  }

  /**
   * A state that was kept behind any of the events adds up, with those that follow, to what all of
   * them do.
   *
   * @throws AssertionError that names the event behind which it doesn't
   */
  public static <S, E> void requireKeepable(
      Evolver<S, E> evolver, Codec<S> codec, List<? extends E> events) {
    S whole = evolver.initial();
    for (E event : events) {
      whole = evolver.evolve(whole, event);
    }
    S before = evolver.initial();
    for (int i = 0; i <= events.size(); i++) {
      S state = codec.decode(codec.encode(before));
      for (E event : events.subList(i, events.size())) {
        state = evolver.evolve(state, event);
      }
      if (!state.equals(whole)) {
        throw new AssertionError(
            "a snapshot behind " + i + " events adds up to " + state + ", all of them to " + whole);
      }
      if (i < events.size()) {
        before = evolver.evolve(before, events.get(i));
      }
    }
  }

  /** An event as if it had been appended: for what reads or projects events. */
  public static RecordedEvent recorded(String stream, long version, NewEvent event) {
    return new RecordedEvent(
        stream,
        version,
        new Position(version, 0),
        new EventId(new UUID(stream.hashCode(), version), 0),
        0,
        event.type(),
        event.schema(),
        event.payload(),
        event.tags(),
        event.headers(),
        "",
        "");
  }
}
