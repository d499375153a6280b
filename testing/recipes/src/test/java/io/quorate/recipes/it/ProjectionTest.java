package io.quorate.recipes.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.client.KeyValue;
import io.quorate.client.Put;
import io.quorate.client.QuorateClient;
import io.quorate.client.Range;
import io.quorate.events.EventStore;
import io.quorate.events.ExpectedVersion;
import io.quorate.events.NewEvent;
import io.quorate.events.Query;
import io.quorate.events.codec.EncryptedEvents;
import io.quorate.events.codec.EventCodec;
import io.quorate.events.codec.JsonEvents;
import io.quorate.events.codec.SubjectKeys;
import io.quorate.events.group.Consumer;
import io.quorate.events.group.ConsumerGroup;
import io.quorate.events.group.GroupOptions;
import io.quorate.events.group.Projection;
import io.quorate.events.group.ProjectionRun;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** What events add up to is made anew beside what is read, and is read when it is all there. */
@ParameterizedClass(name = "{0}")
@EnumSource(EventsOn.class)
@Timeout(60)
class ProjectionTest extends RecipeCase {
  private static final int STREAMS = 4;
  private static final long POLL_NANOS = 2_000_000;
  private static final GroupOptions OPTIONS = GroupOptions.DEFAULT.partitions(2);

  private final EventsOn on;
  private final EventStore store;
  private final ExecutorService executor = Executors.newCachedThreadPool();

  ProjectionTest(EventsOn on) {
    super(on.store(), "projections");
    this.on = on;
    store = on.events(client, name + "/");
  }

  @AfterEach
  void endExecutor() {
    executor.shutdownNow();
  }

  /** Keeps the last version of each stream, behind the form's name. */
  private static Projection projection(EventStore store, String form) {
    return Projection.of(
        store,
        "lasts",
        form,
        Query.all(),
        OPTIONS,
        (event, keys) -> List.of(Put.of(keys + event.stream(), form + ":" + event.version())));
  }

  private void append(int count) {
    for (int i = 0; i < count; i++) {
      store.append("s" + i % STREAMS, ExpectedVersion.any(), NewEvent.of("E", Bytes.EMPTY));
    }
  }

  /** What is below a prefix. */
  private Map<String, String> below(String prefix) {
    Map<String, String> all = new TreeMap<>();
    for (KeyValue kv : client.kv().range(Range.prefix(prefix)).kvs()) {
      all.put(kv.key().toUtf8().substring(prefix.length()), kv.value().toUtf8());
    }
    return all;
  }

  private static void await(BooleanSupplier condition) {
    while (!condition.getAsBoolean()) {
      LockSupport.parkNanos(POLL_NANOS);
      if (Thread.interrupted()) {
        throw new AssertionError("it didn't come to that");
      }
    }
  }

  private Map<String, String> lasts(String form) {
    Map<String, String> lasts = new TreeMap<>();
    for (int i = 0; i < STREAMS; i++) {
      lasts.put("s" + i, form + ":" + store.version("s" + i));
    }
    return lasts;
  }

  @Test
  void what_is_made_anew_is_taken_into_use_when_it_is_not_behind_and_the_old_is_gone()
      throws Exception {
    append(40);
    Projection one = projection(store, "1");
    QuorateClient others = on.store().connect();
    endsWithCase(others);
    Projection two = projection(on.events(others, name + "/"), "2");
    try (ProjectionRun first = one.run(executor);
        ProjectionRun second = two.run(executor)) {
      String old = one.inUse().keys();
      await(() -> below(old).equals(lasts("1")));
      AtomicBoolean ending = new AtomicBoolean();
      CompletableFuture<Void> living =
          CompletableFuture.runAsync(
              () -> {
                while (!ending.get()) {
                  append(STREAMS);
                }
              },
              executor);
      Projection.Generation made = two.rebuildAsync().get(30, TimeUnit.SECONDS);
      assertThat(made.number()).isEqualTo(2);
      assertThat(made.form()).isEqualTo("2");
      assertThat(one.inUse()).isEqualTo(made);
      ending.set(true);
      var _ = living.get(30, TimeUnit.SECONDS);
      await(() -> below(made.keys()).equals(lasts("2")));
      assertThat(below(old)).isEmpty();
      assertThat(ConsumerGroup.all(store).stream().map(ConsumerGroup::name))
          .containsExactly("lasts@2");
      append(STREAMS);
      await(() -> below(made.keys()).equals(lasts("2")));
      assertThat(first.failure()).isNotDone();
      assertThat(second.failure()).isNotDone();
    }
  }

