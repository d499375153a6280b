package io.quorate.testkit.events;

import io.quorate.client.Op;
import io.quorate.events.NewEvent;
import io.quorate.events.Position;
import io.quorate.events.RecordedEvent;
import io.quorate.events.codec.EventCodec;
import io.quorate.events.group.ConsumerGroup;
import io.quorate.events.group.Projection;
import io.quorate.events.group.Projector;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * What a projector makes of events, in keys: the same live as anew.
 *
 * <pre>{@code
 * ProjectorScenario.of(() -> new OpenOrders(codec), codec)
 *     .given("orders/42", new Placed("tea", 3))
 *     .given("orders/43", new Placed("cup", 1))
 *     .given("orders/42", new Paid(900))
 *     .thenKeys(Map.of("open/orders/43", "1 cup"));
 * }</pre>
 *
 * <p>The events are projected as they came, by one projector. Then they are projected anew, in each
 * way in which that may happen: by another projector behind each event, since processes stop and
 * are started again; with some of them asked for ahead and then asked for again, since a step may
 * fail; and partition by partition, since each goes on by itself. What isn't the same throws an
 * {@link AssertionError} that tells both.
 *
 * @param <E> the events
 */
public final class ProjectorScenario<E> {
  /** So many are asked for ahead. */
  private static final int AHEAD = 3;

  private static final int STREAMS_MAX = 4;

  private final Supplier<? extends Projection.Fold> fold;
  private final boolean hasKeys;
  private final boolean inOrder;
  private final EventCodec<E> codec;
  private final List<RecordedEvent> given;

  private ProjectorScenario(
      Supplier<? extends Projection.Fold> fold,
      boolean hasKeys,
      boolean inOrder,
      EventCodec<E> codec,
      List<RecordedEvent> given) {
    this.fold = fold;
    this.hasKeys = hasKeys;
    this.inOrder = inOrder;
    this.codec = codec;
    this.given = given;
  }

  /**
   * Of a group's projector, when nothing happened yet.
   *
   * @param projector gives one as a process has it that was started just now
   * @param codec by which the events are written
   */
  public static <E> ProjectorScenario<E> of(
      Supplier<? extends Projector> projector, EventCodec<E> codec) {
    Supplier<Projection.Fold> fold =
        () -> {
          Projector one = projector.get();
          return (event, keys) -> one.project(event);
        };
    return new ProjectorScenario<>(fold, false, false, codec, List.of());
  }

  /**
   * Of a {@link Projection}'s fold, which writes only keys that begin as it is told; keys are told
   * without that.
   *
   * @param fold gives one as a process has it that was started just now
   * @param codec by which the events are written
   */
  public static <E> ProjectorScenario<E> ofFold(
      Supplier<? extends Projection.Fold> fold, EventCodec<E> codec) {
    return new ProjectorScenario<>(fold, true, false, codec, List.of());
  }

  /**
   * The same, in a group of one partition: there, events of different streams come in the order of
   * their positions too.
   */
  public ProjectorScenario<E> inOnePartition() {
    return new ProjectorScenario<>(fold, hasKeys, true, codec, given);
  }

  /** The same, when these happened too. */
  @SafeVarargs
  @SuppressWarnings("varargs") // it is only read
  public final ProjectorScenario<E> given(String stream, E... events) {
    List<RecordedEvent> all = new ArrayList<>(given);
    for (E event : events) {
      append(all, stream, codec.encode(event));
    }
    return new ProjectorScenario<>(fold, hasKeys, inOrder, codec, List.copyOf(all));
  }

  private static void append(List<RecordedEvent> all, String stream, NewEvent event) {
    long version = 1 + all.stream().filter(each -> each.stream().equals(stream)).count();
    all.add(Replays.recorded(stream, version, new Position(all.size() + 1, 0), event));
  }

  /** There are these keys then, with these values, and no others; live and anew. */
  public void thenKeys(Map<String, String> expected) {
    Map<String, String> there = project(given);
    if (!there.equals(expected)) {
      throw new AssertionError(
          "expected keys: " + new TreeMap<>(expected) + ", but there are " + there);
    }
  }

