package io.quorate.events.group;

import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * A process's lasting part in a group: a consumer, and another when that has ended, until this is
 * closed. Consumers end when they were cut off from the store for longer than their time to live,
 * among other things; then others have their partitions, until this joins anew.
 *
 * <p>Safe for use by many threads.
 */
public final class ConsumerRun implements AutoCloseable {
  private static final long PAUSE_NANOS = 500_000_000L;

  private final ConsumerGroup group;
  private final Handling handling;
  private final Executor executor;
  private final CompletableFuture<QuorateException> failure = new CompletableFuture<>();

  // Guarded by this.
  private @Nullable CompletableFuture<Consumer> present;

  /** Whether the group is defined if it isn't there: not any more once a consumer has joined. */
  private boolean defines;

  private boolean closed;

  private ConsumerRun(ConsumerGroup group, boolean defines, Handling handling, Executor executor) {
    this.group = group;
    this.defines = defines;
    this.handling = handling;
    this.executor = executor;
  }

  /**
   * @param defines whether the group is defined if it isn't there
   */
  static ConsumerRun begin(
      ConsumerGroup group, boolean defines, Handling handling, Executor executor) {
    ConsumerRun run = new ConsumerRun(group, defines, handling, executor);
    run.join();
    return run;
  }

  private void join() {
    boolean mayDefine;
    synchronized (this) {
      if (closed) {
        return;
      }
      mayDefine = defines;
    }
    CompletableFuture<Void> isThere =
        CompletableFuture.completedFuture(mayDefine)
            .thenCompose(may -> may ? group.define() : group.requireDefined());
    CompletableFuture<Consumer> joined = Consumer.join(group, isThere, handling, executor);
    boolean over;
    synchronized (this) {
      over = closed;
      present = joined;
    }
    if (over) {
      var unused = end(joined);
      return;
    }
    var unusedToo =
        joined.whenComplete((consumer, failed) -> {
          if (failed != null) {
            ended(QuorateException.reason(failed));
            return;
          }
          synchronized (this) {
            defines = false;
          }
          var unusedAsWell = consumer.failure().thenAccept(this::ended);
        });
  }

  /** A consumer has ended, or couldn't join. */
  private void ended(QuorateException why) {
    if (passes(why)) {
      later(this::join);
    } else if (why.code() == ErrorCode.NOT_FOUND) { // of the group, or of the lease
      missing(why);
    } else {
      fail(why);
    }
  }

  /** A group that was dropped isn't begun anew by who only took part in it. */
  private void missing(QuorateException why) {
    var unused =
        group
            .definedAsync()
            .whenComplete((said, failed) -> {
              if (failed != null && Tenure.passes(QuorateException.reason(failed))) {
                later(() -> missing(why));
              } else if (failed == null && said.isPresent()) {
                later(this::join);
              } else {
                fail(why);
              }
            });
  }

  private void later(Runnable task) {
    synchronized (this) {
      if (closed) {
        return;
      }
    }
    group.store().client().timer().after(PAUSE_NANOS, task);
  }

  /** Whether another consumer may fare better. */
  private static boolean passes(QuorateException why) {
    if (why.getCause() instanceof Error || why.code() == ErrorCode.INTERRUPTED) {
      return false;
    }
    return Tenure.passes(why)
        || why.code() == ErrorCode.SESSION_LOST
        || why.code() == ErrorCode.STATE_MOVED
        || why.code() == ErrorCode.SPACE_EXCEEDED;
  }

  private void fail(QuorateException why) {
    synchronized (this) {
      if (closed) {
        return;
      }
    }
    var unused = closeAsync();
    failure.complete(why);
  }

  /** The consumer at present; empty while none has joined. */
  public synchronized Optional<Consumer> consumer() {
    CompletableFuture<Consumer> joined = present;
    return joined != null && isThere(joined) ? Optional.of(joined.join()) : Optional.empty();
  }

  /**
   * Completes with why once no consumer can go on here: an event can't be read by this process, a
   * handler threw an {@link Error} or was interrupted, the group was dropped or has other
   * partitions, the client was closed, or this isn't allowed. Never if it is closed before.
   */
  public CompletableFuture<QuorateException> failure() {
    return failure.copy();
  }

  /**
   * Ends its part; what it is handling just now is handled, as {@link Consumer#closeAsync} says.
   */
  public CompletableFuture<Void> closeAsync() {
    CompletableFuture<Consumer> joined;
    synchronized (this) {
      closed = true;
      joined = present;
    }
    return joined == null ? CompletableFuture.completedFuture(null) : end(joined);
  }

  /** Takes a consumer back, however far it is. */
  private static CompletableFuture<Void> end(CompletableFuture<Consumer> joined) {
    joined.cancel(false);
    return isThere(joined) ? joined.join().closeAsync() : CompletableFuture.completedFuture(null);
  }

  private static boolean isThere(CompletableFuture<Consumer> joined) {
    return joined.isDone() && !joined.isCompletedExceptionally();
  }

  /** Ends its part as {@link #closeAsync} does, and waits for it unless the thread must not. */
  @Override
  public void close() {
    CompletableFuture<Void> closing = closeAsync();
    if (!group.store().client().mustNotBlock()) {
      group.store().client().await(closing);
    }
  }
}
