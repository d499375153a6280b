package io.quorate.system;

import io.quorate.base.Bytes;
import io.quorate.base.QuorateException;
import io.quorate.client.ClientOptions;
import io.quorate.client.QuorateClient;
import io.quorate.client.channel.Answer;
import io.quorate.client.channel.CallOptions;
import io.quorate.client.channel.Channel;
import io.quorate.client.channel.Metadata;
import io.quorate.client.channel.StreamCall;
import io.quorate.client.channel.StreamListener;
import io.quorate.client.http.HttpChannel;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/** A client that also keeps what the member answered in gRPC's own terms. */
final class RawClient implements AutoCloseable {
  private final QuorateClient client;
  private volatile String last = "";

  RawClient(String endpoint) {
    HttpChannel channel = HttpChannel.open(List.of(endpoint));
    Channel listening =
        new Channel() {
          @Override
          public CompletableFuture<Answer> unary(
              String method, Bytes request, CallOptions options) {
            return channel
                .unary(method, request, options)
                .thenApply(answer -> {
                  last = answer.status() + " " + answer.detail();
                  return answer;
                });
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
        };
    client =
        QuorateClient.over(
            listening, channel.timer(), ClientOptions.DEFAULT.timeout(Duration.ofSeconds(20)));
  }

  QuorateClient client() {
    return client;
  }

  /** What the member says to a call that fails: the status code and its text. */
  String refusalOf(Consumer<QuorateClient> call) {
    try {
      call.accept(client);
    } catch (QuorateException e) {
      return last;
    }
    throw new AssertionError("the call was answered: " + last);
  }

  @Override
  public void close() {
    client.close();
  }
}
