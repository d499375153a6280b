package io.quorate.cli;

import io.quorate.base.Bytes;
import io.quorate.base.QuorateException;
import io.quorate.client.Range;
import io.quorate.client.RangeResponse;
import io.quorate.recipes.LockHandle;
import io.quorate.recipes.OwnershipEvent;
import io.quorate.recipes.QueueEntry;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * A turn in a queue, from the wait for it until it is over, under a session of its own: whatever
 * becomes of this command, closing it leaves no key.
 */
final class Turn implements AutoCloseable {
  private final io.quorate.client.Session under;
  private final CompletableFuture<Void> interrupted = new CompletableFuture<>();
  private final CompletableFuture<String> lost = new CompletableFuture<>();

  /**
   * Begins the session.
   *
   * @param patience how long the process waits for the command's end when it is interrupted
   */
  Turn(Session session, long ttlSeconds, Duration patience) {
    under = session.client().session(Duration.ofSeconds(ttlSeconds));
    session.interrupts().onInterrupt(() -> interrupted.complete(null), patience);
  }

  /** What the turn is had under. */
  io.quorate.client.Session under() {
    return under;
  }

  /** Completes when the process shall end, whether the turn is lost or not. */
  CompletableFuture<Void> interrupted() {
    return interrupted;
  }

  /** Completes when another may have the turn, with why, whether the process shall end or not. */
  CompletableFuture<String> lost() {
    return lost;
  }

  /**
   * Waits until the process shall end, or the turn is lost.
   *
   * @return why it is lost; empty if it isn't
   */
  Optional<String> awaitEnd() {
    CompletableFuture.anyOf(interrupted, lost).join();
    return Optional.ofNullable(lost.getNow(null));
  }

  /**
   * @throws Failure if nothing shall be begun any more
   */
  void requireGoesOn() {
    if (lost.isDone()) {
      throw new Failure(ExitCodes.FAILED, "it was lost at once: " + lost.join());
    }
    if (interrupted.isDone()) {
      throw new Failure(ExitCodes.FAILED, "interrupted");
    }
  }

  /**
   * Waits for a turn.
   *
   * @param atMost how long; null for as long as it takes
   * @return empty if the time is over, and the place in the queue given up
   * @throws QuorateException if the place was lost
   */
  <T> Optional<T> await(CompletableFuture<T> turn, @Nullable Duration atMost) {
    CompletableFuture<Object> either = CompletableFuture.anyOf(turn, interrupted);
    try {
      var _ = atMost == null ? either.get() : either.get(atMost.toNanos(), TimeUnit.NANOSECONDS);
      if (interrupted.isDone()) {
        turn.cancel(false);
        throw new Failure(ExitCodes.FAILED, "interrupted");
      }
      return Optional.of(turn.get());
    } catch (TimeoutException _) {
      return turn.cancel(false) ? Optional.empty() : justInTime(turn);
    } catch (ExecutionException e) {
      throw QuorateException.reason(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e); // nobody interrupts this thread
    }
  }

  private static <T> Optional<T> justInTime(CompletableFuture<T> turn) {
    try {
      return Optional.of(turn.join());
    } catch (CompletionException e) {
      throw QuorateException.reason(e);
    }
  }

  /**
   * What there is under the key of what is held; from now on its loss ends the turn.
   *
   * @throws Failure if it is lost already
   */
  RangeResponse begin(LockHandle held) {
    var _ =
        held.onEvent(
            event -> {
              if (event instanceof OwnershipEvent.Lost(String reason)) {
                lost.complete(reason);
              }
            },
            Runnable::run); // it ends with the session
    Bytes key = held.key();
    RangeResponse there = under.client().kv().range(Range.key(key));
    if (there.kvs().isEmpty()) {
      throw new Failure(ExitCodes.FAILED, "lock lost on init");
    }
    return there;
  }

  /** Another one has what wasn't waited for any longer: who, as far as the queue still tells. */
  Failure heldByAnother(String what, List<QueueEntry> queue, int exitCode) {
    String who =
        queue.stream()
            .filter(entry -> entry.holds() && entry.lease() != under.lease())
            .map(entry ->
                " is held"
                    + (entry.owner().isEmpty() ? "" : " by " + entry.owner())
                    + ", under the lease "
                    + Hex.padded(entry.lease()))
            .findFirst()
            .orElse(" was held until just now");
    return new Failure(exitCode, what + who);
  }

  /** Ends the session, and with it all keys that are left. */
  @Override
  public void close() {
    under.close();
  }
}
