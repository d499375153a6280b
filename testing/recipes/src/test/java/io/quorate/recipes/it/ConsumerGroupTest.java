package io.quorate.recipes.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.client.Delete;
import io.quorate.client.KeyValue;
import io.quorate.client.Op;
import io.quorate.client.Put;
import io.quorate.client.Range;
import io.quorate.client.Txn;
import io.quorate.events.EventStore;
import io.quorate.events.ExpectedVersion;
import io.quorate.events.NewEvent;
import io.quorate.events.Position;
import io.quorate.events.Query;
import io.quorate.events.RecordedEvent;
import io.quorate.events.group.Consumer;
import io.quorate.events.group.ConsumerGroup;
import io.quorate.events.group.EventHandler;
import io.quorate.events.group.GroupOptions;
import io.quorate.events.group.ParkedEvent;
import io.quorate.events.group.PartitionStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Consumers share the events of a query, and nothing is left out whoever comes and goes. */
@ParameterizedClass(name = "{0}")
@EnumSource(EventsOn.class)
@Timeout(60)
class ConsumerGroupTest extends RecipeCase {
  private static final GroupOptions OPTIONS =
      GroupOptions.DEFAULT
          .partitions(4)
          .ttl(Duration.ofSeconds(5))
          .attempts(3, Duration.ofMillis(10))
          .checkpointEvery(5);

  private final EventStore store;
  private final ConsumerGroup group;
  private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();

  ConsumerGroupTest(EventsOn on) {
    super(on.store(), "groups");
    store = on.events(client, name + "/");
    group = ConsumerGroup.of(this.store, "billing", Query.category("orders/"), OPTIONS);
  }

  @AfterEach
  void endExecutor() {
    executor.shutdownNow();
  }

  private Position append(String stream, String type) {
    return store.append(stream, ExpectedVersion.any(), NewEvent.of(type, Bytes.EMPTY)).orThrow();
  }

  private static void await(BooleanSupplier condition) {
    while (!condition.getAsBoolean()) {
      LockSupport.parkNanos(1_000_000);
    }
  }

  private static List<String> take(BlockingQueue<RecordedEvent> told, int count)
      throws InterruptedException {
    List<String> types = new ArrayList<>();
    while (types.size() < count) {
      types.add(told.take().type());
    }
    return types;
  }

  @Test
  void partitions_are_shared_and_go_over_when_consumers_come_and_go() {
    Consumer one = group.atLeastOnce(event -> {}, executor);
    await(() -> one.partitions().size() == 4);
    Consumer two = group.atLeastOnce(event -> {}, executor);
    await(() -> one.partitions().size() == 2 && two.partitions().size() == 2);
    Consumer three = group.atLeastOnce(event -> {}, executor);
    await(() -> one.partitions().size() == 2 && three.partitions().size() == 1);
    one.close();
    await(() -> two.partitions().size() + three.partitions().size() == 4);
    two.close();
    await(() -> three.partitions().equals(List.of(0, 1, 2, 3)));
    assertThat(group.status()).extracting(PartitionStatus::owner).containsOnly(three.name());
    three.close();
    assertThat(group.status()).extracting(PartitionStatus::owner).containsOnly("");
  }

  @Test
  void each_event_is_handled_in_order_by_whoever_has_it_and_goes_on_where_the_last_stopped()
      throws Exception {
    for (int i = 0; i < 40; i++) {
      append("orders/" + i % 8, "E" + i);
    }
    append("users/1", "Other");
    BlockingQueue<RecordedEvent> told = new LinkedBlockingQueue<>();
    Consumer one = group.atLeastOnce(told::add, executor);
    List<String> first = take(told, 40);
    assertThat(first).doesNotHaveDuplicates().hasSize(40);
    for (int stream = 0; stream < 8; stream++) {
      int of = stream;
      assertThat(first.stream().filter(type -> Integer.parseInt(type.substring(1)) % 8 == of))
          .isSortedAccordingTo(
              (a, b) -> Integer.parseInt(a.substring(1)) - Integer.parseInt(b.substring(1)));
    }
    one.close();
    append("orders/1", "Next");
    try (Consumer _ = group.atLeastOnce(told::add, executor)) {
      assertThat(take(told, 1)).containsExactly("Next");
    }
    assertThat(told).isEmpty();
  }

