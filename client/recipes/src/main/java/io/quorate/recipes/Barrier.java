package io.quorate.recipes;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.client.CachedPrefix;
import io.quorate.client.Compare;
import io.quorate.client.Delete;
import io.quorate.client.KeyValue;
import io.quorate.client.Listening;
import io.quorate.client.Put;
import io.quorate.client.Range;
import io.quorate.client.RangeResponse;
import io.quorate.client.Session;
import io.quorate.client.Txn;
import io.quorate.client.TxnResponse;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Lets parties pass when so many are there, again and again: each time is a generation.
 *
 * <p>Who waits has a key that goes with its session; so who dies isn't counted any more, and a name
 * that is used anew after all have died doesn't let anybody pass early.
 *
 * <pre>
 * NAME/parties                          how many
 * NAME/generation                       how often they have passed
 * NAME/g/GENERATION/LEASE-NUMBER        one who waits
 * </pre>
 *
 * <p>Safe for use by many threads.
 */
public final class Barrier {
  private static final int PARTIES_MAX = 10_000;

  private final Session session;
  private final String name;
  private final int parties;
  private final Bytes partiesKey;
  private final Bytes generationKey;

  private Barrier(Session session, String name, int parties) {
    this.session = session;
    this.name = name;
    this.parties = parties;
    partiesKey = Bytes.utf8(name + "/parties");
    generationKey = Bytes.utf8(name + "/generation");
  }

  /**
   * The barrier of this name.
   *
   * @param name not empty, and not ending with a slash
   * @param parties how many pass together: 1 to 10,000, and the same for all
   */
  public static Barrier of(Session session, String name, int parties) {
    if (parties < 1 || parties > PARTIES_MAX) {
      throw new IllegalArgumentException("parties=" + parties + " is not 1 to " + PARTIES_MAX);
    }
    return new Barrier(session, LockName.of(name).toString(), parties);
  }

  /** Its name. */
  public String name() {
    return name;
  }

  /** One who waits. */
  private final class Arrival {
    final long generation;
    final Bytes key;

    Arrival(long generation) {
      this.generation = generation;
      key = Bytes.utf8(waiting(generation).toUtf8() + OwnNames.next(session));
    }
  }

  /** The waiting of one, and where it stands. */
  private static final class Passing extends CompletableFuture<Long> {
    volatile @Nullable Arrival arrival;

    @Override
    public <U> CompletableFuture<U> newIncompleteFuture() {
      return new CompletableFuture<>();
    }
  }

  private Bytes waiting(long generation) {
    return Bytes.utf8(name + "/g/" + generation + "/");
  }

  private static long number(Optional<KeyValue> known) {
    return known.map(kv -> Long.parseLong(kv.value().toUtf8())).orElse(0L);
  }

  /**
   * Waits until so many are there, and passes with them.
   *
   * @return the generation that passed, from 0 on; who cancels it goes away, and others that pass
   *     at that moment may have counted it
   */
  public CompletableFuture<Long> awaitAsync() {
    return begin();
  }

  private Passing begin() {
    Txn known =
        Txn.when(Compare.absent(partiesKey))
            .then(Put.of(partiesKey, Bytes.utf8(Integer.toString(parties))))
            .otherwise(Range.key(partiesKey), Range.key(generationKey));
    Passing passed = new Passing();
    var unused =
        session
            .client()
            .kv()
            .txnAsync(known)
            .thenCompose(this::arrive)
            .whenComplete((arrival, failure) -> {
              if (failure != null) {
                passed.completeExceptionally(QuorateException.reason(failure));
              } else {
                passed.arrival = arrival;
                follow(arrival, passed);
              }
            });
    return passed;
  }

  private CompletableFuture<Arrival> arrive(TxnResponse known) {
    long generation = 0;
    if (!known.succeeded()) {
      long agreed = number(((RangeResponse) known.responses().get(0)).first());
      if (agreed != parties) {
        return CompletableFuture.failedFuture(
            QuorateException.of(
                ErrorCode.INVALID_REQUEST,
                "the barrier " + name + " has " + agreed + " parties, not " + parties));
      }
      generation = number(((RangeResponse) known.responses().get(1)).first());
    }
    return arrive(new Arrival(generation));
  }

