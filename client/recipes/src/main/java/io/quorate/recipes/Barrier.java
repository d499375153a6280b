package io.quorate.recipes;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.client.Compare;
import io.quorate.client.Delete;
import io.quorate.client.KeyValue;
import io.quorate.client.Op;
import io.quorate.client.OpResponse;
import io.quorate.client.Put;
import io.quorate.client.Range;
import io.quorate.client.RangeResponse;
import io.quorate.client.Session;
import io.quorate.client.Txn;
import io.quorate.client.TxnResponse;
import io.quorate.client.WatchRequest;
import io.quorate.client.Watcher;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Lets parties pass when so many are there, again and again: each time is a generation.
 *
 * <p>Who waits has a key that goes with its session; so who dies isn't counted any more, and a name
 * that is used anew after all have died doesn't let anybody pass early. Who goes away isn't counted
 * either: a generation passes only if nobody has left since its parties were counted.
 *
 * <pre>
 * NAME/parties                          how many
 * NAME/generation                       how often they have passed
 * NAME/left                             written whenever somebody goes away without having passed
 * NAME/g/GENERATION/LEASE-NUMBER        one who waits
 * </pre>
 *
 * <p>Safe for use by many threads.
 */
public final class Barrier {
  private static final int PARTIES_MAX = 10_000;

  private final Session session;
  private final String name;
  private final AgreedNumber parties;
  private final Bytes generationKey;
  private final Bytes leftKey;

  /** The last that is known of; a guess that saves a round trip. */
  private volatile long generation;

  private Barrier(Session session, String name, int parties) {
    this.session = session;
    this.name = name;
    this.parties =
        new AgreedNumber(Bytes.utf8(name + "/parties"), parties, "the barrier " + name, "parties");
    generationKey = Bytes.utf8(name + "/generation");
    leftKey = Bytes.utf8(name + "/left");
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
    Passing passing = new Passing();
    var unused =
        passing.whenComplete((passed, failure) -> {
          var unusedEnd = passing.end();
        });
    passing.arrive(generation);
    return passing;
  }

  /**
   * Waits until so many are there, and passes with them.
   *
   * @throws QuorateException.Unavailable with {@link ErrorCode#INTERRUPTED}; it goes away then
   */
  public long await() {
    return await(null).orElseThrow();
  }

  /**
   * Waits until so many are there, for so long at most.
   *
   * @return the generation that passed; empty if the time was over, and it is there no more
   * @throws QuorateException.Unavailable with {@link ErrorCode#INTERRUPTED}; it goes away then
   * @throws QuorateException.Indeterminate if the time was over, and the answer was lost that tells
   *     whether others have counted it
   */
  public OptionalLong await(@Nullable Duration atMost) {
    session.client().requireMayBlock();
    Passing passing = begin();
    Optional<Long> passed;
    try {
      passed = Waiting.forValue(session.client(), passing.copy(), atMost);
    } catch (QuorateException e) {
      passing.cancel(false);
      throw e;
    }
    if (passed.isEmpty()) {
      passed = Waiting.toTheEnd(session.client(), passing.end()); // just in time, perhaps
    }
    return passed.isPresent() ? OptionalLong.of(passed.get()) : OptionalLong.empty();
  }

  // ---- one that passes -------------------------------------------------------------------------

  /** One that waits to pass, in whatever generation it can. */
  private final class Passing extends CompletableFuture<Long> {
    // Guarded by this.
    private @Nullable Arrival arrival;
    private boolean ended;

    @Override
    public <U> CompletableFuture<U> newIncompleteFuture() {
      return new CompletableFuture<>();
    }

    void arrive(long present) {
      Arrival next = new Arrival(present);
      synchronized (this) {
        if (ended) {
          return;
        }
        arrival = next;
      }
      var unused =
          next.turn()
              .whenComplete((created, failure) -> {
                if (failure == null) {
                  complete(next.generation);
                } else if (next.cameToNothing()) {
                  arrive(next.now());
                } else if (!next.turn().isCancelled()) {
                  completeExceptionally(QuorateException.reason(failure));
                }
              });
      next.enter();
    }