  /**
   * Whatever happened in some streams, behind what is given, what is projected live is what is
   * projected anew.
   *
   * @param category what the names of the streams begin with
   * @throws AssertionError that tells the first history of which it isn't, and its seed
   */
  public void requireSame(String category, Histories<E> histories) {
    histories.each((random, drawn) -> {
      List<List<E>> streams = new ArrayList<>();
      for (int i = random.nextInt(STREAMS_MAX); i >= 0; i--) {
        streams.add(new ArrayList<>(drawn.next()));
      }
      List<RecordedEvent> events = new ArrayList<>(given);
      while (streams.stream().anyMatch(each -> !each.isEmpty())) {
        int stream = random.nextInt(streams.size());
        if (!streams.get(stream).isEmpty()) {
          append(events, category + (stream + 1), codec.encode(streams.get(stream).removeFirst()));
        }
      }
      var _ = project(events);
    });
  }

  // ---- all the ways ----------------------------------------------------------------------------

  private Map<String, String> project(List<RecordedEvent> events) {
    Map<String, String> live = oneByOne(keys("live/"), events);
    requireSame(live, "by a process that is started again behind each event", anew(events, 0));
    requireSame(live, "with each event asked for twice", anew(events, AHEAD));
    if (!inOrder) {
      List<List<RecordedEvent>> streams = streams(events);
      requireSame(live, "stream by stream", oneByOne(keys("anew/"), joined(streams)));
      requireSame(
          live,
          "stream by stream, the last first",
          oneByOne(keys("anew/"), joined(streams.reversed())));
    }
    return live;
  }

  private static void requireSame(Map<String, String> live, String way, Map<String, String> there) {
    if (!there.equals(live)) {
      throw new AssertionError(
          "projected live there are the keys " + live + "; anew, " + way + ", " + there);
    }
  }

  private ProjectedKeys keys(String generation) {
    return new ProjectedKeys(hasKeys ? generation : "");
  }

  private Map<String, String> oneByOne(ProjectedKeys keys, List<RecordedEvent> events) {
    Projection.Fold one = fold.get();
    events.forEach(event -> project(one, event, keys));
    return keys.told();
  }

  private Map<String, String> anew(List<RecordedEvent> events, int ahead) {
    ProjectedKeys keys = keys("anew/");
    Projection.Fold one = fold.get();
    for (int i = 0; i < events.size(); i++) {
      if (ahead == 0) {
        one = fold.get();
      } else if (i % ahead == 0) {
        for (RecordedEvent each : events.subList(i, Math.min(i + ahead, events.size()))) {
          var _ = ask(one, each, keys);
        }
      }
      project(one, events.get(i), keys);
    }
    return keys.told();
  }

  private static void project(Projection.Fold fold, RecordedEvent event, ProjectedKeys keys) {
    List<Op> ops = ask(fold, event, keys);
    try {
      keys.write(ops);
    } catch (AssertionError e) {
      throw new AssertionError(told(event) + ": " + e.getMessage(), e);
    }
  }

  private static List<Op> ask(Projection.Fold fold, RecordedEvent event, ProjectedKeys keys) {
    List<Op> ops;
    try {
      ops = List.copyOf(fold.project(event, keys.prefix()));
    } catch (Exception e) {
      throw new AssertionError(told(event) + " can't be projected: " + e, e);
    }
    if (ops.size() > ConsumerGroup.OPS_MAX) {
      throw new AssertionError(
          "%s is projected to %d writes, and a step has at most %d"
              .formatted(told(event), ops.size(), ConsumerGroup.OPS_MAX));
    }
    return ops;
  }

  private static String told(RecordedEvent event) {
    return event.type() + ", event " + event.version() + " of " + event.stream();
  }

  private static List<List<RecordedEvent>> streams(List<RecordedEvent> events) {
    Map<String, List<RecordedEvent>> streams = new LinkedHashMap<>();
    for (RecordedEvent event : events) {
      streams.computeIfAbsent(event.stream(), each -> new ArrayList<>()).add(event);
    }
    return List.copyOf(streams.values());
  }

  private static List<RecordedEvent> joined(List<List<RecordedEvent>> streams) {
    return streams.stream().flatMap(List::stream).toList();
  }
}
