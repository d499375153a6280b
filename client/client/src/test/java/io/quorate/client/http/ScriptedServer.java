package io.quorate.client.http;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.DefaultHttp2ResetFrame;
import io.netty.handler.codec.http2.DefaultHttp2WindowUpdateFrame;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2FrameStream;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2ResetFrame;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.util.concurrent.GlobalEventExecutor;
import io.quorate.base.Bytes;
import io.quorate.tls.TlsContexts;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** An HTTP/2 server, by Netty's own full codec, that does to each call what a test says. */
final class ScriptedServer implements AutoCloseable {
  private final EventLoopGroup group =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
  private String endpoint = "";

  /** What is done with a request that arrived whole. */
  volatile Consumer<Stream> answer = stream -> stream.reply(Bytes.EMPTY);

  /** What is done when the first of a request's data arrives. */
  volatile Consumer<Stream> halfWay = stream -> {};

  volatile int initialWindow = 65_535;
  volatile long streamsMax = 1_000;
  volatile boolean windowUpdates = true;
  volatile boolean garbage;

  /** What its connections are inside of; null for plaintext. */
  volatile @Nullable TlsContexts tls;

  final LinkedBlockingQueue<Long> resets = new LinkedBlockingQueue<>();

  void start() {
    Channel bound =
        new ServerBootstrap()
            .group(group)
            .channel(NioServerSocketChannel.class)
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel connection) {
                    connections.add(connection);
                    TlsContexts inside = tls;
                    if (inside != null) {
                      connection
                          .pipeline()
                          .addLast(inside.answering().newHandler(connection.alloc()));
                    }
                    if (garbage) {
                      var unused =
                          connection.writeAndFlush(
                              Unpooled.copiedBuffer(
                                  "HTTP/1.1 400 no\r\n\r\n", StandardCharsets.US_ASCII));
                      return;
                    }
                    connection
                        .pipeline()
                        .addLast(
                            Http2FrameCodecBuilder.forServer()
                                .initialSettings(
                                    new Http2Settings()
                                        .initialWindowSize(initialWindow)
                                        .maxConcurrentStreams(streamsMax))
                                .build(),
                            new Streams());
                  }
                })
            .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .syncUninterruptibly()
            .channel();
    connections.add(bound);
    endpoint = "127.0.0.1:" + ((InetSocketAddress) bound.localAddress()).getPort();
  }

  String endpoint() {
    return endpoint;
  }

  @Override
  public void close() {
    connections.close().syncUninterruptibly();
    group.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
  }

  /** One call at the server. */
  static final class Stream {
    private final ChannelHandlerContext ctx;
    private final Http2FrameStream stream;
    private final Http2Headers headers;
    private final ByteBuf data = Unpooled.buffer();

    private Stream(ChannelHandlerContext ctx, Http2FrameStream stream, Http2Headers headers) {
      this.ctx = ctx;
      this.stream = stream;
      this.headers = headers;
    }

    int id() {
      return stream.id();
    }

    Bytes request() {
      return Bytes.wrap(ByteBufUtil.getBytes(data, 5, data.readableBytes() - 5));
    }

    String headers() {
      StringBuilder text = new StringBuilder();
      headers.forEach(
          entry -> text.append(entry.getKey()).append('=').append(entry.getValue()).append('\n'));
      return text.toString();
    }

    void reply(Bytes message) {
      replyInPieces(message, Integer.MAX_VALUE);
    }

    void replyInPieces(Bytes message, int pieceBytes) {
      head("200");
      ByteBuf body = Unpooled.buffer().writeByte(0).writeInt(message.length());
      body.writeBytes(message.toArray());
      while (body.isReadable()) {
        ByteBuf piece = body.readRetainedSlice(Math.min(pieceBytes, body.readableBytes()));
        write(new DefaultHttp2DataFrame(piece).stream(stream));
      }
      trailers("0", null);
    }

    void fail(int status, String words) {
      Http2Headers only =
          new DefaultHttp2Headers()
              .status("200")
              .set("content-type", "application/grpc")
              .set("grpc-status", Integer.toString(status))
              .set("grpc-message", words);
      write(new DefaultHttp2HeadersFrame(only, true).stream(stream));
      ctx.flush();
    }

    void http(int status) {
      Http2Headers only = new DefaultHttp2Headers().status(Integer.toString(status));
      write(new DefaultHttp2HeadersFrame(only, true).stream(stream));
      ctx.flush();
    }

    /** Only the announcement of a message of this length. */
    void announce(int length) {
      head("200");
      write(
          new DefaultHttp2DataFrame(Unpooled.buffer().writeByte(0).writeInt(length))
              .stream(stream));
      ctx.flush();
    }

    void reset(long error) {
      write(new DefaultHttp2ResetFrame(error).stream(stream));
      ctx.flush();
    }

    void goAway(int lastStreamId) {
      // The codec's own GOAWAY would name the highest stream; this is written behind its back.
      var unused =
          ctx.channel()
              .pipeline()
              .context(io.netty.handler.codec.http2.Http2FrameCodec.class)
              .writeAndFlush(rawGoAway(lastStreamId));
    }

    private ByteBuf rawGoAway(int lastStreamId) {
      return Unpooled.buffer()
          .writeMedium(8)
          .writeByte(7)
          .writeByte(0)
          .writeInt(0)
          .writeInt(lastStreamId)
          .writeInt(0);
    }

    void cut() {
      var unused = ctx.close();
    }

    private void head(String status) {
      Http2Headers head =
          new DefaultHttp2Headers().status(status).set("content-type", "application/grpc");
      write(new DefaultHttp2HeadersFrame(head, false).stream(stream));
    }

    private void trailers(String status, @org.jspecify.annotations.Nullable String words) {
      Http2Headers trailers = new DefaultHttp2Headers().set("grpc-status", status);
      if (words != null) {
        trailers.set("grpc-message", words);
      }
      write(new DefaultHttp2HeadersFrame(trailers, true).stream(stream));
      ctx.flush();
    }

    private void write(Object frame) {
      var unused = ctx.write(frame);
    }
  }

  private final class Streams extends ChannelInboundHandlerAdapter {
    private final Map<Integer, Stream> open = new LinkedHashMap<>();

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object frame) {
      if (frame instanceof Http2HeadersFrame headers) {
        open.put(headers.stream().id(), new Stream(ctx, headers.stream(), headers.headers()));
      } else if (frame instanceof Http2DataFrame data) {
        Stream stream = open.get(data.stream().id());
        if (stream == null) {
          data.release();
          return;
        }
        boolean first = !stream.data.isReadable();
        int bytes = data.initialFlowControlledBytes();
        stream.data.writeBytes(data.content());
        boolean end = data.isEndStream();
        data.release();
        if (windowUpdates) {
          var unused =
              ctx.writeAndFlush(new DefaultHttp2WindowUpdateFrame(bytes).stream(data.stream()));
        }
        if (first) {
          halfWay.accept(stream);
        }
        if (end) {
          open.remove(data.stream().id());
          answer.accept(stream);
        }
      } else if (frame instanceof Http2ResetFrame reset) {
        open.remove(reset.stream().id());
        resets.add(reset.errorCode());
      }
    }
  }
}
