package io.quorate.simulator.events;

import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.client.Put;
import io.quorate.events.EventStore;
import io.quorate.events.Query;
import io.quorate.events.group.Projection;
import io.quorate.events.group.ProjectionRun;
import io.quorate.simulator.Chance;
import io.quorate.simulator.recipes.ClientProcess;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A process's part in keeping up a projection of one form, which it makes anew now and then, or
 * keeps others from making.
 */
final class Keeper {
  static final String NAME = "known";

  /** What processes take it to be; only for the second there are bad events. */
  static final List<String> FORMS = List.of("1", "2");

  private static final long MILLIS = 1_000_000L;
  private static final long LIFE_NANOS = 1_000 * MILLIS;
  private static final long CHANGE_NANOS = 500 * MILLIS;

  private final ClientProcess process;
  private final Chance chance;
  private final int pace;
  private final Projection projection;
  private final Consumer<String> violations;
  private @Nullable ProjectionRun run;
  private @Nullable CompletableFuture<?> change;
  private boolean staying;
  private boolean ending;

  Keeper(
      ClientProcess process,
      Chance chance,
      String root,
      int pace,
      String form,
      BooleanSupplier refuses,
      Consumer<String> violations) {
    this.process = process;
    this.chance = chance;
    this.pace = pace;
    this.violations = violations;
    projection = projection(EventStore.of(process.client(), root), form, refuses);
  }

  /**
   * Keeps a key for each event, in which its id is.
   *
   * @param refuses whether bad events can't be taken in at present, where there are any
   */
  static Projection projection(EventStore store, String form, BooleanSupplier refuses) {
    return Projection.of(
        store,
        NAME,
        form,
        Query.all(),
        GroupMember.OPTIONS,
        (event, keys) -> {
          if (form.equals(FORMS.get(1))) {
            GroupMember.check(event, refuses);
          }
          String key = keys + event.stream() + "/" + event.version();
          return List.of(Put.of(key, event.id().toString()));
        });
  }

  void start() {
    process.after(chance.below(100 * MILLIS), this::begin);
    process.after(chance.exponential(pace * CHANGE_NANOS), this::change);
  }

  /** It keeps it up, and doesn't change anything any more. */
  void stay() {
    staying = true;
  }

  /** Whether nothing that it wanted to change is open. */
  boolean isDone() {
    return process.life().isOver() || change == null || change.isDone();
  }

  private void begin() {
    if (ending) {
      return;
    }
    var _ =
        projection
            .runAsync(process.executor())
            .whenComplete((begun, failure) -> {
              if (failure != null) {
                process.after(50 * MILLIS, this::begin);
              } else {
                begun(begun);
              }
            });
  }

  private void begun(ProjectionRun begun) {
    run = begun;
    var _ =
        begun
            .failure()
            .thenAccept(why -> violations.accept("a projection isn't kept up any more: " + why));
    if (ending) {
      close();
    } else if (!staying && chance.oneIn(3)) {
      process.after(chance.exponential(pace * LIFE_NANOS), () -> leave(begun));
    }
  }

  private void leave(ProjectionRun begun) {
    if (!staying && begun.equals(run)) {
      var _ =
          begun
              .closeAsync()
              .whenComplete(
                  (closed, failure) -> process.after(chance.below(300 * MILLIS), this::begin));
    }
  }

  private void change() {
    if (staying) {
      return;
    }
    CompletableFuture<?> begun =
        chance.oneIn(4) ? projection.abandonAsync() : projection.rebuildAsync();
    change = begun;
    var _ =
        begun.whenComplete((changed, failure) -> {
          if (failure != null) {
            failed(QuorateException.reason(failure));
          }
          process.after(chance.exponential(pace * CHANGE_NANOS), this::change);
        });
  }

  private void failed(QuorateException why) {
    boolean isExpected =
        why.code() == ErrorCode.STATE_MOVED
            || why.code() == ErrorCode.INVALID_REQUEST // what is bad was parked
            || why.code() == ErrorCode.STOPPED;
    if (!isExpected) {
      violations.accept("a projection couldn't be changed: " + why);
    }
  }

  void close() {
    ending = true;
    if (run != null) {
      var _ = run.closeAsync();
    }
  }
}
