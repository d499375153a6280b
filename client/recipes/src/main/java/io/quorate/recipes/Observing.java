package io.quorate.recipes;

import io.quorate.base.Bytes;
import io.quorate.client.CachedPrefix;
import io.quorate.client.Listening;
import io.quorate.client.QuorateClient;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Somebody is told what a prefix comes to, whenever that is another.
 *
 * @param <T> what it comes to
 */
final class Observing<T> {
  private final Function<CachedPrefix.View, T> meaning;
  private final Consumer<? super T> listener;

  // Guarded by this.
  private @Nullable T told;
  private long seen;

  private Observing(Function<CachedPrefix.View, T> meaning, Consumer<? super T> listener) {
    this.meaning = meaning;
    this.listener = listener;
  }

  /**
   * Begins.
   *
   * @param executor runs the listener
   * @return completes once the first is on its way, and ends the telling; cancelling it does so
   *     before
   */
  static <T> CompletableFuture<Listening> begin(
      QuorateClient client,
      Bytes prefix,
      Function<CachedPrefix.View, T> meaning,
      Consumer<? super T> listener,
      Executor executor) {
    CompletableFuture<CachedPrefix> known = client.cacheAsync(prefix);
    CompletableFuture<Listening> begun =
        known.thenApply(cache -> {
          Observing<T> observing = new Observing<>(meaning, listener);
          Listening telling = cache.onChange(observing::look, executor);
          executor.execute(() -> observing.look(cache.view()));
          return () -> {
            telling.close();
            cache.close();
          };
        });
    var unused =
        begun.whenComplete((telling, failure) -> {
          if (failure != null && !known.cancel(false)) {
            var unusedToo = known.thenAccept(CachedPrefix::close); // it was read already
          }
        });
    return begun;
  }

  private synchronized void look(CachedPrefix.View view) {
    if (view.revision() < seen) {
      return;
    }
    seen = view.revision();
    T now = meaning.apply(view);
    if (!now.equals(told)) {
      told = now;
      listener.accept(now);
    }
  }
}