  @Test
  void what_nobody_makes_is_behind_and_can_be_abandoned() throws Exception {
    append(8);
    Projection one = projection(store, "1");
    try (ProjectionRun _ = one.run(executor)) {
      String keys = one.inUse().keys();
      await(() -> below(keys).equals(lasts("1")));
      Projection two = projection(store, "2");
      CompletableFuture<Projection.Generation> rebuilding = two.rebuildAsync();
      await(() -> ConsumerGroup.all(store).size() == 2);
      Projection.Progress progress = client.await(two.progressAsync());
      assertThat(progress.generation().form()).isEqualTo("2");
      assertThat(progress.isCaughtUp()).isFalse();
      assertThatThrownBy(() -> client.await(projection(store, "3").rebuildAsync()))
          .hasMessageContaining("of the form 2 is in the making");
      client.await(two.abandonAsync());
      assertThatThrownBy(() -> rebuilding.get(30, TimeUnit.SECONDS))
          .hasMessageContaining("was dropped");
      assertThat(one.inUse().number()).isEqualTo(1);
      assertThat(below(keys)).isEqualTo(lasts("1"));
      assertThatThrownBy(() -> client.await(two.progressAsync()))
          .isInstanceOf(QuorateException.Rejected.class);
    }
    Projection again = projection(store, "1");
    try (ProjectionRun _ = again.run(executor)) {
      assertThat(again.rebuildAsync().get(30, TimeUnit.SECONDS).number()).isEqualTo(3);
    }
  }

  @Test
  void what_could_not_be_taken_in_is_not_taken_for_made() throws Exception {
    append(8);
    AtomicBoolean refuses = new AtomicBoolean(true);
    Projection one = projection(store, "1");
    Projection two =
        Projection.of(
            store,
            "lasts",
            "2",
            Query.all(),
            OPTIONS.attempts(1, Duration.ofMillis(1)),
            (event, keys) -> {
              if (event.stream().equals("s1") && refuses.get()) {
                throw new IllegalStateException("not now");
              }
              return List.of(Put.of(keys + event.stream(), "2:" + event.version()));
            });
    try (ProjectionRun _ = one.run(executor);
        ProjectionRun _ = two.run(executor)) {
      String keys = one.inUse().keys();
      await(() -> below(keys).equals(lasts("1")));
      assertThatThrownBy(() -> client.await(two.rebuildAsync()))
          .isInstanceOf(QuorateException.Rejected.class)
          .hasMessageContaining("couldn't take in 2 events that what is in use has")
          .hasMessageContaining("not now");
      assertThat(one.inUse().number()).isEqualTo(1);
      refuses.set(false);
      Projection.Progress progress = client.await(two.progressAsync());
      ConsumerGroup consumers = two.consumers(progress.generation());
      assertThat(consumers.parked()).isEqualTo(progress.parked()).hasSize(2);
      progress.parked().forEach(consumers::retry);
      await(() -> consumers.parked().isEmpty());
      Projection.Generation made = two.rebuildAsync().get(30, TimeUnit.SECONDS);
      assertThat(made.number()).isEqualTo(2);
      assertThat(below(made.keys())).isEqualTo(lasts("2"));
    }
  }

  @Test
  void one_that_takes_in_less_than_what_is_in_use_is_made_where_nothing_comes() throws Exception {
    append(STREAMS);
    Projection narrow =
        Projection.of(
            store,
            "lasts",
            "s0 alone",
            Query.category("s0"),
            OPTIONS.partitions(3),
            (event, keys) -> List.of(Put.of(keys + event.stream(), "" + event.version())));
    Projection one = projection(store, "1");
    try (ProjectionRun _ = one.run(executor);
        ProjectionRun _ = narrow.run(executor)) {
      String keys = one.inUse().keys();
      await(() -> below(keys).equals(lasts("1")));
      Projection.Generation made = narrow.rebuildAsync().get(30, TimeUnit.SECONDS);
      assertThat(below(made.keys())).containsOnlyKeys("s0");
    }
  }

