package io.quorate.client.channel;

import io.quorate.base.Bytes;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * The way to a cluster: carries encoded requests to one member, once, and brings the answers.
 *
 * <p>The network is one implementation; a node in the same process is another, which calls its
 * services directly. A channel chooses the member and keeps its connections, but never sends a call
 * a second time: trying again is the caller's decision, who knows what the call means.
 *
 * <p>Safe for use by many threads. Answers complete on threads of the channel's choice, so a
 * continuation must not block; {@link #mustNotBlock} tells.
 */
public interface Channel extends AutoCloseable {
  /**
   * One request, one response.
   *
   * @param method full gRPC name without the leading slash, such as {@code etcdserverpb.KV/Put}
   * @param request the encoded message; the channel may keep it until the answer is there
   * @return never completes exceptionally, and no later than shortly after the time-out; cancelling
   *     it gives up the waiting and tells the member so where it can
   */
  CompletableFuture<Answer> unary(String method, Bytes request, CallOptions options);

  /**
   * Any number of requests and responses. It stays with one member and ends with the connection;
   * there is no time-out.
   *
   * @param method as for {@link #unary}
   * @param metadata what travels beside the requests
   * @param avoid as in {@link CallOptions#avoid}
   * @param listener hears of responses and, always, of the end
   */
  StreamCall stream(String method, Metadata metadata, String avoid, StreamListener listener);

  /**
   * The members among which the channel chooses, as {@link Answer#endpoint} names them; empty where
   * there is nothing to choose.
   */
  default List<String> endpoints() {
    return List.of();
  }

  /** Tells this listener, and no other, of connections from now on; where there are such. */
  default void observe(ConnectionListener listener) {}

  /** Whether the calling thread is one on which this channel's answers complete. */
  default boolean mustNotBlock() {
    return false;
  }

  /**
   * Gives up every call under way, whose fate is then unknown, and ends all threads. Idempotent.
   */
  @Override
  void close();
}
