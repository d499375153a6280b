package io.quorate.recipes.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.client.QuorateClient;
import io.quorate.events.EventStore;
import io.quorate.events.ExpectedVersion;
import io.quorate.events.NewEvent;
import io.quorate.events.Query;
import io.quorate.events.RecordedEvent;
import io.quorate.events.group.Consumer;
import io.quorate.events.group.ConsumerGroup;
import io.quorate.events.group.ConsumerRun;
import io.quorate.events.group.GroupOptions;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** A process takes part in a group for as long as it lives, whatever ends its consumers. */
@ParameterizedClass(name = "{0}")
@EnumSource(EventsOn.class)
@Timeout(60)
class ConsumerRunTest extends RecipeCase {
  private final EventsOn on;
  private final EventStore store;
  private final ConsumerGroup group;
  private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
  private final BlockingQueue<RecordedEvent> told = new LinkedBlockingQueue<>();

  ConsumerRunTest(EventsOn on) {
    super(on.store(), "runs");
    this.on = on;
    store = on.events(client, name + "/");
    group = group(store);
  }

  private static ConsumerGroup group(EventStore store) {
    return ConsumerGroup.of(store, "billing", Query.all(), GroupOptions.DEFAULT.partitions(2));
  }

  @AfterEach
  void endExecutor() {
    executor.shutdownNow();
  }

  private void append(String type) {
    store.append("orders/1", ExpectedVersion.any(), NewEvent.of(type, Bytes.EMPTY)).orThrow();
  }

  /** The run's consumer, if it is another than this. */
  private static Consumer consumer(ConsumerRun run, String notThis) {
    while (true) {
      Optional<Consumer> present = run.consumer();
      if (present.isPresent() && !present.get().name().equals(notThis)) {
        return present.get();
      }
      LockSupport.parkNanos(1_000_000);
    }
  }

  @Test
  void another_consumer_joins_when_one_was_taken_for_dead() throws Exception {
    try (ConsumerRun run = group.runAtLeastOnce(told::add, executor)) {
      append("One");
      assertThat(told.take().type()).isEqualTo("One");
      Consumer first = consumer(run, "");
      client.lease().revoke(Long.parseUnsignedLong(first.name(), 16));
      consumer(run, first.name());
      append("Two");
      while (!told.take().type().equals("Two")) {} // the first may come once more
      assertThat(run.failure()).isNotDone();
    }
    assertThat(group.status()).allMatch(each -> each.owner().isEmpty());
  }

  @Test
  void what_no_other_consumer_can_do_better_ends_it() throws Exception {
    append("One");
    ConsumerRun run =
        group.runAtLeastOnce(
            event -> {
              throw QuorateException.of(ErrorCode.VALUE_UNREADABLE, "of a later version");
            },
            executor);
    assertThat(run.failure().get().code()).isEqualTo(ErrorCode.VALUE_UNREADABLE);
    ConsumerRun another =
        group.runAtLeastOnce(
            event -> {
              throw new AssertionError("of the handler");
            },
            executor);
    assertThat(another.failure().get()).hasMessageContaining("of the handler");
  }

  @Test
  void an_executor_that_is_gone_ends_it() throws Exception {
    ExecutorService gone = Executors.newSingleThreadExecutor();
    ConsumerRun run = group.runAtLeastOnce(told::add, gone);
    append("One");
    assertThat(told.take().type()).isEqualTo("One");
    gone.shutdown();
    append("Two");
    assertThat(run.failure().get().code()).isEqualTo(ErrorCode.STOPPED);
  }

  @Test
  void a_checkpoint_that_no_consumer_wrote_ends_it_and_is_named() throws Exception {
    group.atLeastOnce(told::add, executor).close();
    client.kv().put(name + "/g/billing#checkpoint#001", "nowhere");
    ConsumerRun run = group.runAtLeastOnce(told::add, executor);
    assertThat(run.failure().get().code()).isEqualTo(ErrorCode.VALUE_UNREADABLE);
    assertThat(run.failure().get()).hasMessageContaining("/g/billing#checkpoint#001");
    assertThatThrownBy(group::status).hasMessageContaining("/g/billing#checkpoint#001");
  }

  @Test
  void a_group_that_was_listed_is_not_taken_part_in() {
    group.atLeastOnce(told::add, executor).close();
    ConsumerGroup listed = ConsumerGroup.all(store).get(0);
    assertThat(listed.status()).hasSize(2);
    assertThatThrownBy(() -> listed.runAtLeastOnce(told::add, executor))
        .hasMessageContaining("name it with its query");
    assertThatThrownBy(() -> listed.exactlyOnceAsync(event -> List.of(), executor))
        .hasMessageContaining("name it with its query");
  }

  @Test
  void a_group_that_was_dropped_is_not_begun_anew() throws Exception {
    try (ConsumerRun run = group.runAtLeastOnce(told::add, executor)) {
      append("One");
      assertThat(told.take().type()).isEqualTo("One");
      group.drop();
      assertThat(run.failure().get().code()).isEqualTo(ErrorCode.NOT_FOUND);
      assertThat(ConsumerGroup.all(store)).isEmpty();
    }
  }

  /** It is dropped while no consumer is joined here, who would notice. */
  @Test
  void a_group_that_was_dropped_between_two_consumers_is_not_begun_anew() throws Exception {
    try (ConsumerRun run = group.runAtLeastOnce(told::add, executor)) {
      Consumer first = consumer(run, "");
      client.lease().revoke(Long.parseUnsignedLong(first.name(), 16));
      first.failure().get();
      group.drop();
      assertThat(run.failure().get().code()).isEqualTo(ErrorCode.NOT_FOUND);
      assertThat(ConsumerGroup.all(store)).isEmpty();
    }
  }

  @Test
  void it_ends_with_its_client() throws Exception {
    QuorateClient other = on.store().connect();
    endsWithCase(other);
    ConsumerRun run = group(on.events(other, name + "/")).runAtLeastOnce(told::add, executor);
    consumer(run, "");
    other.close();
    assertThat(run.failure().get().code()).isEqualTo(ErrorCode.STOPPED);
    run.close();
  }
}
