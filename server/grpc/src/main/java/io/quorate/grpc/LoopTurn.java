package io.quorate.grpc;

import io.netty.channel.EventLoop;
import io.netty.channel.SingleThreadEventLoop;
import io.netty.util.concurrent.FastThreadLocal;
import java.util.ArrayList;
import java.util.List;

/**
 * The end of a turn of one event loop: first what the node still has to do in this turn, then one
 * flush for each connection that has something to send.
 *
 * <p>A turn is one round of the loop: all channels that were readable, then all tasks that were
 * queued. Whoever wants its end asks for it with {@link #atEnd}, as often as it likes; a task runs
 * once per turn in which it was asked for. Tasks run in the order in which they were first asked
 * for in the turn, may complete calls, and may ask for the end of this same turn again. Flushes
 * come last.
 *
 * <p>Owned by its loop: {@link #of} may be called on that loop's thread only, and so everything
 * else.
 */
public final class LoopTurn {
  /** Rounds of tasks that ask for each other before the flush goes ahead regardless. */
  private static final int ROUNDS_MAX = 16;

  private static final FastThreadLocal<LoopTurn> CURRENT = new FastThreadLocal<>();

  private final EventLoop loop;
  private final Runnable end = this::end;
  private List<Runnable> tasks = new ArrayList<>();
  private List<Runnable> spare = new ArrayList<>();
  private List<Runnable> flushes = new ArrayList<>();
  private List<Runnable> spareFlushes = new ArrayList<>();
  private boolean scheduled;

  private LoopTurn(EventLoop loop) {
    this.loop = loop;
  }

  /**
   * The turn of a loop, called on its thread.
   *
   * @throws IllegalStateException on any other thread
   */
  public static LoopTurn of(EventLoop loop) {
    if (!loop.inEventLoop()) {
      throw new IllegalStateException("not on the event loop");
    }
    LoopTurn turn = CURRENT.get();
    if (turn == null || !turn.loop.equals(loop)) {
      turn = new LoopTurn(loop);
      CURRENT.set(turn);
    }
    return turn;
  }

  /** Runs {@code task} at the end of this turn, before the flushes; once, if asked for again. */
  public void atEnd(Runnable task) {
    if (!tasks.contains(task)) {
      tasks.add(task);
      schedule();
    }
  }

  /** Sends now what this turn's calls have to send, without waiting for the end of the turn. */
  public void flushNow() {
    List<Runnable> batch = flushes;
    if (!batch.isEmpty()) {
      flushes = spareFlushes;
      spareFlushes = batch;
      runAll(batch);
    }
  }

  /** Runs {@code flush} after the tasks of this turn; whoever asks does so once a turn. */
  void flushAtEnd(Runnable flush) {
    flushes.add(flush);
    schedule();
  }

  private void schedule() {
    if (!scheduled) {
      scheduled = true;
      if (loop instanceof SingleThreadEventLoop single) {
        single.executeAfterEventLoopIteration(end);
      } else {
        loop.execute(end);
      }
    }
  }

  private void end() {
    try {
      for (int round = 0; !tasks.isEmpty() && round < ROUNDS_MAX; round++) {
        List<Runnable> batch = tasks;
        tasks = spare;
        spare = batch;
        runAll(batch);
      }
      flushNow();
    } finally {
      scheduled = false;
      if (!tasks.isEmpty() || !flushes.isEmpty()) {
        schedule();
      }
    }
  }

  /** Runs and forgets all; one that throws keeps none of the others from running. */
  private static void runAll(List<Runnable> batch) {
    RuntimeException failure = null;
    for (int i = 0; i < batch.size(); i++) {
      try {
        batch.get(i).run();
      } catch (RuntimeException e) {
        failure = e;
      }
    }
    batch.clear();
    if (failure != null) {
      throw failure;
    }
  }
}
