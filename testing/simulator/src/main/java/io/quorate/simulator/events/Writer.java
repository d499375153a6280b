package io.quorate.simulator.events;

import io.quorate.base.Bytes;
import io.quorate.base.QuorateException;
import io.quorate.events.Append;
import io.quorate.events.AppendResult;
import io.quorate.events.EventStore;
import io.quorate.events.ExpectedVersion;
import io.quorate.events.NewEvent;
import io.quorate.events.Position;
import io.quorate.events.Query;
import io.quorate.simulator.Chance;
import io.quorate.simulator.recipes.ClientProcess;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Appends in a process, one after another, in all the ways there are; and shortens streams. */
final class Writer {
  static final String BAD = "Bad";

  private static final long MILLIS = 1_000_000L;
  private static final long PAUSE_NANOS = 20 * MILLIS;
  private static final int STREAMS = 4;
  private static final int TAGS = 3;
  private static final int EVENTS_MAX = 3;

  private final ClientProcess process;
  private final Chance chance;
  private final EventStore store;
  private final boolean shortens;
  private final Consumer<Attempt> begun;

  /** What it takes the streams' versions for. */
  private final Map<String, Long> versions = new HashMap<>();

  private @Nullable Attempt present;
  private @Nullable Append repeatable;
  private final long pauseNanos;
  private boolean busy;
  private boolean ending;

  Writer(
      ClientProcess process,
      Chance chance,
      String root,
      int pace,
      boolean shortens,
      Consumer<Attempt> begun) {
    this.process = process;
    this.chance = chance;
    this.shortens = shortens;
    pauseNanos = pace * PAUSE_NANOS;
    this.begun = begun;
    store = EventStore.of(process.client(), root);
  }

  void start() {
    process.after(chance.below(pauseNanos), this::round);
  }

  void end() {
    ending = true;
  }

  boolean isDone() {
    Attempt last = present;
    return process.life().isOver() || (!busy && (last == null || last.isOver()));
  }

  private void round() {
    if (isDone() && !ending) {
      act();
    }
    process.after(1 + chance.exponential(pauseNanos), this::round);
  }

  private String stream() {
    return "s" + chance.below(STREAMS);
  }

  private void act() {
    Append again = repeatable;
    Attempt last = present;
    boolean isDone = last != null && last.result() != null && last.result().isAppended();
    if (again != null && isDone && chance.oneIn(6)) {
      repeatable = null;
      append(again, new Attempt(again.id(), Map.of(), null, Position.START));
    } else if (shortens && chance.oneIn(12)) {
      shorten(stream());
    } else if (chance.oneIn(4)) {
      lookThenAppend("t" + chance.below(TAGS));
    } else {
      append(null, Position.START);
    }
  }

  private void shorten(String stream) {
    busy = true;
    long known = versions.getOrDefault(stream, 0L);
    var _ =
        store
            .truncateAsync(stream, chance.between(1, known + 2))
            .whenComplete((dropped, failure) -> busy = false);
  }

  /** Decides by what has a tag, as dynamic consistency boundaries do. */
  private void lookThenAppend(String tag) {
    busy = true;
    var _ =
        store
            .scan(Query.tags(tag), Position.START)
            .nextAsync(1_000)
            .whenComplete((page, failure) -> {
              busy = false;
              if (failure == null && page.isEnd() && !ending) {
                append(tag, page.upTo());
              }
            });
  }

  private void append(@Nullable String unlessTag, Position after) {
    Map<String, ExpectedVersion> expected = new LinkedHashMap<>();
    expected.put(stream(), ExpectedVersion.any());
    if (chance.oneIn(4)) {
      expected.put(stream(), ExpectedVersion.any());
    }
    expected.replaceAll((stream, any) -> expected(stream));
    UUID id = new UUID(chance.next(), chance.next());
    Append append = null;
    for (Map.Entry<String, ExpectedVersion> each : expected.entrySet()) {
      List<NewEvent> events = events(unlessTag);
      append =
          append == null
              ? Append.to(each.getKey(), each.getValue(), events)
              : append.and(each.getKey(), each.getValue(), events);
    }
    if (append == null) {
      throw new IllegalStateException("nothing to append");
    }
    append = append.id(id);
    if (unlessTag != null) {
      append = append.unless(Query.tags(unlessTag), after);
    }
    repeatable = append;
    append(append, new Attempt(id, expected, unlessTag, after));
  }

  private ExpectedVersion expected(String stream) {
    return switch (chance.below(6)) {
      case 0 -> ExpectedVersion.any();
      case 1 -> ExpectedVersion.exists();
      case 2 -> ExpectedVersion.none();
      default -> ExpectedVersion.exactly(versions.getOrDefault(stream, 0L));
    };
  }

  private List<NewEvent> events(@Nullable String tag) {
    List<NewEvent> events = new ArrayList<>();
    int count = 1 + chance.below(EVENTS_MAX);
    for (int i = 0; i < count; i++) {
      NewEvent event =
          NewEvent.of(chance.oneIn(20) ? BAD : "Good", Bytes.utf8(Long.toHexString(chance.next())));
      if (tag != null) {
        event = event.tagged(tag);
      } else if (chance.oneIn(3)) {
        event = event.tagged("t" + chance.below(TAGS));
      }
      events.add(event);
    }
    return events;
  }

  private void append(Append append, Attempt attempt) {
    present = attempt;
    begun.accept(attempt);
    var _ =
        store
            .appendAsync(append)
            .whenComplete((result, failure) -> {
              if (failure != null) {
                attempt.failed(QuorateException.reason(failure));
              } else {
                attempt.told(result);
                learn(result);
              }
            });
  }

  private void learn(AppendResult result) {
    if (result instanceof AppendResult.Appended appended) {
      versions.putAll(appended.versions());
    } else if (result instanceof AppendResult.Conflict conflict) {
      conflict.streams().forEach(each -> versions.put(each.stream(), each.actual()));
    }
  }
}