  sealed interface Joined {
    record Named(String name) implements Joined {}

    record Erased() implements Joined {}
  }

  /** A copy in clear lives on until it is made anew; one that is sealed goes with the key. */
  @Test
  void what_was_projected_of_a_subject_goes_with_its_key_if_it_is_sealed_or_made_anew()
      throws Exception {
    SubjectKeys subjects = SubjectKeys.of(client, name + "/keys/");
    EventCodec<Joined> codec =
        new EncryptedEvents<>(
            JsonEvents.of(Joined.class),
            subjects,
            event -> Optional.of("7"),
            event -> new Joined.Erased());
    var _ = client.await(codec.prepareToEncode(List.of(new Joined.Named("Ada"))));
    store.append("s0", ExpectedVersion.none(), codec.encode(new Joined.Named("Ada")));
    Projection names =
        Projection.of(
            store,
            "names",
            "1",
            Query.all(),
            OPTIONS,
            (event, keys) ->
                client.await(codec.decodeAsync(event)) instanceof Joined.Named joined
                    ? List.of(
                        Put.of(keys + "clear", joined.name()),
                        Put.of(
                            Bytes.utf8(keys + "sealed"),
                            client.await(subjects.sealAsync("7", Bytes.utf8(joined.name())))))
                    : List.of(Put.of(keys + "erased", "")));
    try (ProjectionRun _ = names.run(executor)) {
      String old = names.inUse().keys();
      awaitKeys(old, 2);
      Bytes sealed = client.kv().get(old + "sealed").orElseThrow().value();
      assertThat(client.await(subjects.openAsync("7", sealed))).contains(Bytes.utf8("Ada"));
      assertThat(subjects.erase("7")).isTrue();
      assertThat(client.await(subjects.openAsync("7", sealed))).isEmpty();
      assertThat(below(old)).containsEntry("clear", "Ada");
      Projection.Generation made = names.rebuildAsync().get(30, TimeUnit.SECONDS);
      assertThat(below(made.keys())).containsOnlyKeys("erased");
      assertThat(below(old)).isEmpty();
    }
  }

  @Test
  void a_process_with_other_partitions_takes_none() throws Exception {
    Projection one = projection(store, "1");
    Projection other =
        Projection.of(
            store,
            "lasts",
            "1",
            Query.all(),
            OPTIONS.partitions(5),
            (event, keys) -> List.of(Put.of(keys + event.stream(), "other")));
    try (ProjectionRun _ = one.run(executor);
        ProjectionRun run = other.run(executor)) {
      assertThat(run.failure().get())
          .hasMessageContaining("has 2 partitions, and can't have 5: use as many");
      append(8);
      String keys = one.inUse().keys();
      await(() -> below(keys).equals(lasts("1")));
    }
  }

  @Test
  void consumers_of_a_group_that_is_dropped_write_nothing_any_more() throws Exception {
    append(4);
    ConsumerGroup group = ConsumerGroup.of(store, "dropped", Query.all(), OPTIONS);
    String keys = name + "-written/";
    try (Consumer consumer =
        group.exactlyOnce(
            event -> List.of(Put.of(keys + event.stream(), "" + event.version())), executor)) {
      awaitKeys(keys, STREAMS);
      group.drop();
      client.kv().delete(io.quorate.client.Delete.prefix(keys));
      append(4);
      assertThat(consumer.failure().get(30, TimeUnit.SECONDS).code())
          .isEqualTo(ErrorCode.NOT_FOUND);
      assertThat(below(keys)).isEmpty();
      assertThat(ConsumerGroup.all(store)).isEmpty();
    }
  }

  @Test
  void names_that_would_mix_are_refused() {
    for (String bad : List.of("", "a#b", "a@b", "a\nb")) {
      assertThatThrownBy(() ->
              Projection.of(store, bad, "1", Query.all(), OPTIONS, (event, keys) -> List.of()))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() ->
              Projection.of(store, "a", bad, Query.all(), OPTIONS, (event, keys) -> List.of()))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }
}
