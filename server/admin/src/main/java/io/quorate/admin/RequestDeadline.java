package io.quorate.admin;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundBuffer;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Closes a connection whose client takes too long: between two requests, from the first byte of one
 * to its last, however it drips, or with taking an answer.
 */
final class RequestDeadline extends ChannelInboundHandlerAdapter {
  static final long IDLE_SECONDS_MAX = 60;
  static final long REQUEST_SECONDS_MAX = 10;
  static final long ANSWER_STALL_SECONDS_MAX = 30;

  private @Nullable ChannelHandlerContext context;
  private @Nullable Future<?> closing;
  private boolean waiting;

  @Override
  public void handlerAdded(ChannelHandlerContext added) {
    context = added;
    idle();
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext removed) {
    met();
  }

  @Override
  public void channelInactive(ChannelHandlerContext gone) throws Exception {
    met();
    super.channelInactive(gone);
  }

  @Override
  public void channelRead(ChannelHandlerContext at, Object message) throws Exception {
    if (waiting) {
      waiting = false;
      closeIn(REQUEST_SECONDS_MAX);
    }
    super.channelRead(at, message);
  }

  /** A request is complete: its answer takes the time that it takes. */
  void met() {
    waiting = false;
    if (closing != null) {
      closing.cancel(false);
      closing = null;
    }
  }

  /** An answer is on its way: the client must take something of what waits for it. */
  void answering() {
    waiting = false;
    watchFrom(-1);
  }

  /** The next request is awaited. */
  void idle() {
    waiting = true;
    closeIn(IDLE_SECONDS_MAX);
  }

  private void closeIn(long seconds) {
    in(
        seconds,
        at -> {
          var _ = at.close();
        });
  }

  /** Closes if no more has left than the last time. */
  private void watchFrom(long pendingBefore) {
    in(
        ANSWER_STALL_SECONDS_MAX,
        at -> {
          ChannelOutboundBuffer out = at.channel().unsafe().outboundBuffer();
          long pending = out == null ? 0 : out.totalPendingWriteBytes();
          if (pending > 0 && pending == pendingBefore) {
            var _ = at.close();
          } else {
            watchFrom(pending);
          }
        });
  }

  private void in(long seconds, Consumer<ChannelHandlerContext> task) {
    ChannelHandlerContext at = context;
    if (at == null) {
      return;
    }
    if (closing != null) {
      closing.cancel(false);
    }
    closing = at.executor().schedule(() -> task.accept(at), seconds, TimeUnit.SECONDS);
  }
}