  @Test
  void what_the_store_does_for_an_event_it_does_once_however_consumers_come_and_go()
      throws Exception {
    Map<String, Integer> expected = new ConcurrentHashMap<>();
    Thread writer =
        Thread.startVirtualThread(() -> {
          for (int i = 0; i < 200; i++) {
            append("orders/" + i % 10, "E");
            expected.merge("orders/" + i % 10, 1, Integer::sum);
          }
        });
    for (int round = 0; round < 5; round++) {
      Consumer consumer = group.exactlyOnce(this::count, executor);
      Consumer other = group.exactlyOnce(this::count, executor);
      await(() -> counted() > 0);
      consumer.close();
      other.close();
    }
    writer.join();
    try (Consumer _ = group.exactlyOnce(this::count, executor)) {
      await(() -> counted() >= 200);
    }
    assertThat(counted()).isEqualTo(200);
    expected.forEach((stream, count) ->
        assertThat(client.kv().get(name + "/count/" + stream).orElseThrow().version())
            .isEqualTo(count.longValue()));
  }

  /** The version of the key counts how often it was written. */
  private List<Op> count(RecordedEvent event) {
    return List.of(Put.of(name + "/count/" + event.stream(), Long.toString(event.version())));
  }

  private long counted() {
    return client.kv().range(Range.prefix(name + "/count/")).kvs().stream()
        .mapToLong(KeyValue::version)
        .sum();
  }

  @Test
  void what_can_not_be_handled_is_parked_and_tried_again_without_moving_the_checkpoint()
      throws Exception {
    BlockingQueue<RecordedEvent> told = new LinkedBlockingQueue<>();
    Map<String, Boolean> refused = new ConcurrentHashMap<>(Map.of("Bad", true));
    Position bad = append("orders/1", "Bad");
    append("orders/1", "Good");
    try (Consumer _ =
        group.atLeastOnce(
            event -> {
              if (refused.containsKey(event.type())) {
                throw new IllegalStateException("not now");
              }
              told.add(event);
            },
            executor)) {
      assertThat(take(told, 1)).containsExactly("Good");
      ParkedEvent parked = group.parked().get(0);
      assertThat(parked.position()).isEqualTo(bad);
      assertThat(parked.attempts()).isEqualTo(3);
      assertThat(parked.reason()).contains("not now");

      assertThat(group.retry(parked)).isTrue(); // in vain again
      await(() -> group.parked().get(0).attempts() == 4);
      await(() -> group.status().get(parked.partition()).checkpoint().isAfter(bad));
      Position checkpoint = group.status().get(parked.partition()).checkpoint();

      refused.clear();
      assertThat(group.retry(parked)).isTrue();
      assertThat(take(told, 1)).containsExactly("Bad");
      await(() -> group.parked().isEmpty());
      assertThat(group.retry(parked)).isFalse();
      assertThat(group.status().get(parked.partition()).checkpoint()).isEqualTo(checkpoint);
    }
  }

  @Test
  void a_consumer_that_was_taken_for_dead_can_not_move_the_checkpoint_back() throws Exception {
    Semaphore goOn = new Semaphore(0);
    BlockingQueue<RecordedEvent> zombie = new LinkedBlockingQueue<>();
    append("orders/1", "One");
    Consumer first =
        group.atLeastOnce(
            event -> {
              zombie.add(event);
              goOn.acquire();
            },
            executor);
    assertThat(take(zombie, 1)).containsExactly("One");
    client.lease().revoke(Long.parseUnsignedLong(first.name(), 16));
    BlockingQueue<RecordedEvent> told = new LinkedBlockingQueue<>();
    try (Consumer second = group.atLeastOnce(told::add, executor)) {
      assertThat(take(told, 1)).containsExactly("One");
      Position last = append("orders/1", "Two");
      assertThat(take(told, 1)).containsExactly("Two");
      await(() ->
          group.status().stream()
              .anyMatch(each -> each.checkpoint().equals(last) || each.checkpoint().isAfter(last)));
      List<PartitionStatus> before = group.status();
      goOn.release(10);
      assertThat(first.failure().get()).isInstanceOf(QuorateException.Conflict.class);
      first.close();
      List<PartitionStatus> after = group.status();
      for (int i = 0; i < 4; i++) {
        assertThat(after.get(i).owner()).isEqualTo(second.name());
        assertThat(after.get(i).checkpoint().compareTo(before.get(i).checkpoint())).isNotNegative();
      }
    }
  }

