package io.quorate.recipes.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.events.Append;
import io.quorate.events.AppendResult;
import io.quorate.events.EventListener;
import io.quorate.events.EventStore;
import io.quorate.events.ExpectedVersion;
import io.quorate.events.NewEvent;
import io.quorate.events.Position;
import io.quorate.events.Query;
import io.quorate.events.RecordedEvent;
import io.quorate.events.Subscription;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Who subscribes is told of each event once, in order, however it came to be told. */
@ParameterizedClass(name = "{0}")
@EnumSource(EventsOn.class)
@Timeout(60)
class SubscriptionTest extends RecipeCase {
  private final EventStore store;
  private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();

  SubscriptionTest(EventsOn on) {
    super(on.store(), "subscriptions");
    store = on.events(client, name + "/");
  }

  @AfterEach
  void endExecutor() {
    executor.shutdownNow();
  }

  /** What a listener was told. */
  private static final class Told implements EventListener {
    final BlockingQueue<RecordedEvent> events = new LinkedBlockingQueue<>();
    final CompletableFuture<QuorateException> ended = new CompletableFuture<>();
    final CountDownLatch live = new CountDownLatch(1);

    @Override
    public void event(RecordedEvent event) {
      events.add(event);
    }

    @Override
    public void caughtUp() {
      live.countDown();
    }

    @Override
    public void ended(QuorateException why) {
      ended.complete(why);
    }

    List<String> next(int count) throws InterruptedException {
      List<String> types = new ArrayList<>();
      while (types.size() < count) {
        types.add(events.take().type());
      }
      return types;
    }
  }

  private Position append(String stream, String... types) {
    List<NewEvent> events = new ArrayList<>();
    for (String type : types) {
      events.add(NewEvent.of(type, Bytes.EMPTY));
    }
    return store.append(Append.to(stream, ExpectedVersion.any(), events)).orThrow();
  }

  @Test
  void what_is_there_is_told_then_what_comes() throws Exception {
    append("a", "One", "Two");
    append("b", "Three");
    Told told = new Told();
    try (Subscription subscription = store.subscribe(Query.all(), Position.START, told, executor)) {
      assertThat(told.next(3)).containsExactly("One", "Two", "Three");
      told.live.await();
      Position last = append("a", "Four");
      assertThat(told.next(1)).containsExactly("Four");
      while (subscription.reached().compareTo(last) < 0) {
        Thread.onSpinWait();
      }
    }
    append("a", "Five");
    assertThat(told.events).isEmpty();
  }

  @Test
  void it_goes_on_amid_an_append_and_tells_what_a_query_finds() throws Exception {
    append("orders/1", "One", "Two", "Three");
    Position amid =
        store.read(io.quorate.events.StreamRead.of("orders/1")).events().get(1).position();
    append("users/1", "Four");
    append("orders/2", "Five");
    Told told = new Told();
    try (Subscription _ = store.subscribe(Query.category("orders/"), amid, told, executor)) {
      assertThat(told.next(2)).containsExactly("Three", "Five");
    }
  }

  @Test
  void history_that_is_compacted_is_scanned_and_the_rest_watched() throws Exception {
    for (int i = 0; i < 30; i++) {
      append("s" + i % 7, "E" + i);
    }
    compact(store.now().revision());
    Told told = new Told();
    try (Subscription _ = store.subscribe(Query.all(), Position.START, told, executor)) {
      List<String> first = told.next(30);
      for (int i = 0; i < 30; i++) {
        assertThat(first.get(i)).isEqualTo("E" + i);
      }
      append("s1", "Live");
      assertThat(told.next(1)).containsExactly("Live");
    }
  }

  /** Each of them is told a little, and the next one begins there or before. */
  @Test
  void another_listener_goes_on_with_what_was_scanned_for_the_last() throws Exception {
    for (int i = 0; i < 60; i++) {
      append("s" + i % 7, "E" + 2 * i, "E" + (2 * i + 1));
    }
    compact(store.now().revision());
    BlockingQueue<RecordedEvent> told = new LinkedBlockingQueue<>();
    CompletableFuture<Subscription> first = new CompletableFuture<>();
    EventListener some = relayed(told, first, 5);
    first.complete(store.subscribe(Query.all(), Position.START, some, executor));
    Position last = Position.START;
    for (int i = 0; i < 120; i++) {
      RecordedEvent event = told.take();
      assertThat(event.type()).isEqualTo("E" + i);
      assertThat(event.position()).isGreaterThan(last);
      last = event.position();
    }
    append("s1", "Live");
    assertThat(told.take().type()).isEqualTo("Live");
  }

  /** Hands on to another like it, after so many events; by turns within an append and behind it. */
  private static EventListener relayed(
      BlockingQueue<RecordedEvent> told, CompletableFuture<Subscription> mine, int left) {
    AtomicInteger leftNow = new AtomicInteger(left);
    return event -> {
      told.add(event);
      if (leftNow.decrementAndGet() == 0) {
        CompletableFuture<Subscription> next = new CompletableFuture<>();
        next.complete(mine.get().again(event.position(), relayed(told, next, left)));
      }
      assertThat(leftNow.get()).as("told after it was closed").isNotNegative();
    };
  }

