package io.quorate.admin;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import io.quorate.base.Limits;
import io.quorate.grpc.Metadata;
import java.util.ArrayDeque;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * One HTTP/1.1 connection: its requests one after the other, each as an {@link Exchange}. It reads
 * no more than somebody wants: a body as long as its exchange takes it, and beyond that once more,
 * which is how it notices that a client has gone. Owned by the connection's loop.
 */
final class HttpConnection extends ChannelInboundHandlerAdapter {
  /** Parts in which a long answer is handed to the channel, so that its progress is seen. */
  private static final int PART_BYTES = 256 * 1024;

  private static final String GRPC_METADATA = "Grpc-Metadata-";

  private final RequestDeadline deadline;
  private final HttpGuard guard;
  private final Router router;

  private @Nullable Answer current;

  /** What one reading of the socket brought and nobody wants yet. */
  private final ArrayDeque<Object> arrived = new ArrayDeque<>();

  private boolean working;

  /** Finds who answers a request. */
  interface Router {
    /** Who answers; {@code mayCall} says whether it may have an effect. */
    Exchange open(HttpRequest request, boolean mayCall, HttpAnswer answer);
  }

  /** A connection; the deadline stands before it in the pipeline. */
  HttpConnection(RequestDeadline deadline, HttpGuard guard, Router router) {
    this.deadline = deadline;
    this.guard = guard;
    this.router = router;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    context.channel().config().setAutoRead(false);
    context.read();
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    arrived.add(message);
    work(context);
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext context) {
    work(context);
  }

  /** Takes of what has arrived what is wanted, and reads on when there is nothing left. */
  private void work(ChannelHandlerContext context) {
    if (working) {
      return;
    }
    working = true;
    while (!arrived.isEmpty() && takes(arrived.element())) {
      Object message = arrived.remove();
      try {
        if (message instanceof HttpRequest request) {
          take(context, request);
        }
        if (message instanceof HttpContent content && current != null) {
          current.body(content);
        }
      } finally {
        ReferenceCountUtil.release(message);
      }
    }
    working = false;
    if (arrived.isEmpty() && (current == null || current.wantsBody())) {
      context.read();
    }
  }

  private boolean takes(Object message) {
    return current == null || (message instanceof HttpContent && current.wantsBody());
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) throws Exception {
    Answer unanswered = current;
    current = null;
    if (unanswered != null) {
      unanswered.gone();
    }
    arrived.forEach(ReferenceCountUtil::release);
    arrived.clear();
    super.channelInactive(context);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    var _ = context.close();
  }

