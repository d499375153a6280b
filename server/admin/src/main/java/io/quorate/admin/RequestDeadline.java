package io.quorate.admin;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundBuffer;
import io.quorate.base.Limits;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Closes a connection whose client takes too long: between two requests, from the first byte of one
 * to its last, however it drips, or with taking an answer. What comes and what leaves have a clock
 * each: a client may talk on without ever reading.
 */
final class RequestDeadline extends ChannelInboundHandlerAdapter {
  private @Nullable ChannelHandlerContext context;
  private boolean waiting;

  /** Runs out when nothing, or not enough, has come. */
  private @Nullable Future<?> receiving;

  /** Looks whether anything has left; runs as long as something has to. */
  private @Nullable Future<?> sending;

  @Override
  public void handlerAdded(ChannelHandlerContext added) {
    context = added;
    idle();
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext removed) {
    end();
  }

  @Override
  public void channelInactive(ChannelHandlerContext gone) throws Exception {
    end();
    super.channelInactive(gone);
  }

  @Override
  public void channelRead(ChannelHandlerContext at, Object message) throws Exception {
    if (waiting) {
      closeIn(Limits.HTTP_REQUEST_NANOS);
    }
    super.channelRead(at, message);
  }

  /** The next request is awaited. */
  void idle() {
    closeIn(Limits.HTTP_IDLE_NANOS);
    waiting = true;
  }

  /** A request is there, or what is of it: no more is due. */
  void met() {
    waiting = false;
    if (receiving != null) {
      receiving.cancel(false);
      receiving = null;
    }
  }

  /** More of a request is due; without it, the task runs. */
  void due(long nanos, Runnable overdue) {
    met();
    receiving = schedule(nanos, overdue);
  }

  /** Something has to leave: the client must take some of it. */
  void answering() {
    if (sending == null) {
      watch(null, 0, 0);
    }
  }

  private void closeIn(long nanos) {
    due(nanos, this::close);
  }

  private void close() {
    if (context != null) {
      var _ = context.close();
    }
  }

  /**
   * Closes if nothing has left the next time. That the same buffer is still the first and has lost
   * no byte says so; how much waits doesn't, for more may have come.
   */
  @SuppressWarnings("ReferenceEquality") // it is the buffer that counts
  private void watch(@Nullable Object firstBefore, long progressBefore, long pendingBefore) {
    sending =
        schedule(
            Limits.HTTP_ANSWER_STALL_NANOS,
            () -> {
              sending = null;
              ChannelOutboundBuffer out =
                  context == null ? null : context.channel().unsafe().outboundBuffer();
              long pending = out == null ? 0 : out.totalPendingWriteBytes();
              if (out == null || pending == 0) {
                return;
              }
              Object first = out.current();
              long progress = out.currentProgress();
              if (first == firstBefore && progress == progressBefore && pending >= pendingBefore) {
                close();
              } else {
                watch(first, progress, pending);
              }
            });
  }

  private @Nullable Future<?> schedule(long nanos, Runnable task) {
    return context == null ? null : context.executor().schedule(task, nanos, TimeUnit.NANOSECONDS);
  }

  private void end() {
    met();
    if (sending != null) {
      sending.cancel(false);
    }
    context = null;
  }
}
