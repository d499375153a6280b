package io.quorate.recipes;

import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.client.QuorateClient;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Waits for something that is given up when the waiting ends without it. */
final class Waiting {
  private Waiting() {}

  /**
   * Waits for a place's turn.
   *
   * @param atMost how long; null for as long as it takes
   * @return empty if the time is over, and the place is given up
   * @throws QuorateException.Unavailable with {@link ErrorCode#INTERRUPTED} if the thread is
   *     interrupted, which stays set; the place is given up
   */
  static Optional<LockHandle> forTurn(
      QuorateClient client, CompletableFuture<LockHandle> turn, @Nullable Duration atMost) {
    return await(client, turn, atMost, LockHandle::close);
  }

  /** Waits for something that nobody has to give back. */
  static <T> Optional<T> forValue(
      QuorateClient client, CompletableFuture<T> value, @Nullable Duration atMost) {
    return await(client, value, atMost, unwanted -> {});
  }

  /** Waits for an answer that comes soon, and isn't asked for where nobody could wait for it. */
  static <T> T atOnce(QuorateClient client, Supplier<CompletableFuture<T>> asking) {
    client.requireMayBlock();
    return client.await(asking.get());
  }

  /**
   * Waits for what goes on to its end whether anybody waits or not; an interrupt stays set, and
   * ends nothing.
   *
   * @param ending comes to an end with the session at the latest
   */
  static <T> T toTheEnd(QuorateClient client, CompletableFuture<T> ending) {
    boolean interrupted = false;
    try {
      while (!ending.isDone()) {
        client.requireMayBlock();
        try {
          ending.get();
        } catch (InterruptedException e) {
          interrupted = true;
        } catch (ExecutionException | CancellationException e) {
          break; // told below
        }
      }
      return client.await(ending);
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static long nanos(Duration time) {
    try {
      return time.toNanos();
    } catch (ArithmeticException e) { // three centuries, or more
      return Long.MAX_VALUE;
    }
  }

  private static <T> Optional<T> await(
      QuorateClient client,
      CompletableFuture<T> turn,
      @Nullable Duration atMost,
      Consumer<? super T> giveBack) {
    if (!turn.isDone() && client.mustNotBlock()) {
      turn.cancel(false);
      client.requireMayBlock();
    }
    try {
      return Optional.of(
          atMost == null ? turn.get() : turn.get(nanos(atMost), TimeUnit.NANOSECONDS));
    } catch (ExecutionException e) {
      QuorateException why = QuorateException.reason(e);
      throw QuorateException.of(why.code(), String.valueOf(why.getMessage()), why);
    } catch (CancellationException e) {
      throw QuorateException.of(ErrorCode.STOPPED, "the place was given up", e);
    } catch (TimeoutException e) {
      return turn.cancel(false)
          ? Optional.empty()
          : await(client, turn, null, giveBack); // just in time
    } catch (InterruptedException e) {
      if (!turn.cancel(false) && !turn.isCompletedExceptionally()) {
        giveBack.accept(turn.join());
      }
      Thread.currentThread().interrupt();
      throw QuorateException.of(
          ErrorCode.INTERRUPTED, "interrupted while waiting; the place is given up", e);
    }
  }
}