    /**
     * It goes away.
     *
     * @return the generation that it has passed nevertheless
     */
    CompletableFuture<Optional<Long>> end() {
      Arrival last;
      synchronized (this) {
        ended = true;
        last = arrival;
      }
      return last == null
          ? CompletableFuture.completedFuture(Optional.empty())
          : last.leave().thenApply(was -> passedBy(last));
    }

    private Optional<Long> passedBy(Arrival last) {
      if (isDone()) {
        return Optional.of(session.client().await(this)); // or why it didn't
      }
      if (last.mayHavePassed()) {
        throw QuorateException.of(
            ErrorCode.OUTCOME_UNKNOWN,
            "it went away, and whether generation "
                + last.generation
                + " of the barrier "
                + name
                + " has passed with it isn't known");
      }
      return Optional.of(last.generation).filter(of -> last.hasPassed());
    }
  }

  // ---- one that waits --------------------------------------------------------------------------

  private static long number(RangeResponse known) {
    return known.first().map(kv -> Decimal.parse(kv.value(), "a barrier's generation")).orElse(0L);
  }

  /** A place among those who wait in one generation. */
  private final class Arrival extends Place {
    private final long generation;
    private final Bytes others;

    // Guarded by this.
    private long now;
    private boolean nothing;
    private boolean unknown;

    /** Whether its leaving was answered. */
    private boolean gone;

    private @Nullable Watcher passing;

    /** The revision at which all were there when it came; 0 if they weren't. */
    private long completeAt;

    Arrival(long generation) {
      super(
          Barrier.this.session,
          Bytes.utf8(name + "/g/" + generation + "/" + OwnNames.next(Barrier.this.session)),
          Bytes.EMPTY,
          Owning.ALONE);
      this.generation = generation;
      now = generation;
      others = Bytes.utf8(name + "/g/" + generation + "/");
    }

    /** The generation that is waited for, as far as this has seen. */
    synchronized long now() {
      return now;
    }

    /** Whether another generation than its own was waited for when it came. */
    synchronized boolean cameToNothing() {
      return nothing;
    }

    /** Whether its generation has passed, as far as this has seen. */
    boolean hasPassed() {
      return now() > generation;
    }

    /** Whether its generation has passed, and it isn't known whether with it. */
    boolean mayHavePassed() {
      boolean isUnknown;
      synchronized (this) {
        isUnknown = unknown || !gone;
      }
      return isUnknown && mayBeThere();
    }

    private void isNow(long present) {
      synchronized (this) {
        now = present;
      }
      Barrier.this.generation = present;
    }

    private Compare isPresent() {
      return generation == 0
          ? Compare.absent(generationKey)
          : Compare.value(generationKey).is(Long.toString(generation));
    }

    /** Those who are there. */
    private Range count() {
      return Range.prefix(others).withCountOnly();
    }

    @Override
    Txn entering() {
      Op there =
          Txn.when(isPresent())
              .then(Put.of(key, value).lease(session.lease()), count())
              .otherwise(Range.key(generationKey));
      return Txn.when(Compare.absent(key)).then(parties.with(there)).otherwise(Range.key(key));
    }

    @Override
    Entered entered(TxnResponse response, long revision) {
      if (!response.succeeded()) {
        KeyValue known = ((RangeResponse) response.responses().get(0)).first().orElseThrow();
        return new Entered(known, false);
      }
      TxnResponse there = (TxnResponse) parties.require((TxnResponse) response.responses().get(0));
      if (!there.succeeded()) {
        isNow(number((RangeResponse) there.responses().get(0)));
        synchronized (this) {
          nothing = true;
        }
        throw QuorateException.of(
            ErrorCode.STATE_MOVED, "the barrier " + name + " waits for generation " + now());
      }
      if (((RangeResponse) there.responses().get(1)).count() >= parties.number()) {
        synchronized (this) {
          completeAt = revision;
        }
      }
      return new Entered(null, false);
    }