  /** Its key is written as long as its generation is the present one. */
  private CompletableFuture<Arrival> arrive(Arrival arrival) {
    Put there = Put.of(arrival.key, Bytes.EMPTY).lease(session.lease());
    return session
        .client()
        .kv()
        .txnAsync(
            Txn.when(isPresent(arrival.generation)).then(there).otherwise(Range.key(generationKey)))
        .thenCompose(response -> {
          if (response.succeeded()) {
            return CompletableFuture.completedFuture(arrival);
          }
          long now = number(((RangeResponse) response.responses().get(0)).first());
          return arrive(new Arrival(now));
        });
  }

  private Compare isPresent(long generation) {
    return generation == 0
        ? Compare.absent(generationKey)
        : Compare.value(generationKey).is(Long.toString(generation));
  }

  private void follow(Arrival arrival, CompletableFuture<Long> passed) {
    var unused =
        session
            .client()
            .cacheAsync(Bytes.utf8(name + "/"))
            .whenComplete((cache, failure) -> {
              if (failure != null) {
                passed.completeExceptionally(QuorateException.reason(failure));
                goAway(arrival);
                return;
              }
              endWith(passed, cache, arrival);
              look(cache.view(), arrival, passed);
            });
  }

  private void endWith(CompletableFuture<Long> passed, CachedPrefix cache, Arrival arrival) {
    Listening losing = session.whenLost(passed::completeExceptionally);
    var unused =
        passed.whenComplete((generation, why) -> {
          cache.close();
          losing.close();
          goAway(arrival);
        });
    var unusedToo = cache.onChange(view -> look(view, arrival, passed), Runnable::run);
  }

  private void look(CachedPrefix.View view, Arrival arrival, CompletableFuture<Long> passed) {
    long now = number(Optional.ofNullable(view.entries().get(generationKey)));
    if (now > arrival.generation) {
      passed.complete(arrival.generation);
      return;
    }
    Bytes prefix = waiting(arrival.generation);
    long there = view.entries().keySet().stream().filter(key -> key.startsWith(prefix)).count();
    if (there >= parties) {
      long next = arrival.generation + 1;
      Txn opens =
          Txn.when(isPresent(arrival.generation))
              .then(Put.of(generationKey, Bytes.utf8(Long.toString(next))));
      var unused =
          session
              .client()
              .kv()
              .txnAsync(opens) // whoever is first; all see it
              .whenComplete((response, failure) -> {
                if (failure != null && !passed.isDone()) {
                  session
                      .client()
                      .timer()
                      .after(Place.RETRY_NANOS, () -> look(view, arrival, passed));
                }
              });
    }
  }

  private void goAway(Arrival arrival) {
    var unused = session.client().kv().deleteAsync(Delete.key(arrival.key));
  }

  /** Waits until so many are there, and passes with them. */
  public long await() {
    return await(null).orElseThrow();
  }

  /**
   * Waits until so many are there, for so long at most.
   *
   * @return the generation that passed; empty if the time was over, and it is there no more
   */
  public OptionalLong await(@Nullable Duration atMost) {
    Passing passed = begin();
    Optional<Long> in =
        Waiting.forValue(session.client(), atMost == null ? passed : passed.copy(), atMost);
    Arrival there = passed.arrival;
    if (in.isPresent()) {
      return OptionalLong.of(in.get());
    }
    if (there == null || session.client().await(leave(there))) {
      passed.cancel(false);
      return OptionalLong.empty();
    }
    return OptionalLong.of(session.client().await(passed)); // just in time
  }

  /** Takes the key away, unless its generation has passed. */
  private CompletableFuture<Boolean> leave(Arrival arrival) {
    return session
        .client()
        .kv()
        .txnAsync(Txn.when(isPresent(arrival.generation)).then(Delete.key(arrival.key)))
        .thenApply(TxnResponse::succeeded);
  }
}