  @Test
  void one_that_has_ended_by_itself_says_why() throws Exception {
    append("a", "One");
    EventListener failing =
        event -> {
          throw new IllegalStateException("no");
        };
    Subscription ends = store.subscribe(Query.all(), Position.START, failing, executor);
    assertThat(ends.failure().get()).hasMessageContaining("no");
    Subscription closed = store.subscribe(Query.all(), Position.START, event -> {}, executor);
    closed.close();
    assertThat(closed.failure()).isNotDone();
  }

  @Test
  void a_hundred_writers_and_nobody_sees_a_position_before_an_earlier_one() throws Exception {
    Told fromStart = new Told();
    Told later = new Told();
    try (Subscription _ = store.subscribe(Query.all(), Position.START, fromStart, executor)) {
      List<CompletableFuture<AppendResult>> writing = new ArrayList<>();
      for (int i = 0; i < 300; i++) {
        NewEvent event = NewEvent.of("E", Bytes.utf8(Integer.toString(i)));
        writing.add(
            store.appendAsync(Append.to("s" + i % 100, ExpectedVersion.any(), event, event)));
      }
      try (Subscription _ = store.subscribe(Query.all(), Position.START, later, executor)) {
        writing.forEach(client::await);
        List<RecordedEvent> one = take(fromStart, 600);
        assertThat(one)
            .isSortedAccordingTo((a, b) -> a.position().compareTo(b.position()))
            .doesNotHaveDuplicates();
        assertThat(take(later, 600)).isEqualTo(one);
      }
    }
  }

  private static List<RecordedEvent> take(Told told, int count) throws InterruptedException {
    List<RecordedEvent> events = new ArrayList<>();
    while (events.size() < count) {
      events.add(told.events.take());
    }
    return events;
  }

  /** More comes than any buffer has room for, and history is compacted while it looks away. */
  @Test
  void a_slow_listener_holds_nothing_and_loses_nothing() throws Exception {
    CountDownLatch goOn = new CountDownLatch(1);
    BlockingQueue<RecordedEvent> told = new LinkedBlockingQueue<>();
    append("a", "E0");
    try (Subscription _ =
        store.subscribe(
            Query.all(),
            Position.START,
            event -> {
              told.add(event);
              goOn.await();
            },
            executor)) {
      assertThat(told.take().type()).isEqualTo("E0");
      String large = "x".repeat(1_000);
      Position last = Position.START;
      for (int i = 0; i < 100; i++) {
        List<NewEvent> events = new ArrayList<>();
        for (int j = 0; j < 100; j++) {
          events.add(NewEvent.of("E" + (1 + 100 * i + j), Bytes.utf8(large)));
        }
        last = store.append(Append.to("a", ExpectedVersion.any(), events)).orThrow();
      }
      compact(last.revision());
      goOn.countDown();
      for (int i = 1; i <= 10_000; i++) {
        assertThat(told.take().type()).isEqualTo("E" + i);
      }
    }
  }

  @Test
  void a_listener_that_fails_ends_it_before_the_next_event_is_told() throws Exception {
    append("a", "One", "Two", "Three");
    AtomicInteger told = new AtomicInteger();
    CompletableFuture<QuorateException> ended = new CompletableFuture<>();
    EventListener failing =
        new EventListener() {
          @Override
          public void event(RecordedEvent event) {
            told.incrementAndGet();
            if (event.type().equals("Two")) {
              throw new IllegalStateException("no");
            }
          }

          @Override
          public void ended(QuorateException why) {
            ended.complete(why);
          }
        };
    try (Subscription subscription =
        store.subscribe(Query.all(), Position.START, failing, executor)) {
      QuorateException why = ended.get();
      assertThat(why.code()).isEqualTo(ErrorCode.OUTCOME_UNKNOWN);
      assertThat(why).hasRootCauseMessage("no");
      assertThat(told).hasValue(2);
      assertThat(subscription.reached().index()).isZero();
    }
  }

  @Test
  void truncating_and_closing_tell_nothing() throws Exception {
    append("a", "One", "Two");
    append("a", "Three");
    Told told = new Told();
    try (Subscription _ = store.subscribe(Query.all(), Position.START, told, executor)) {
      assertThat(told.next(3)).containsExactly("One", "Two", "Three");
      store.truncate("a", 2);
      store.close("a");
      append("b", "Four");
      assertThat(told.next(1)).containsExactly("Four");
    }
  }

  @Test
  void what_no_append_wrote_stops_it_and_says_where() throws Exception {
    append("a", "One");
    client.kv().put(name + "/s/a#00000000000000ff", "not a commit");
    Told told = new Told();
    try (Subscription _ = store.subscribe(Query.all(), Position.START, told, executor)) {
      assertThat(told.next(1)).containsExactly("One");
      QuorateException why = told.ended.get();
      assertThat(why.code()).isEqualTo(ErrorCode.VALUE_UNREADABLE);
      assertThat(why).hasMessageContaining("a#00000000000000ff");
    }
  }
}
