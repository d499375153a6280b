package io.quorate.cli;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/** Runs tasks one after the other, in the order given, on another executor. */
final class OneByOne implements Executor {
  private final Executor executor;
  private CompletableFuture<?> last = CompletableFuture.completedFuture(null);

  OneByOne(Executor executor) {
    this.executor = executor;
  }

  @Override
  public synchronized void execute(Runnable task) {
    last =
        last.handleAsync(
            (_, _) -> {
              task.run();
              return null;
            },
            executor);
  }
}