    @Override
    void look(long number) {
      long complete;
      synchronized (this) {
        complete = completeAt;
        completeAt = 0;
      }
      if (complete != 0) {
        pass(number, complete);
        return;
      }
      var unused =
          session
              .client()
              .kv()
              .txnAsync(
                  Txn.always(Range.key(key).withKeysOnly(), Range.key(generationKey), count()))
              .whenComplete((response, failure) -> {
                if (failure == null) {
                  seen(number, response);
                } else {
                  lookAgain(number, QuorateException.reason(failure));
                }
              });
    }

    private void seen(long number, TxnResponse response) {
      try {
        look(number, response);
      } catch (QuorateException e) {
        lost(e);
      }
    }

    private void look(long number, TxnResponse response) {
      Optional<KeyValue> mine = ((RangeResponse) response.responses().get(0)).first();
      long present = number((RangeResponse) response.responses().get(1));
      long there = ((RangeResponse) response.responses().get(2)).count();
      long at = response.header().revision();
      isNow(present);
      if (mine.map(KeyValue::createRevision).orElse(0L) != created()) {
        ownGone(); // if its generation has passed, then perhaps without it
      } else if (hasPassed()) {
        own();
      } else if (there >= parties.number()) {
        pass(number, at);
      } else {
        follow(at);
      }
    }

    /** Lets all pass that were there at a revision, unless one has gone away since. */
    private void pass(long number, long at) {
      Txn opening =
          Txn.when(isPresent(), Compare.modRevision(leftKey).lessThan(at + 1))
              .then(Put.of(generationKey, Bytes.utf8(Long.toString(generation + 1))));
      var unused =
          session
              .client()
              .kv()
              .txnAsync(opening)
              .whenComplete((response, failure) -> {
                if (failure != null) {
                  lookAgain(number, QuorateException.reason(failure));
                } else if (response.succeeded()) {
                  isNow(generation + 1);
                  own();
                } else {
                  look(); // others were quicker, or one has gone away
                }
              });
    }

    private synchronized void follow(long revision) {
      if (isWaiting() && passing == null) {
        passing =
            watch(WatchRequest.key(generationKey).from(revision + 1), this::look, this::unwatched);
      }
    }

    /** What a gap hides, a look finds, and watches again. */
    private void unwatched() {
      long number;
      synchronized (this) {
        passing = null;
        number = looks();
      }
      lookSoon(number);
    }

    @Override
    void stepAside() {
      if (passing != null) {
        passing.close();
      }
      passing = null;
    }

    /** Who goes away before its generation has passed says so: it may have been counted. */
    @Override
    Txn leaving(Compare mine) {
      Op told =
          Txn.when(isPresent()).then(Put.of(leftKey, key)).otherwise(Range.key(generationKey));
      return Txn.when(mine)
          .then(told, Delete.key(key))
          .otherwise(Range.key(generationKey), Range.key(leftKey));
    }

    @Override
    void left(TxnResponse response) {
      synchronized (this) {
        gone = true;
      }
      OpResponse told = response.responses().get(0);
      if (!response.succeeded()) {
        gone((RangeResponse) told, (RangeResponse) response.responses().get(1));
      } else if (told instanceof TxnResponse before && !before.succeeded()) {
        isNow(number((RangeResponse) before.responses().get(0))); // it was counted
      }
    }

    /** Its key was gone: an earlier leaving whose answer was lost took it, most likely. */
    private void gone(RangeResponse known, RangeResponse whoLeft) {
      long present = number(known);
      KeyValue last = whoLeft.first().orElse(null);
      boolean thisOne = last != null && last.value().equals(key);
      boolean others = last != null && !thisOne && last.modRevision() > created();
      if (present <= generation || thisOne) {
        return; // it left before
      }
      isNow(present);
      synchronized (this) {
        unknown = others;
      }
    }
  }
}
