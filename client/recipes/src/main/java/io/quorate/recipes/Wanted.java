package io.quorate.recipes;

import io.quorate.client.Session;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Something that is asked for. Tells observers how long each who asks waits for it and has it;
 * where there are none, nothing is done for them.
 */
record Wanted(Session session, Ownership what, String name) {
  /** Asks for it, and waits. */
  CompletableFuture<LockHandle> acquired(Supplier<CompletableFuture<LockHandle>> asking) {
    return observed(asking, Optional::of);
  }

  /** Asks whether it can be had at once. */
  CompletableFuture<Optional<LockHandle>> tried(
      Supplier<CompletableFuture<Optional<LockHandle>>> asking) {
    return observed(asking, got -> got);
  }

  private <T> CompletableFuture<T> observed(
      Supplier<CompletableFuture<T>> asking, Function<T, Optional<LockHandle>> got) {
    if (session.client().options().observers().stream()
        .noneMatch(OwnershipObserver.class::isInstance)) {
      return asking.get();
    }
    long askedNanos = nanoTime();
    CompletableFuture<T> answer = asking.get();
    var unused =
        answer.whenComplete((response, failure) -> {
          Duration waited = since(askedNanos);
          Optional<LockHandle> handle = failure == null ? got.apply(response) : Optional.empty();
          if (handle.isEmpty()) {
            tell(each -> each.notAcquired(what, name, waited));
          } else {
            tell(each -> each.acquired(what, name, waited));
            tellEnd(handle.get());
          }
        });
    return answer;
  }

  private void tellEnd(LockHandle handle) {
    long acquiredNanos = nanoTime();
    var unused =
        handle.onEvent(
            event -> {
              Duration held = since(acquiredNanos);
              if (event instanceof OwnershipEvent.Given) {
                tell(each -> each.released(what, name, held));
              } else if (event instanceof OwnershipEvent.Lost) {
                tell(each -> each.lost(what, name, held));
              }
            },
            Runnable::run);
  }

  private void tell(Consumer<OwnershipObserver> event) {
    session.client().tell(OwnershipObserver.class, event);
  }

  private long nanoTime() {
    return session.client().timer().nanoTime();
  }

  private Duration since(long nanos) {
    return Duration.ofNanos(nanoTime() - nanos);
  }
}
