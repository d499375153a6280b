package io.quorate.cli;

import io.quorate.base.Bytes;
import io.quorate.client.channel.Answer;
import io.quorate.client.channel.CallOptions;
import io.quorate.client.channel.Channel;
import io.quorate.client.channel.Metadata;
import io.quorate.client.channel.StatusCode;
import io.quorate.client.channel.StreamCall;
import io.quorate.client.channel.StreamListener;
import java.util.concurrent.CompletableFuture;

/** A channel that remembers the last good answer as it came, for printing it so. */
final class LastAnswer implements Channel {
  private final Channel channel;
  private volatile Bytes message = Bytes.EMPTY;

  LastAnswer(Channel channel) {
    this.channel = channel;
  }

  Bytes message() {
    return message;
  }

  @Override
  public CompletableFuture<Answer> unary(String method, Bytes request, CallOptions options) {
    CompletableFuture<Answer> sent = channel.unary(method, request, options);
    CompletableFuture<Answer> kept =
        sent.thenApply(answer -> {
          if (answer.status() == StatusCode.OK) {
            message = answer.message();
          }
          return answer;
        });
    var _ =
        kept.whenComplete((_, _) -> {
          if (kept.isCancelled()) {
            sent.cancel(false);
          }
        });
    return kept;
  }

  @Override
  public StreamCall stream(
      String method, Metadata metadata, String avoid, StreamListener listener) {
    return channel.stream(method, metadata, avoid, listener);
  }

  @Override
  public boolean mustNotBlock() {
    return channel.mustNotBlock();
  }

  @Override
  public void close() {
    channel.close();
  }
}
