package io.quorate.simulator.events;

import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.events.EventListener;
import io.quorate.events.EventStore;
import io.quorate.events.Position;
import io.quorate.events.Query;
import io.quorate.events.RecordedEvent;
import io.quorate.events.Subscription;
import io.quorate.simulator.Chance;
import io.quorate.simulator.recipes.ClientProcess;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Subscribes in a process, ends that now and then, and goes on where it was. */
final class Follower {
  private static final long MILLIS = 1_000_000L;
  private static final long LIFE_NANOS = 700 * MILLIS;

  private final ClientProcess process;
  private final Chance chance;
  private final EventStore store;
  private final Query query;
  private final long lifeNanos;
  private final Consumer<String> violations;
  private final List<RecordedEvent> told = new ArrayList<>();
  private Position from = Position.START;
  private @Nullable Subscription subscription;
  private boolean staying;

  Follower(
      ClientProcess process,
      Chance chance,
      String root,
      int pace,
      Query query,
      Consumer<String> violations) {
    this.process = process;
    this.chance = chance;
    this.query = query;
    lifeNanos = pace * LIFE_NANOS;
    this.violations = violations;
    store = EventStore.of(process.client(), root);
  }

  ClientProcess process() {
    return process;
  }

  Query query() {
    return query;
  }

  /** All that it was told, in that order. */
  List<RecordedEvent> told() {
    return told;
  }

  /** Up to where. */
  Position reached() {
    Subscription present = subscription;
    return present == null ? from : present.reached();
  }

  void start() {
    process.after(chance.below(100 * MILLIS), this::open);
  }

  /** It isn't ended by itself any more. */
  void stay() {
    staying = true;
  }

  private void open() {
    subscription = store.subscribe(query, from, new Listener(), process.executor());
    if (!staying && chance.oneIn(2)) {
      Subscription present = subscription;
      process.after(chance.exponential(lifeNanos), () -> reopen(present));
    }
  }

  private void reopen(Subscription present) {
    if (!staying && present.equals(subscription)) {
      present.close();
      from = present.reached();
      open();
    }
  }

  void close() {
    Subscription present = subscription;
    if (present != null) {
      present.close();
    }
  }

  private final class Listener implements EventListener {
    @Override
    public void event(RecordedEvent event) {
      told.add(event);
    }

    @Override
    public void ended(QuorateException why) {
      if (why.code() == ErrorCode.STOPPED) {
        return;
      }
      if (!(why instanceof QuorateException.Unavailable)) {
        violations.accept("a subscription ended: " + why);
        return;
      }
      from = reached();
      process.after(50 * MILLIS, Follower.this::open);
    }
  }
}
