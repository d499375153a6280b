package io.quorate.events.group;

import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.client.CachedPrefix;
import io.quorate.client.KeyValue;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * One process's part in keeping up a projection: it takes part in each generation of its form, as
 * long as that is in use or in the making.
 *
 * <p>Safe for use by many threads.
 */
public final class ProjectionRun implements AutoCloseable {
  private final Projection projection;
  private final Executor executor;
  private final CompletableFuture<QuorateException> failure = new CompletableFuture<>();
  private final CompletableFuture<Void> left = new CompletableFuture<>();

  // Guarded by this.
  private final Map<Long, ConsumerRun> generations = new HashMap<>();

  /** Those of generations that are over, as long as they are ending. */
  private final Set<ConsumerRun> over = new HashSet<>();

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
    List<ConsumerRun> ending = new ArrayList<>();
    Map<Long, ConsumerRun> begun = new HashMap<>();
    synchronized (this) {
      if (closed || seen.revision() < heard) {
        return;
      }
      heard = seen.revision();
      generations
          .entrySet()
          .removeIf(each -> {
            boolean isOver = !seen.has(each.getKey());
            if (isOver) {
              ending.add(each.getValue());
            }
            return isOver;
          });
      over.addAll(ending);
      begin(seen.inUse(), begun);
      if (seen.making() != null) {
        begin(seen.making(), begun);
      }
    }
    begun.forEach((number, run) -> {
      var unused = run.failure().thenAccept(why -> failed(number, why));
    });
    for (ConsumerRun each : ending) {
      var unused = each.closeAsync().whenComplete((done, failed) -> ended(each));
    }
  }

  private synchronized void ended(ConsumerRun run) {
    over.remove(run);
  }

  /** With the lock held. */
  private void begin(ProjectionState.Made made, Map<Long, ConsumerRun> begun) {
    if (made.form().equals(projection.form()) && !generations.containsKey(made.number())) {
      ConsumerRun run = projection.keepUp(projection.generation(made), executor);
      generations.put(made.number(), run);
      begun.put(made.number(), run);
    }
  }

  /** Who can't go on with a generation matters unless that is over, which may not be seen yet. */
  private void failed(long number, QuorateException why) {
    synchronized (this) {
      if (closed || !generations.containsKey(number)) {
        return;
      }
    }
    if (why.code() != ErrorCode.NOT_FOUND) {
      fail(why);
      return;
    }
    var unused =
        projection
            .stateAsync()
            .whenComplete((state, failed) -> {
              if (failed == null) {
                if (!state.isOver(number)) {
                  fail(why);
                }
              } else if (Tenure.passes(QuorateException.reason(failed))) {
                projection.client().timer().after(Projection.LOOK_NANOS, () -> failed(number, why));
              } else {
                fail(why);
              }
            });
  }

  private void fail(QuorateException why) {
    synchronized (this) {
      if (closed) {
        return;
      }
    }
    var unused = closeAsync();
    failure.complete(why); // last, since who hears of it may do what takes long
  }

  /**
   * Completes with why once it can't go on, as {@link ConsumerRun#failure} tells. Never if it is
   * closed before.
   */
  public CompletableFuture<QuorateException> failure() {
    return failure.copy();
  }

  /** Ends its part; what it is handling just now is handled. */
  public CompletableFuture<Void> closeAsync() {
    List<ConsumerRun> all;
    CachedPrefix seen;
    synchronized (this) {
      if (closed) {
        return left.copy();
      }
      closed = true;
      all = new ArrayList<>(generations.values());
      all.addAll(over);
      seen = state;
    }
    if (seen != null) {
      seen.close();
    }
    CompletableFuture<?>[] ends =
        all.stream().map(ConsumerRun::closeAsync).toArray(CompletableFuture<?>[]::new);
    var unused = CompletableFuture.allOf(ends).whenComplete((done, failed) -> left.complete(null));
    return left.copy();
  }

  /** Ends its part as {@link #closeAsync} does, and waits for it unless the thread must not. */
  @Override
  public void close() {
    CompletableFuture<Void> closing = closeAsync();
    if (!projection.client().mustNotBlock()) {
      projection.client().await(closing);
    }
  }
}
