package io.quorate.conformance;

import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * An open stream of requests and answers. A case waits for each answer in turn; that there is none
 * is shown by the next one, which answers a later request: a stream's answers keep their order.
 */
final class Duplex<Q, A> implements AutoCloseable {
  private final ClientCall<Q, A> call;
  private final BlockingQueue<Object> inbox = new LinkedBlockingQueue<>(); // answers, then a Status

  Duplex(ClientCall<Q, A> call) {
    this.call = call;
    call.start(
        new ClientCall.Listener<A>() {
          @Override
          public void onMessage(A answer) {
            inbox.add(answer);
          }

          @Override
          public void onClose(Status status, Metadata trailers) {
            inbox.add(status);
          }
        },
        new Metadata());
    call.request(Integer.MAX_VALUE);
  }

  void send(Q request) {
    call.sendMessage(request);
  }

  /** Says that there are no more requests. */
  void halfClose() {
    call.halfClose();
  }

  /** The next answer. */
  A next() {
    return next(() -> "");
  }

  /**
   * The next answer.
   *
   * @param before what is told if none comes
   */
  A next(Supplier<String> before) {
    Object next = take(before);
    if (next instanceof Status status) {
      throw new AssertionError("the stream ended: " + Api.text(status));
    }
    @SuppressWarnings("unchecked")
    A answer = (A) next;
    return answer;
  }

  /** How the stream ended, as {@link Api#text}; before that no more answers may come. */
  String end() {
    if (take(() -> "") instanceof Status status) {
      return Api.text(status);
    }
    throw new AssertionError("one more answer came");
  }

  /** Whether nothing has come that wasn't asked for. */
  boolean isEmpty() {
    return inbox.isEmpty();
  }

  private Object take(Supplier<String> before) {
    try {
      @Nullable Object next = inbox.poll(Api.WAIT_SECONDS_MAX, TimeUnit.SECONDS);
      if (next == null) {
        throw new AssertionError(
            "no answer came in " + Api.WAIT_SECONDS_MAX + " s " + before.get());
      }
      return next;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted while waiting for an answer", e);
    }
  }

  @Override
  public void close() {
    call.cancel("the case is over", null);
  }
}
