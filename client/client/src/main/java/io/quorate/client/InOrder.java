package io.quorate.client;

import java.util.ArrayDeque;
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;
import java.util.function.Consumer;

/**
 * Runs tasks one at a time in the order given, on an executor that may have many threads. What it
 * is given is bounded by whoever gives: nothing more is taken from a stream until its last message
 * was handled.
 *
 * <p>No task is lost. One that throws, whatever it throws, is followed by the next; what the
 * executor refuses runs on the common pool, since a caller must not be kept by a listener. Of
 * either the owner is told, in the same order, before any other task.
 */
final class InOrder implements Executor {
  private static final System.Logger LOG = System.getLogger(InOrder.class.getName());

  private final Executor executor;
  private final Consumer<Throwable> onFailure;
  private final ArrayDeque<Runnable> waiting = new ArrayDeque<>();
  private boolean running;

  InOrder(Executor executor, Consumer<Throwable> onFailure) {
    this.executor = executor;
    this.onFailure = onFailure;
  }

  @Override
  public void execute(Runnable task) {
    synchronized (waiting) {
      waiting.add(task);
      if (running) {
        return;
      }
      running = true;
    }
    try {
      executor.execute(this::runAll);
    } catch (Throwable e) { // refused, or there is no memory for a thread
      synchronized (waiting) {
        waiting.addFirst(() -> failed(e));
      }
      ForkJoinPool.commonPool().execute(this::runAll);
    }
  }

  private void runAll() {
    while (true) {
      Runnable task;
      synchronized (waiting) {
        task = waiting.poll();
        if (task == null) {
          running = false;
          return;
        }
      }
      try {
        task.run();
      } catch (Throwable e) {
        failed(e);
      }
    }
  }

  private void failed(Throwable e) {
    LOG.log(System.Logger.Level.WARNING, "a listener or its executor failed", e);
    try {
      onFailure.accept(e);
    } catch (Throwable again) {
      LOG.log(System.Logger.Level.WARNING, "a listener failed at its end, too", again);
    }
  }
}
