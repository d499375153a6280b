package io.quorate.admin;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.netty.handler.flow.FlowControlHandler;
import io.quorate.node.Replica;
import java.util.List;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * The HTTP/1.1 pages of a member: {@code /health}, {@code /livez}, {@code /readyz}, {@code
 * /version}, {@code /metrics}.
 *
 * <p>Supplies what takes an HTTP/1.1 connection from its first byte on. Requests of one connection
 * are answered one after the other. Safe from any thread.
 */
public final class AdminHttp implements Supplier<ChannelHandler> {
  private static final int REQUEST_LINE_BYTES_MAX = 4 * 1024;
  private static final int HEADER_BYTES_MAX = 16 * 1024;
  private static final int CHUNK_BYTES_MAX = 8 * 1024;

  /** No page wants a body; one that comes along is read and dropped up to this. */
  private static final int BODY_BYTES_MAX = 64 * 1024;

  private final Replica replica;
  private final AdminSettings settings;
  private final MemberMetrics metrics;
  private final Health health;
  private final HttpAccess access;

  /** The pages of one member, for everybody. */
  public AdminHttp(Replica replica, AdminSettings settings, MemberMetrics metrics) {
    this(replica, settings, metrics, HttpAccess.OPEN);
  }

  /** The pages of one member, for whom it lets in. */
  public AdminHttp(
      Replica replica, AdminSettings settings, MemberMetrics metrics, HttpAccess access) {
    this.access = access;
    this.replica = replica;
    this.settings = settings;
    this.metrics = metrics;
    this.health = new Health(replica, settings);
  }

  @Override
  public ChannelHandler get() {
    return new ChannelInitializer<Channel>() {
      @Override
      protected void initChannel(Channel channel) {
        RequestDeadline deadline = new RequestDeadline();
        ChannelPipeline pipeline = channel.pipeline();
        pipeline.addLast(deadline);
        pipeline.addLast(
            new HttpServerCodec(REQUEST_LINE_BYTES_MAX, HEADER_BYTES_MAX, CHUNK_BYTES_MAX));
        pipeline.addLast(new HttpObjectAggregator(BODY_BYTES_MAX, true));
        pipeline.addLast(new FlowControlHandler());
        pipeline.addLast(new HttpGuard(access));
        pipeline.addLast(new Connection(deadline));
      }
    };
  }

  /** Finds the page; called on the connection's loop, answers on any thread. */
  private void answer(HttpMethod method, String uri, Consumer<Page> answer) {
    QueryStringDecoder query = new QueryStringDecoder(uri);
    String path = query.path();
    switch (path) {
      case "/health", "/livez", "/readyz", "/version", "/metrics" -> {
        if (!method.equals(HttpMethod.GET)) {
          answer.accept(Page.text(HttpResponseStatus.METHOD_NOT_ALLOWED, "Method Not Allowed\n"));
          return;
        }
      }
      default -> {
        answer.accept(Page.notFound(path));
        return;
      }
    }
    boolean verbose = query.parameters().containsKey("verbose");
    Set<String> excluded = Health.named(query.parameters().getOrDefault("exclude", List.of()));
    switch (path) {
      case "/version" -> answer.accept(version());
      case "/health" -> {
        boolean serializable =
            query.parameters().getOrDefault("serializable", List.of()).contains("true");
        onLoop(() -> health.health(serializable, excluded, answer), answer);
      }
      case "/livez" -> onLoop(() -> health.live(verbose, excluded, answer), answer);
      case "/readyz" -> onLoop(() -> health.ready(verbose, excluded, answer), answer);
      default -> onLoop(() -> metrics(answer), answer);
    }
  }

  private Page version() {
    return Page.json(
        HttpResponseStatus.OK,
        "{\"etcdserver\":\"%s\",\"etcdcluster\":\"%s\",\"storage\":\"%s\"}"
            .formatted(
                settings.serverVersion(), settings.clusterVersion(), settings.storageVersion()));
  }

  /** Takes the figures on the loop and writes them down elsewhere. */
  private void metrics(Consumer<Page> answer) {
    MetricsPage page = new MetricsPage(replica, settings, metrics);
    try {
      replica.readers().execute(() -> answer.accept(page.write()));
    } catch (RejectedExecutionException e) {
      answer.accept(page.write());
    }
  }

  private void onLoop(Runnable task, Consumer<Page> answer) {
    try {
      replica.loop().execute(task);
    } catch (RejectedExecutionException e) {
      answer.accept(Page.text(HttpResponseStatus.SERVICE_UNAVAILABLE, "server stopped\n"));
    }
  }

  /** One connection; takes the next request when the one before is answered. */
  private final class Connection extends SimpleChannelInboundHandler<FullHttpRequest> {
    private final RequestDeadline deadline;

    Connection(RequestDeadline deadline) {
      this.deadline = deadline;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
      context.channel().config().setAutoRead(false);
      context.read();
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, FullHttpRequest request) {
      deadline.met();
      boolean keepAlive = HttpUtil.isKeepAlive(request) && request.decoderResult().isSuccess();
      Consumer<Page> give =
          page -> context.executor().execute(() -> give(context, page, keepAlive));
      if (request.decoderResult().isFailure()) {
        give.accept(Page.text(HttpResponseStatus.BAD_REQUEST, "400 Bad Request\n"));
      } else {
        answer(request.method(), request.uri(), give);
      }
    }

    private void give(ChannelHandlerContext context, Page page, boolean keepAlive) {
      FullHttpResponse response =
          new DefaultFullHttpResponse(
              HttpVersion.HTTP_1_1,
              page.status(),
              Unpooled.wrappedBuffer(page.body().asByteBuffer()));
      response
          .headers()
          .set(HttpHeaderNames.CONTENT_TYPE, page.type())
          .set("x-content-type-options", "nosniff");
      if (page.status().equals(HttpResponseStatus.METHOD_NOT_ALLOWED)) {
        response.headers().set(HttpHeaderNames.ALLOW, HttpMethod.GET.name());
      }
      HttpUtil.setContentLength(response, page.body().length());
      HttpUtil.setKeepAlive(response, keepAlive);
      var written = context.writeAndFlush(response);
      if (keepAlive) {
        deadline.idle();
        context.read();
      } else {
        var _ = written.addListener(ChannelFutureListener.CLOSE);
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      var _ = context.close();
    }
  }
}
