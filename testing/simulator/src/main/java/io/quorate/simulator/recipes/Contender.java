package io.quorate.simulator.recipes;

import io.quorate.base.Bytes;
import io.quorate.base.QuorateException;
import io.quorate.client.Put;
import io.quorate.client.Session;
import io.quorate.client.Txn;
import io.quorate.simulator.Chance;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Somebody in a process who wants to hold something a few times: waits for it, tries, or gives up
 * waiting; writes under it; gives it back.
 */
final class Contender {
  private static final long MILLIS = 1_000_000L;
  private static final long THINK_NANOS = 200 * MILLIS;
  private static final long HOLD_NANOS = 300 * MILLIS;

  /** Longer than a session lives that isn't renewed. */
  private static final long LONG_HOLD_NANOS = 3_000 * MILLIS;

  private static final long PATIENCE_NANOS = 400 * MILLIS;

  /** What is wanted in a session, by a recipe's own means. */
  interface Wish {
    /** Waits for it; cancelling the future gives up. */
    CompletableFuture<Held> acquire(Session session);

    /** Takes it if it is free. */
    CompletableFuture<Optional<Held>> tryAcquire(Session session);
  }

  private final ClientProcess process;
  private final Chance chance;
  private final LockJudge judge;
  private final String name;
  private final boolean writes;
  private final Bytes guarded;
  private final Wish wish;
  private int rounds;
  private int written;
  private @Nullable String waitsFor;

  Contender(
      ClientProcess process,
      Chance chance,
      LockJudge judge,
      String name,
      boolean writes,
      Bytes guarded,
      Wish wish,
      int rounds) {
    this.process = process;
    this.chance = chance;
    this.judge = judge;
    this.name = name;
    this.writes = writes;
    this.guarded = guarded;
    this.wish = wish;
    this.rounds = rounds;
  }

  void start() {
    process.after(chance.below(THINK_NANOS), this::round);
  }

  /** Whether it has had all its rounds, or its process is gone. */
  boolean isDone() {
    return process.life().isOver() || (rounds == 0 && waitsFor == null);
  }

  @Override
  public String toString() {
    return name + " waits for " + waitsFor + ", rounds left " + rounds;
  }

  private void round() {
    if (rounds == 0) {
      return;
    }
    rounds--;
    waitsFor = "a session";
    var _ =
        process
            .session()
            .whenComplete((session, failure) -> {
              if (failure != null) {
                again(failure);
              } else {
                want(session);
              }
            });
  }

  private void next() {
    waitsFor = null;
    process.after(chance.below(THINK_NANOS), this::round);
  }

  /** It wasn't to be. */
  private void again(Throwable failure) {
    QuorateException why = QuorateException.reason(failure);
    Throwable cause = why.getCause();
    boolean wasMeant =
        cause == null
            || cause instanceof QuorateException
            || cause instanceof CancellationException;
    if (!wasMeant) {
      judge.broke(name + " failed: " + why);
    }
    next();
  }

  private void want(Session session) {
    int how = chance.below(8);
    if (how == 0) {
      waitsFor = "a try";
      var _ =
          wish.tryAcquire(session)
              .whenComplete((got, failure) -> {
                if (failure != null) {
                  again(failure);
                } else if (got.isPresent()) {
                  hold(got.get());
                } else {
                  next();
                }
              });
      return;
    }
    waitsFor = "its turn";
    CompletableFuture<Held> turn = wish.acquire(session);
    var _ =
        turn.whenComplete((held, failure) -> {
          if (failure != null) {
            again(failure);
          } else {
            hold(held);
          }
        });
    if (how <= 3) {
      process.after(chance.below(PATIENCE_NANOS), () -> turn.cancel(false));
    }
  }

  private void hold(Held held) {
    LockJudge.Grant grant = new LockJudge.Grant(name, writes, held);
    judge.granted(grant);
    waitsFor = "the end of what it does";
    int writing = chance.below(3);
    long heldNanos = chance.below(chance.oneIn(5) ? LONG_HOLD_NANOS : HOLD_NANOS);
    if (writing == 0) {
      process.after(heldNanos, () -> release(held));
      return;
    }
    for (int i = 1; i <= writing; i++) {
      process.after(i * heldNanos / writing, () -> write(grant));
    }
    // sometimes before a write is answered
    process.after(heldNanos + chance.below(3) * MILLIS / 2, () -> release(held));
  }

  private void write(LockJudge.Grant grant) {
    Bytes value = Bytes.utf8(name + " " + ++written);
    judge.look();
    judge.writes(value, grant);
    var _ =
        grant
            .held()
            .guarded(Txn.always(Put.of(guarded, value)))
            .whenComplete((response, failure) -> {
              if (failure == null) {
                judge.wrote(value, LockJudge.Told.DONE);
              } else if (QuorateException.reason(failure)
                  instanceof QuorateException.Indeterminate) {
                judge.wrote(value, LockJudge.Told.UNKNOWN);
              } else {
                judge.wrote(value, LockJudge.Told.NOT_DONE);
              }
            });
  }

  private void release(Held held) {
    waitsFor = "the release";
    judge.left(name);
    var _ =
        held.release()
            .whenComplete((released, failure) -> {
              if (failure != null) {
                again(failure);
              } else {
                next();
              }
            });
  }

  /** What a turn comes to; who cancels it gives the turn up, or back. */
  static <H> CompletableFuture<Held> held(CompletableFuture<H> turn, Function<? super H, Held> of) {
    CompletableFuture<Held> held = turn.thenApply(of);
    var _ =
        held.whenComplete((got, failure) -> {
          if (held.isCancelled() && !turn.cancel(false)) {
            var _ = turn.thenCompose(late -> of.apply(late).release());
          }
        });
    return held;
  }
}