  /** As by an attempt to take it whose answer was lost, and whose place is another's by now. */
  @Test
  void a_partition_that_is_a_consumers_by_mistake_is_given_back() throws Exception {
    BlockingQueue<RecordedEvent> told = new LinkedBlockingQueue<>();
    try (Consumer one = group.atLeastOnce(told::add, executor);
        Consumer two = group.atLeastOnce(told::add, executor)) {
      await(() -> one.partitions().size() == 2 && two.partitions().size() == 2);
      List<Integer> twos = two.partitions();
      long lease = Long.parseUnsignedLong(one.name(), 16);
      for (int each : twos) {
        String owner = name + "/g/billing#live#owner#%03x".formatted(each);
        client.kv().delete(Delete.key(Bytes.utf8(owner)));
        client.kv().put(Put.of(Bytes.utf8(owner), Bytes.utf8(one.name())).lease(lease));
      }
      for (int i = 0; i < 8; i++) {
        append("orders/" + i, "E"); // who takes itself for the owner finds out
      }
      Position last = append("orders/8", "E");
      await(() ->
          group.status().stream()
              .allMatch(each ->
                  each.owner().equals(twos.contains(each.partition()) ? two.name() : one.name())
                      && !last.isAfter(each.checkpoint())));
    }
  }

  @Test
  void a_parked_event_can_be_discarded() throws Exception {
    append("orders/1", "Bad");
    Position good = append("orders/1", "Good");
    EventHandler handler =
        event -> {
          if (event.type().equals("Bad")) {
            throw new IllegalStateException("never");
          }
        };
    try (Consumer _ = group.atLeastOnce(handler, executor)) {
      await(() -> !group.parked().isEmpty());
      await(() -> group.status().stream().noneMatch(each -> good.isAfter(each.checkpoint())));
      ParkedEvent parked = group.parked().get(0);
      assertThat(group.discard(parked)).isTrue();
      assertThat(group.parked()).isEmpty();
      assertThat(group.discard(parked)).isFalse();
      assertThat(group.retry(parked)).isFalse();
    }
  }

