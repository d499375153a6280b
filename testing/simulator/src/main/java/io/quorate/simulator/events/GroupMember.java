package io.quorate.simulator.events;

import io.quorate.client.Op;
import io.quorate.client.Put;
import io.quorate.events.EventStore;
import io.quorate.events.Query;
import io.quorate.events.RecordedEvent;
import io.quorate.events.group.Consumer;
import io.quorate.events.group.ConsumerGroup;
import io.quorate.events.group.GroupOptions;
import io.quorate.simulator.Chance;
import io.quorate.simulator.recipes.ClientProcess;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A process's part in two groups: one that does what it does here, and one whom the store helps.
 */
final class GroupMember {
  private static final String HERE = "here";
  private static final String IN_STORE = "in-store";

  private static final long MILLIS = 1_000_000L;
  static final GroupOptions OPTIONS =
      GroupOptions.DEFAULT
          .partitions(3)
          .ttl(Duration.ofSeconds(1))
          .attempts(2, Duration.ofMillis(20))
          .checkpointEvery(5);

  private final ClientProcess process;
  private final Chance chance;
  private final String root;
  private final BooleanSupplier refuses;
  private final java.util.function.Consumer<RecordedEvent> handled;
  private final ConsumerGroup here;
  private final ConsumerGroup inStore;
  private @Nullable Consumer first;
  private @Nullable Consumer second;
  private boolean ending;

  /**
   * @param refuses whether bad events can't be handled at present
   */
  GroupMember(
      ClientProcess process,
      Chance chance,
      String root,
      BooleanSupplier refuses,
      java.util.function.Consumer<RecordedEvent> handled) {
    this.process = process;
    this.chance = chance;
    this.root = root;
    this.refuses = refuses;
    this.handled = handled;
    EventStore store = EventStore.of(process.client(), root);
    here = ConsumerGroup.of(store, HERE, Query.all(), OPTIONS);
    inStore = ConsumerGroup.of(store, IN_STORE, Query.category("s"), OPTIONS);
  }

  void start() {
    process.after(chance.below(100 * MILLIS), () -> join(true));
    process.after(chance.below(100 * MILLIS), () -> join(false));
  }

  private void join(boolean isFirst) {
    if (ending) {
      return;
    }
    CompletableFuture<Consumer> joined =
        isFirst
            ? here.atLeastOnceAsync(this::handle, process.executor())
            : inStore.exactlyOnceAsync(this::project, process.executor());
    var _ =
        joined.whenComplete((consumer, failure) -> {
          if (failure != null) {
            process.after(50 * MILLIS, () -> join(isFirst));
            return;
          }
          if (isFirst) {
            first = consumer;
          } else {
            second = consumer;
          }
          var _ =
              consumer.failure().thenAccept(why -> process.after(10 * MILLIS, () -> join(isFirst)));
          if (!ending && chance.oneIn(3)) {
            process.after(chance.exponential(1_000 * MILLIS), () -> leave(consumer, isFirst));
          }
        });
  }

  private void leave(Consumer consumer, boolean isFirst) {
    if (!ending) {
      var _ =
          consumer
              .closeAsync()
              .whenComplete((closed, failure) ->
                  process.after(chance.below(300 * MILLIS), () -> join(isFirst)));
    }
  }

  /** Fails for what can't be handled at present. */
  static void check(RecordedEvent event, BooleanSupplier refuses) {
    if (event.type().equals(Writer.BAD) && refuses.getAsBoolean()) {
      throw new IllegalStateException("it is bad");
    }
  }

  private void handle(RecordedEvent event) {
    check(event, refuses);
    handled.accept(event);
  }

  private List<Op> project(RecordedEvent event) {
    check(event, refuses);
    String key = root + "x/" + event.stream() + "/" + event.version();
    return List.of(Put.of(key, event.id().toString()));
  }

  void close() {
    ending = true;
    if (first != null) {
      var _ = first.closeAsync();
    }
    if (second != null) {
      var _ = second.closeAsync();
    }
  }
}