  private void take(ChannelHandlerContext context, HttpRequest request) {
    boolean encrypted = context.pipeline().get(SslHandler.class) != null;
    Page refusal =
        request.decoderResult().isFailure()
            ? Page.text(HttpResponseStatus.BAD_REQUEST, "400 Bad Request\n")
            : guard.refuses(request, encrypted);
    Answer answer =
        new Answer(context, request, refusal == null ? guard.readableBy(request) : null);
    current = answer;
    if (refusal != null) {
      answer.keepAlive = false;
      answer.give(refusal);
      return;
    }
    Exchange exchange =
        request.method().equals(HttpMethod.OPTIONS)
            ? new PageExchange(answer, give -> give.accept(Page.text(HttpResponseStatus.OK, "")))
            : router.open(request, guard.mayCall(request, encrypted), answer);
    answer.exchange = exchange;
    if (exchange.isConversation()) {
      answer.bodyDue(Limits.HTTP_IDLE_NANOS);
    }
    if (HttpUtil.getContentLength(request, 0L) > exchange.bodyBytesMax()) {
      answer.tooLarge();
    } else if (!answer.done && HttpUtil.is100ContinueExpected(request)) {
      var _ =
          context.writeAndFlush(
              new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.CONTINUE));
    }
  }

  /** One request's way back, and how far its body has come. */
  private final class Answer implements HttpAnswer {
    private final ChannelHandlerContext context;
    private final boolean chunked;
    private final boolean head;
    private final @Nullable String readableBy;
    private @Nullable Exchange exchange;
    private boolean keepAlive;
    private boolean bodyComplete;
    private long bodyBytes;
    private boolean begun;
    private boolean done;
    private long pending;
    private long wantedBelow;
    private @Nullable Runnable whenBelow;
    private boolean flushing;

    Answer(ChannelHandlerContext context, HttpRequest request, @Nullable String readableBy) {
      this.context = context;
      this.keepAlive = HttpUtil.isKeepAlive(request);
      this.chunked = request.protocolVersion().equals(HttpVersion.HTTP_1_1);
      this.head = request.method().equals(HttpMethod.HEAD);
      this.readableBy = readableBy;
    }

    void body(HttpContent content) {
      Exchange taker = exchange;
      if (bodyComplete || taker == null) {
        return;
      }
      if (content.decoderResult().isFailure()) {
        keepAlive = false;
        if (begun) {
          var _ = context.close();
        } else {
          give(Page.text(HttpResponseStatus.BAD_REQUEST, "400 Bad Request\n"));
          taker.gone();
        }
        return;
      }
      bodyBytes += content.content().readableBytes();
      if (!done && bodyBytes > taker.bodyBytesMax()) {
        tooLarge();
      }
      if (!done) {
        taker.body(content.content());
      }
      if (content instanceof LastHttpContent) {
        bodyComplete = true;
        deadline.met();
        if (!done) {
          taker.bodyEnd();
        }
      }
    }

    void tooLarge() {
      Exchange taker = exchange;
      keepAlive = false;
      give(
          Page.text(
              HttpResponseStatus.REQUEST_ENTITY_TOO_LARGE,
              "413 Request Entity Too Large: at most %d bytes are taken here\n"
                  .formatted(taker == null ? 0 : taker.bodyBytesMax())));
      if (taker != null) {
        taker.gone();
      }
    }

    void gone() {
      boolean unanswered = !done;
      done = true;
      Exchange taker = exchange;
      if (unanswered && taker != null) {
        taker.gone();
      }
    }

    /** Whether the next part of the body is wanted; after it, whether the client is still there. */
    boolean wantsBody() {
      Exchange taker = exchange;
      return bodyComplete || done || taker == null || taker.wantsBody();
    }

    @Override
    public void readOn() {
      work(context);
    }

    @Override
    public void give(Page page) {
      if (done || begun) {
        return;
      }
      keepAlive = keepAlive && bodyComplete;
      byte[] body = page.body().toArray();
      HttpResponse response = response(page.status(), page.type());
      HttpUtil.setContentLength(response, body.length);
      if (page.status().equals(HttpResponseStatus.METHOD_NOT_ALLOWED)) {
        response.headers().set(HttpHeaderNames.ALLOW, HttpMethod.GET.name());
      }
      begun = true;
      var _ = context.write(response);
      if (!head) {
        write(body);
      }
      end();
    }

    @Override
    public void begin(String type, Metadata headers) {
      if (done || begun) {
        return;
      }
      begun = true;
      HttpResponse response = response(HttpResponseStatus.OK, type);
      for (Metadata.Entry entry : headers.entries()) {
        response.headers().add(GRPC_METADATA + entry.name(), entry.value());
      }
      if (chunked) {
        HttpUtil.setTransferEncodingChunked(response, true);
      } else {
        keepAlive = false;
        HttpUtil.setKeepAlive(response, false);
      }
      var _ = context.write(response);
      flushLater();
    }

    @Override
    public void write(byte[] part) {
      if (done) {
        return;
      }
      for (int from = 0; from < part.length; from += PART_BYTES) {
        int length = Math.min(PART_BYTES, part.length - from);
        pending += length;
        ChannelFuture written =
            context.write(new DefaultHttpContent(Unpooled.wrappedBuffer(part, from, length)));
        written.addListener(sent -> {
          if (sent.isSuccess()) {
            pending -= length;
            tellRoom();
          } else { // nobody is there any more, though the channel may not say so yet
            loop().execute(this::gone);
          }
        });
      }
      flushLater();
    }

    @Override
    public void end() {
      if (done || !begun) {
        return;
      }
      done = true;
      deadline.answering();
      ChannelFuture last = context.writeAndFlush(LastHttpContent.EMPTY_LAST_CONTENT);
      if (!keepAlive || !bodyComplete) {
        last.addListener(ChannelFutureListener.CLOSE);
        return;
      }
      last.addListener(_ -> finished());
    }

    private void finished() {
      if (current != this) {
        return;
      }
      current = null;
      deadline.idle();
      work(context);
    }

    @Override
    public long pendingBytes() {
      return pending;
    }

    @Override
    public void whenPendingBelow(long bytes, Runnable task) {
      wantedBelow = bytes;
      whenBelow = task;
      tellRoom();
    }

    private void tellRoom() {
      Runnable task = whenBelow;
      if (task != null && pending < wantedBelow) {
        whenBelow = null;
        loop().execute(task);
      }
    }

    @Override
    public void bodyDue(long nanos) {
      Exchange taker = exchange;
      if (!done && !bodyComplete && taker != null) {
        deadline.due(nanos, taker::overdue);
      }
    }

    @Override
    public void bodyMet() {
      if (!bodyComplete) {
        deadline.met();
      }
    }

    @Override
    public Executor loop() {
      return context.executor();
    }

    /** What is written in a turn of the loop leaves in one flush. */
    private void flushLater() {
      deadline.answering();
      if (!flushing) {
        flushing = true;
        context
            .executor()
            .execute(() -> {
              flushing = false;
              context.flush();
            });
      }
    }

    private HttpResponse response(HttpResponseStatus status, String type) {
      HttpResponse response = new DefaultHttpResponse(HttpVersion.HTTP_1_1, status);
      response
          .headers()
          .set(HttpHeaderNames.CONTENT_TYPE, type)
          .set("x-content-type-options", "nosniff");
      HttpGuard.allow(response.headers(), readableBy);
      HttpUtil.setKeepAlive(response, keepAlive);
      return response;
    }
  }
}
