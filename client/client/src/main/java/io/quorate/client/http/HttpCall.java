package io.quorate.client.http;

import io.netty.buffer.ByteBuf;
import io.quorate.base.Bytes;
import io.quorate.client.channel.Answer;
import io.quorate.client.channel.Answer.Fate;
import io.quorate.client.channel.CallOptions;
import io.quorate.client.channel.Metadata;
import io.quorate.client.channel.StatusCode;
import java.util.concurrent.CompletableFuture;

/** A channel's call: the future that a caller holds, and the connection's side of it. */
final class HttpCall extends UnaryCall {
  private final HttpChannel channel;
  private final MethodName method;
  private final Bytes request;
  private final CallOptions options;
  private final long endsNanos;
  private final Result result = new Result();
  private Bytes response = Bytes.EMPTY;
  private boolean over;

  HttpCall(HttpChannel channel, MethodName method, Bytes request, CallOptions options) {
    this.channel = channel;
    this.method = method;
    this.request = request;
    this.options = options;
    endsNanos = System.nanoTime() + options.timeoutNanos();
  }

  CompletableFuture<Answer> result() {
    return result;
  }

  @Override
  boolean isCancelled() {
    return result.isCancelled();
  }

  @Override
  String avoid() {
    return options.avoid();
  }

  @Override
  String prefer() {
    return options.prefer();
  }

  @Override
  protected MethodName method() {
    return method;
  }

  @Override
  protected byte[] requestArray() {
    return request.array();
  }

  @Override
  protected int requestOffset() {
    return request.arrayOffset();
  }

  @Override
  protected int requestLength() {
    return request.length();
  }

  @Override
  protected long timeoutNanos() {
    return Math.max(1, endsNanos - System.nanoTime());
  }

  @Override
  protected Metadata metadata() {
    return options.metadata();
  }

  @Override
  protected void message(ByteBuf message) {
    byte[] bytes = new byte[message.readableBytes()];
    message.readBytes(bytes);
    response = Bytes.wrap(bytes);
  }

  @Override
  protected void ended(StatusCode status, String detail, Fate fate) {
    if (!over) { // a failure in the midst of its end may end it again
      over = true;
      channel.release(request.length());
    }
    Bytes message = status == StatusCode.OK ? response : Bytes.EMPTY;
    result.complete(new Answer(status, detail, message, fate, endpoint));
  }

  private final class Result extends CompletableFuture<Answer> {
    @Override
    public boolean cancel(boolean mayInterruptIfRunning) {
      boolean cancelled = super.cancel(mayInterruptIfRunning);
      if (cancelled) {
        channel.onLoop(
            () -> channel.giveUp(HttpCall.this, StatusCode.CANCELLED, "the call was cancelled"));
      }
      return cancelled;
    }

    @Override
    public <U> CompletableFuture<U> newIncompleteFuture() {
      return new CompletableFuture<>();
    }
  }
}
