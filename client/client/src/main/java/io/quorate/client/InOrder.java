package io.quorate.client;

import java.util.ArrayDeque;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/**
 * Runs tasks one at a time in the order given, on an executor that may have many threads. What it
 * is given is bounded by whoever gives: nothing more is taken from a stream until its last message
 * was handled.
 */
final class InOrder implements Executor {
  private final Executor executor;
  private final Runnable onFailure;
  private final ArrayDeque<Runnable> waiting = new ArrayDeque<>();
  private boolean running;

  InOrder(Executor executor, Runnable onFailure) {
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
    } catch (RejectedExecutionException e) {
      onFailure.run(); // whoever was to be told is no more
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
      } catch (RuntimeException e) {
        onFailure.run();
        Thread here = Thread.currentThread();
        here.getUncaughtExceptionHandler().uncaughtException(here, e);
      }
    }
  }
}
