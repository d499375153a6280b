package io.quorate.events.group;

import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.client.CachedPrefix;
import io.quorate.client.KeyValue;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * One process's part in keeping up a projection: a consumer of each generation of its form, as long
 * as that is in use or in the making.
 *
 * <p>Safe for use by many threads.
 */
public final class ProjectionRun implements AutoCloseable {
  private final Projection projection;
  private final Executor executor;
  private final CompletableFuture<QuorateException> failure = new CompletableFuture<>();

  // Guarded by this.
  private final Map<Long, CompletableFuture<Consumer>> consumers = new HashMap<>();
  private boolean closed;
  private @Nullable CachedPrefix state;

  /** The revision of the state that was heard last: views may be told by several threads. */
  private long heard;

  private ProjectionRun(Projection projection, Executor executor) {
    this.projection = projection;
    this.executor = executor;
  }

  static CompletableFuture<ProjectionRun> begin(Projection projection, Executor executor) {
    ProjectionRun run = new ProjectionRun(projection, executor);
    return projection
        .cleanAsync() // what somebody who died has left
        .thenCompose(cleaned -> projection.client().cacheAsync(projection.statePrefix()))
        .thenApply(seen -> {
          run.follow(seen);
          return run;
        });
  }

  private void follow(CachedPrefix seen) {
    synchronized (this) {
      state = seen;
    }
    var unused = seen.onChange(this::look, Runnable::run);
    var unusedToo = seen.loss().thenAccept(this::fail);
    look(seen.view());
  }

  private void look(CachedPrefix.View view) {
    for (KeyValue kv : view.entries().values()) {
      try {
        look(ProjectionState.of(kv));
      } catch (QuorateException e) {
        fail(e);
      }
    }
  }

  private void look(ProjectionState seen) {
    List<CompletableFuture<Consumer>> over = new ArrayList<>();
    synchronized (this) {
      if (closed || seen.revision() < heard) {
        return;
      }
      heard = seen.revision();
      consumers
          .entrySet()
          .removeIf(each -> {
            boolean isOver = !seen.has(each.getKey());
            if (isOver) {
              over.add(each.getValue());
            }
            return isOver;
          });
      join(seen.inUse());
      if (seen.making() != null) {
        join(seen.making());
      }
    }
    for (CompletableFuture<Consumer> each : over) {
      var unused = end(each);
    }
  }

  /** With the lock held. */
  private void join(ProjectionState.Made made) {
    if (!made.form().equals(projection.form()) || consumers.containsKey(made.number())) {
      return;
    }
    CompletableFuture<Consumer> joined = projection.join(projection.generation(made), executor);
    consumers.put(made.number(), joined);
    var unused =
        joined.whenComplete((consumer, failed) -> {
          if (failed != null) {
            failed(made.number(), QuorateException.reason(failed));
          } else {
            var unusedToo = consumer.failure().thenAccept(why -> failed(made.number(), why));
          }
        });
  }

  /**
   * A consumer that can't go on matters unless its generation is over, which may not be seen yet.
   */
  private void failed(long number, QuorateException why) {
    boolean isWanted;
    synchronized (this) {
      isWanted = !closed && consumers.containsKey(number);
    }
    if (isWanted && why.code() != ErrorCode.NOT_FOUND) {
      fail(why);
    }
  }

  private void fail(QuorateException why) {
    if (failure.complete(why)) {
      var unused = closeAsync();
    }
  }

  /** Takes a consumer back, however far it is. */
  private static CompletableFuture<Void> end(CompletableFuture<Consumer> joined) {
    joined.cancel(false);
    boolean isThere = joined.isDone() && !joined.isCompletedExceptionally();
    return isThere ? joined.join().closeAsync() : CompletableFuture.completedFuture(null);
  }

  /**
   * Completes with why once it can't go on, as {@link Consumer#failure} tells. Another may be begun
   * then. Never if it is closed before.
   */
  public CompletableFuture<QuorateException> failure() {
    return failure.copy();
  }

  /** Ends its part; what it is handling just now is handled. */
  public CompletableFuture<Void> closeAsync() {
    List<CompletableFuture<Consumer>> all;
    CachedPrefix seen;
    synchronized (this) {
      closed = true;
      all = List.copyOf(consumers.values());
      consumers.clear();
      seen = state;
    }
    if (seen != null) {
      seen.close();
    }
    return CompletableFuture.allOf(
        all.stream().map(ProjectionRun::end).toArray(CompletableFuture<?>[]::new));
  }

  @Override
  public void close() {
    projection.client().await(closeAsync());
  }
}
