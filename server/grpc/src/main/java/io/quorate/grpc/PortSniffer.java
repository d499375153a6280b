package io.quorate.grpc;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.concurrent.ScheduledFuture;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Reads the first bytes of a connection to see which protocol it speaks: HTTP/2's preface, or
 * something else, which is HTTP/1.1's business. Whoever says nothing in time is cut off; the same
 * time holds for the TLS handshake and the preface together. Owned by the connection's loop.
 */
final class PortSniffer extends ChannelInboundHandlerAdapter {
  private static final byte[] PREFACE =
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

  private final ServerLoop loop;
  private final ByteBuf seen = Unpooled.buffer(PREFACE.length);
  private @Nullable ScheduledFuture<?> timeout;

  PortSniffer(ServerLoop loop) {
    this.loop = loop;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    timeout =
        ctx.executor()
            .schedule(
                () -> {
                  var _ = ctx.close();
                },
                loop.settings().handshakeNanosMax(),
                TimeUnit.NANOSECONDS);
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext ctx) {
    if (timeout != null) {
      timeout.cancel(false);
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    if (timeout != null) {
      timeout.cancel(false);
    }
    ctx.fireChannelInactive();
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    ByteBuf in = (ByteBuf) message;
    int part = Math.min(in.readableBytes(), PREFACE.length - seen.readableBytes());
    int from = seen.readableBytes();
    seen.writeBytes(in, part);
    for (int i = from; i < seen.readableBytes(); i++) {
      if (seen.getByte(i) != PREFACE[i]) {
        handToHttp1(ctx, Unpooled.wrappedBuffer(seen, in));
        return;
      }
    }
    if (seen.readableBytes() < PREFACE.length) {
      in.release();
      return;
    }
    handTo(ctx, new GrpcConnection(loop), in);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    // A failed handshake or a reset: the peer's affair.
    var _ = ctx.close();
  }

  private void handToHttp1(ChannelHandlerContext ctx, ByteBuf bytes) {
    var http1 = loop.settings().http1();
    if (http1 == null) {
      bytes.release();
      var _ = ctx.close();
    } else {
      handTo(ctx, http1.get(), bytes);
    }
  }

  private void handTo(ChannelHandlerContext ctx, ChannelHandler handler, ByteBuf bytes) {
    ctx.pipeline().addLast(handler);
    // What the handler put in its place, if it was an initializer, is there by now.
    ctx.fireChannelRead(bytes);
    ctx.fireChannelReadComplete();
    ctx.pipeline().remove(this);
  }
}