  @Test
  void a_slow_handler_writes_its_checkpoint_by_time_while_more_waits() throws Exception {
    List<Position> positions = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      positions.add(append("orders/1", "E" + i));
    }
    CompletableFuture<List<PartitionStatus>> seen = new CompletableFuture<>();
    try (Consumer _ =
        group.atLeastOnce(
            event -> {
              if (event.type().equals("E2")) {
                seen.complete(group.status());
                return;
              }
              CompletableFuture<Void> aTick = new CompletableFuture<>();
              client.timer().after(1_200_000_000L, () -> aTick.complete(null));
              aTick.get();
            },
            executor)) {
      assertThat(seen.get()).extracting(PartitionStatus::checkpoint).contains(positions.get(1));
    }
  }

  /** Not after the delay, but by whoever has the partition then; its attempts begin anew. */
  @Test
  void what_waits_to_be_tried_again_is_tried_by_who_takes_its_partition_over() throws Exception {
    ConsumerGroup patient =
        ConsumerGroup.of(
            store,
            "patient",
            Query.category("orders/"),
            OPTIONS.attempts(2, Duration.ofMinutes(10)));
    List<String> all = new ArrayList<>();
    for (int i = 0; i < 16; i++) {
      append("orders/" + i, "Bad");
      append("orders/" + i, "Good");
      all.addAll(List.of("orders/" + i + " Bad", "orders/" + i + " Good"));
    }
    BlockingQueue<RecordedEvent> tried = new LinkedBlockingQueue<>();
    Consumer first =
        patient.atLeastOnce(
            event -> {
              tried.add(event);
              throw new IllegalStateException("not now");
            },
            executor);
    assertThat(take(tried, 4)).containsOnly("Bad"); // the first event of each partition
    BlockingQueue<RecordedEvent> told = new LinkedBlockingQueue<>();
    try (Consumer second = patient.atLeastOnce(told::add, executor)) {
      await(() -> first.partitions().size() == 2 && second.partitions().size() == 2);
      first.close();
      List<String> handled = new ArrayList<>();
      while (handled.size() < all.size()) {
        RecordedEvent event = told.take();
        handled.add(event.stream() + " " + event.type());
      }
      assertThat(handled).containsExactlyInAnyOrderElementsOf(all);
      for (int i = 0; i < 16; i++) {
        assertThat(handled).containsSubsequence("orders/" + i + " Bad", "orders/" + i + " Good");
      }
    }
    assertThat(told).isEmpty();
    assertThat(tried).isEmpty();
    assertThat(patient.parked()).isEmpty();
  }

  @Test
  void of_two_who_project_one_event_only_the_owner_of_its_partition_writes() throws Exception {
    Semaphore goOn = new Semaphore(0);
    BlockingQueue<RecordedEvent> zombie = new LinkedBlockingQueue<>();
    append("orders/1", "One");
    Consumer first =
        group.exactlyOnce(
            event -> {
              zombie.add(event);
              goOn.acquire();
              return List.of(Put.of(name + "/count/" + event.stream(), "of the first"));
            },
            executor);
    assertThat(take(zombie, 1)).containsExactly("One");
    client.lease().revoke(Long.parseUnsignedLong(first.name(), 16));
    try (Consumer _ = group.exactlyOnce(this::count, executor)) {
      await(() -> counted() == 1);
      goOn.release();
      assertThat(first.failure().get()).isInstanceOf(QuorateException.Conflict.class);
      first.close();
      KeyValue written = client.kv().get(name + "/count/orders/1").orElseThrow();
      assertThat(written.value().toUtf8()).isEqualTo("1");
      assertThat(written.version()).isEqualTo(1);
    }
  }

  @Test
  void a_slow_handler_holds_nothing_and_loses_nothing() throws Exception {
    for (int i = 0; i < 30; i++) {
      List<NewEvent> events = new ArrayList<>();
      for (int j = 0; j < 100; j++) {
        events.add(NewEvent.of("E" + (i * 100 + j), Bytes.EMPTY));
      }
      store.append(
          io.quorate.events.Append.to("orders/1", ExpectedVersion.exactly(i * 100L), events));
    }
    compact(store.now().revision()); // so that all is scanned
    Semaphore goOn = new Semaphore(0);
    BlockingQueue<RecordedEvent> told = new LinkedBlockingQueue<>();
    try (Consumer _ =
        group.atLeastOnce(
            event -> {
              goOn.acquire();
              told.add(event);
            },
            executor)) {
      goOn.release(1);
      assertThat(take(told, 1)).containsExactly("E0");
      goOn.release(100_000);
      List<String> rest = take(told, 2_999);
      for (int i = 0; i < rest.size(); i++) {
        assertThat(rest.get(i)).isEqualTo("E" + (i + 1));
      }
    }
  }

  @Test
  void what_the_store_refuses_of_one_event_is_parked_and_the_others_are_done() {
    for (int i = 0; i < 20; i++) {
      append("orders/1", i == 7 ? "Twice" : "E");
    }
    try (Consumer _ =
        group.exactlyOnce(
            event -> {
              Op write = Put.of(name + "/count/" + event.version(), "");
              return event.type().equals("Twice") ? List.of(write, write) : List.of(write);
            },
            executor)) {
      await(() -> counted() == 19 && group.parked().size() == 1);
      assertThat(group.parked().get(0).version()).isEqualTo(8);
      assertThat(group.parked().get(0).reason()).contains("duplicate key");
    }
  }

  @Test
  void an_error_in_a_handler_ends_its_consumer_and_others_take_over() throws Exception {
    append("orders/1", "One");
    Consumer first =
        group.atLeastOnce(
            event -> {
              throw new AssertionError("of the handler");
            },
            executor);
    assertThat(first.failure().get()).hasMessageContaining("of the handler");
    first.close();
    BlockingQueue<RecordedEvent> told = new LinkedBlockingQueue<>();
    try (Consumer _ = group.atLeastOnce(told::add, executor)) {
      assertThat(take(told, 1)).containsExactly("One");
    }
  }

  @Test
  void a_consumer_whose_executor_is_gone_ends_and_keeps_nothing() throws Exception {
    ExecutorService gone = Executors.newSingleThreadExecutor();
    Consumer first = group.atLeastOnce(event -> {}, gone);
    await(() -> first.partitions().size() == 4);
    gone.shutdown();
    append("orders/1", "One");
    assertThat(first.failure().get()).hasStackTraceContaining("RejectedExecutionException");
    first.close();
    assertThat(group.status()).extracting(PartitionStatus::owner).containsOnly("");
  }

  @Test
  void where_a_group_begins_is_settled_when_it_is_joined_first() throws Exception {
    append("orders/1", "Before");
    group(store.now()).atLeastOnce(event -> {}, executor).close();
    // joined, so that every partition has a place to begin at; then nobody is there for a while
    Consumer consumer = group(store.now()).atLeastOnce(event -> {}, executor);
    await(() -> consumer.partitions().size() == 4);
    consumer.close();
    append("orders/1", "Meanwhile");
    BlockingQueue<RecordedEvent> told = new LinkedBlockingQueue<>();
    try (Consumer _ = group(store.now()).atLeastOnce(told::add, executor)) {
      assertThat(take(told, 1)).containsExactly("Meanwhile");
    }
  }

  private ConsumerGroup group(Position from) {
    return ConsumerGroup.of(store, "later", Query.category("orders/"), OPTIONS.from(from));
  }

  @Test
  void keys_that_no_consumer_wrote_are_passed_over() throws Exception {
    client.kv().put(name + "/g/billing#wanted#zzz", "");
    client.kv().put(name + "/g/billing#wanted#001#nowhere", "");
    append("orders/1", "One");
    BlockingQueue<RecordedEvent> told = new LinkedBlockingQueue<>();
    try (Consumer _ = group.atLeastOnce(told::add, executor)) {
      assertThat(take(told, 1)).containsExactly("One");
    }
  }

  @Test
  void a_group_has_as_many_partitions_as_it_had_at_first() {
    group.atLeastOnce(event -> {}, executor).close();
    ConsumerGroup another = ConsumerGroup.of(store, "billing", Query.all(), OPTIONS.partitions(8));
    assertThatThrownBy(() -> another.atLeastOnce(event -> {}, executor))
        .isInstanceOf(QuorateException.Rejected.class)
        .hasMessageContaining("has 4 partitions, and can't have 8");
    assertThatThrownBy(() -> ConsumerGroup.of(store, "a#b", Query.all(), OPTIONS))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void an_event_that_can_not_be_read_is_passed_over_by_nobody() throws Exception {
    append("orders/1", "New");
    append("orders/1", "Old");
    Consumer first =
        group.atLeastOnce(
            event -> {
              if (event.type().equals("New")) {
                throw QuorateException.of(ErrorCode.VALUE_UNREADABLE, "it is of a later version");
              }
            },
            executor);
    assertThat(first.failure().get().code()).isEqualTo(ErrorCode.VALUE_UNREADABLE);
    assertThat(group.parked()).isEmpty();
    BlockingQueue<RecordedEvent> told = new LinkedBlockingQueue<>();
    try (Consumer _ = group.atLeastOnce(told::add, executor)) {
      assertThat(take(told, 2)).containsExactly("New", "Old");
    }
  }

  @Test
  void a_consumer_whose_group_was_dropped_and_begun_anew_ends() throws Exception {
    Consumer first = group.atLeastOnce(event -> {}, executor);
    await(() -> first.partitions().size() == 4);
    String prefix = name + "/g/billing#";
    client
        .kv()
        .txn(
            Txn.always(
                Delete.prefix(prefix),
                Put.of(name + "/c/billing", "4"))); // as fast as two processes can do it
    assertThat(first.failure().get().code()).isIn(ErrorCode.STATE_MOVED, ErrorCode.OWNERSHIP_LOST);
    BlockingQueue<RecordedEvent> told = new LinkedBlockingQueue<>();
    append("orders/1", "One");
    try (Consumer _ = group.atLeastOnce(told::add, executor)) {
      assertThat(take(told, 1)).containsExactly("One");
    }
  }

  @Test
  void a_checkpoint_within_what_was_truncated_goes_on_behind_it() throws Exception {
    BlockingQueue<RecordedEvent> told = new LinkedBlockingQueue<>();
    append("orders/1", "E1");
    append("orders/1", "E2");
    try (Consumer _ = group.atLeastOnce(told::add, executor)) {
      assertThat(take(told, 2)).containsExactly("E1", "E2");
    }
    for (int i = 3; i <= 10; i++) {
      append("orders/1", "E" + i);
    }
    store.truncate("orders/1", 8);
    long now = client.kv().put(name + "/mark", "").header().revision();
    compact(now); // or history would still tell what was truncated
    append("orders/1", "E11");
    try (Consumer _ = group.atLeastOnce(told::add, executor)) {
      assertThat(take(told, 4)).containsExactly("E8", "E9", "E10", "E11");
    }
  }

  @Test
  void a_projector_reads_what_it_has_written_where_a_step_has_one_event() {
    ConsumerGroup alone =
        ConsumerGroup.of(
            store, "alone", Query.category("orders/"), OPTIONS.partitions(1).eventsPerStep(1));
    for (int i = 0; i < 20; i++) {
      append("orders/" + i % 3, "E");
    }
    String total = name + "/total";
    try (Consumer _ =
        alone.exactlyOnce(
            event -> {
              long before =
                  client.kv().get(total).map(kv -> Long.parseLong(kv.value().toUtf8())).orElse(0L);
              String own = name + "/seen/" + event.stream() + "/" + event.version();
              return List.of(Put.of(total, "" + (before + 1)), Put.of(own, ""));
            },
            executor)) {
      await(() -> client.kv().get(total).map(kv -> kv.value().toUtf8()).orElse("").equals("20"));
    }
    assertThatThrownBy(() -> OPTIONS.eventsPerStep(0)).hasMessageContaining("eventsPerStep=0");
    assertThatThrownBy(() -> OPTIONS.ttl(Duration.ZERO)).hasMessageContaining("ttl=PT0S");
  }
}
