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
import java.util.function.Function;

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
      requireRead(codec, written, event, event + " is written as ");
    }
  }

  /** Each event of histories is read as it was written. */
  public static <E> void requireReadable(EventCodec<E> codec, Histories<E> histories) {
    histories.each((random, drawn) -> requireReadable(codec, drawn.next()));
  }

  private static <E> void requireRead(
      EventCodec<E> codec, NewEvent written, E expected, String what) {
    for (int i = 0; i < 2; i++) { // what reads it asks no clock, and keeps nothing
      E read = codec.decode(recorded("s", 1, written));
      if (!read.equals(expected)) {
        throw new AssertionError(what + told(written) + ", and read as " + read);
      }
    }
  }

  private static String told(NewEvent event) {
    return event.type() + " " + event.schema() + " " + event.payload().toUtf8();
  }

  /**
   * An event of an earlier form is read as this. What it looked like then is best taken from a
   * store that has some:
   *
   * <pre>{@code
   * Replays.requireUpcast(
   *     codec,
   *     NewEvent.of("Deposited", 1, Bytes.utf8("{\"euros\":5}")),
   *     new AccountEvent.Deposited(500, "EUR"));
   * }</pre>
   *
   * @param recorded type, form and payload as they were written once
   * @throws AssertionError if it isn't, or if this is the form that is written today: then no
   *     upcaster was asked
   */
  public static <E> void requireUpcast(EventCodec<E> codec, NewEvent recorded, E expected) {
    NewEvent today = codec.encode(expected);
    if (today.type().equals(recorded.type()) && today.schema() == recorded.schema()) {
      throw new AssertionError(
          told(recorded) + " has the form in which " + expected + " is written today");
    }
    requireRead(codec, recorded, expected, expected + " was written as ");
    requireReadable(codec, List.of(expected));
  }

  /**
   * Whatever happened, as it was written in an earlier form it is read as what it is today.
   *
   * @param histories of events that can be said in that form
   * @param then writes an event as it was written once
   * @throws AssertionError that tells the first which isn't, and its seed
   */
  public static <E> void requireUpcast(
      EventCodec<E> codec, Histories<E> histories, Function<? super E, NewEvent> then) {
    histories.each((random, drawn) ->
        drawn.next().forEach(event -> requireUpcast(codec, then.apply(event), event)));
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

  /**
   * Whatever happened, a state can be kept behind any of its events.
   *
   * @throws AssertionError that tells the first history of which it can't, and its seed
   */
  public static <S, E> void requireKeepable(
      Evolver<S, E> evolver, Codec<S> codec, Histories<E> histories) {
    histories.each((random, drawn) -> requireKeepable(evolver, codec, drawn.next()));
  }

  /** An event as if it had been appended: for what reads or projects events. */
  public static RecordedEvent recorded(String stream, long version, NewEvent event) {
    return recorded(stream, version, new Position(version, 0), event);
  }

  static RecordedEvent recorded(String stream, long version, Position position, NewEvent event) {
    return new RecordedEvent(
        stream,
        version,
        position,
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
