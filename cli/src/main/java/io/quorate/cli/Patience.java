package io.quorate.cli;

import io.quorate.base.QuorateException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Waits for a cluster that can't be reached, for as long as the operator does, and says so. Once
 * the operator says stop, the next failure is final.
 */
final class Patience {
  private static final long PAUSE_MILLIS_MIN = 250;
  private static final long PAUSE_MILLIS_MAX = 10_000;

  private final CompletableFuture<?> stop;
  private final Consumer<String> tell;

  /**
   * Waits and tells.
   *
   * @param stop completes when the operator doesn't want to wait any more
   */
  Patience(CompletableFuture<?> stop, Consumer<String> tell) {
    this.stop = stop;
    this.tell = tell;
  }

  boolean isOver() {
    return stop.isDone();
  }

  /** Says something that the operator should know. */
  void tell(String line) {
    tell.accept(line);
  }

  /** Calls until there is an answer. The call must be one that may be repeated. */
  <T> T until(String who, Supplier<T> call) {
    for (int failures = 0; ; failures++) {
      try {
        T answer = call.get();
        if (failures > 0) {
          tell("the " + who + " answers again");
        }
        return answer;
      } catch (QuorateException e) {
        pause(who, e, failures);
      }
    }
  }

  /** Waits a while after a failure; throws it if waiting doesn't help. */
  void pause(String who, QuorateException failure, int failures) {
    boolean passing =
        switch (failure) {
          case QuorateException.Unavailable _, QuorateException.Indeterminate _ -> true;
          case QuorateException.Rejected _,
              QuorateException.Conflict _,
              QuorateException.Corrupt _ ->
              false;
        };
    if (!passing || stop.isDone()) {
      throw failure;
    }
    long millis = Math.min(PAUSE_MILLIS_MAX, PAUSE_MILLIS_MIN << Math.min(failures, 16));
    tell("the " + who + ": " + failure.getMessage() + "; trying again in " + millis + " ms");
    try {
      var _ = stop.get(millis, TimeUnit.MILLISECONDS);
    } catch (TimeoutException _) {
      return;
    } catch (InterruptedException | ExecutionException e) {
      throw new IllegalStateException(e); // nobody interrupts or fails it
    }
  }

  /** The answer to a call under way, or its failure as the call itself would throw it. */
  static <T> T answer(CompletableFuture<T> call) {
    try {
      return call.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof QuorateException known) {
        throw known;
      }
      throw e;
    }
  }
}
