package io.quorate.transport;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import io.quorate.node.Loop;
import java.util.concurrent.TimeUnit;

/**
 * A Netty event loop as the node's {@link Loop}: what arrives from clients and peers, and what the
 * groups do with it, share one thread.
 *
 * <p>Netty runs the tasks of a turn after the turn's ready input, which is the order that {@link
 * Loop} promises.
 */
public final class NettyLoop implements Loop {
  private final EventLoop eventLoop;

  /** The loop stays its creator's, who shuts it down. */
  public NettyLoop(EventLoop eventLoop) {
    this.eventLoop = eventLoop;
  }

  /** The Netty loop behind it. */
  public EventLoop eventLoop() {
    return eventLoop;
  }

  @Override
  public long now() {
    return System.nanoTime();
  }

  @Override
  public boolean inLoop() {
    return eventLoop.inEventLoop();
  }

  @Override
  public void execute(Runnable task) {
    eventLoop.execute(task);
  }

  @Override
  public Timer schedule(long delayNanos, Runnable task) {
    ScheduledFuture<?> future =
        eventLoop.schedule(task, Math.max(0, delayNanos), TimeUnit.NANOSECONDS);
    return () -> future.cancel(false);
  }
}
