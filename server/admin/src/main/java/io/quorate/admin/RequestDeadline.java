package io.quorate.admin;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Closes a connection whose client takes too long: between two requests, or from the first byte of
 * one to its last, however it drips.
 */
final class RequestDeadline extends ChannelInboundHandlerAdapter {
  static final long IDLE_SECONDS_MAX = 60;
  static final long REQUEST_SECONDS_MAX = 10;

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

  /** The next request is awaited. */
  void idle() {
    waiting = true;
    closeIn(IDLE_SECONDS_MAX);
  }

  private void closeIn(long seconds) {
    ChannelHandlerContext at = context;
    if (at == null) {
      return;
    }
    if (closing != null) {
      closing.cancel(false);
    }
    Runnable close =
        () -> {
          var _ = at.close();
        };
    closing = at.executor().schedule(close, seconds, TimeUnit.SECONDS);
  }
}
