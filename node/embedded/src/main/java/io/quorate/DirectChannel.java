package io.quorate;

import io.quorate.base.Bytes;
import io.quorate.client.channel.Answer;
import io.quorate.client.channel.CallOptions;
import io.quorate.client.channel.Channel;
import io.quorate.client.channel.Metadata;
import io.quorate.client.channel.StatusCode;
import io.quorate.client.channel.StreamCall;
import io.quorate.client.channel.StreamListener;
import io.quorate.grpc.ServiceRegistry;
import io.quorate.grpc.Status;
import io.quorate.grpc.StatusException;
import io.quorate.node.Loop;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.RejectedExecutionException;

/**
 * Carries a client's calls to the services of a member in the same process: no network, no copy, on
 * the member's loop. Safe for many threads.
 */
public final class DirectChannel implements Channel {
  private final Loop loop;
  private final ServiceRegistry services;
  private final String endpoint;

  /** Calls under way; touched on the loop only. */
  private final Set<DirectCall> open = new LinkedHashSet<>();

  private volatile boolean closed;

  /**
   * To one member.
   *
   * @param loop the member's
   * @param services its services, which are called on the loop
   * @param endpoint what it is called in answers
   */
  public DirectChannel(Loop loop, ServiceRegistry services, String endpoint) {
    this.loop = loop;
    this.services = services;
    this.endpoint = endpoint;
  }

  @Override
  public CompletableFuture<Answer> unary(String method, Bytes request, CallOptions options) {
    CompletableFuture<Answer> answer = new CompletableFuture<>();
    try {
      loop.execute(() -> call("/" + method, request, options, answer));
    } catch (RejectedExecutionException e) {
      answer.complete(stopped());
    }
    return answer;
  }

  @Override
  public StreamCall stream(
      String method, Metadata metadata, String avoid, StreamListener listener) {
    DirectStream stream = new DirectStream(loop, "/" + method, metadata, endpoint, listener);
    try {
      loop.execute(() -> open(stream));
    } catch (RejectedExecutionException e) {
      // The loop's thread is no more; this takes its place, once, and after the caller's return.
      ForkJoinPool.commonPool().execute(() -> listener.ended(stopped()));
    }
    return stream;
  }

  @Override
  public boolean mustNotBlock() {
    return loop.inLoop();
  }

  @Override
  public void close() {
    closed = true;
    try {
      loop.execute(
          () -> List.copyOf(open).forEach(call -> call.lose(StatusCode.CANCELLED, "closed")));
    } catch (RejectedExecutionException e) {
      // The loop has ended, and every call with it.
      return;
    }
  }

  private void call(
      String path, Bytes request, CallOptions options, CompletableFuture<Answer> answer) {
    if (closed) {
      answer.complete(stopped());
      return;
    }
    if (services.find(path) instanceof ServiceRegistry.Method.Streaming) {
      callOfOne(path, request, options, answer);
      return;
    }
    if (!(services.find(path) instanceof ServiceRegistry.Method.Unary method)
        || method.manyResponses()) {
      answer.complete(Answer.failed(StatusCode.UNIMPLEMENTED, "no such method: " + path, endpoint));
      return;
    }
    long deadline = loop.now() + options.timeoutNanos();
    DirectCall call = new DirectUnary(loop, path, options.metadata(), deadline, endpoint, answer);
    open.add(call);
    Loop.Timer timer =
        loop.schedule(
            options.timeoutNanos(),
            () -> call.lose(StatusCode.DEADLINE_EXCEEDED, "no answer in time"));
    call.ended(() -> {
      timer.cancel();
      open.remove(call);
    });
    var _ =
        answer.whenComplete((_, _) -> {
          if (answer.isCancelled() && !closed) {
            loop.execute(() -> call.lose(StatusCode.CANCELLED, "given up"));
          }
        });
    try {
      method.handler().handle(call, request);
    } catch (StatusException e) {
      call.complete(e.status());
    } catch (RuntimeException e) {
      call.complete(Status.of(io.quorate.grpc.StatusCode.INTERNAL, String.valueOf(e)));
    }
  }

  /** A method of streams that is asked once, and answers with one message. */
  private void callOfOne(
      String path, Bytes request, CallOptions options, CompletableFuture<Answer> answer) {
    StreamListener listener =
        new StreamListener() {
          private Bytes message = Bytes.EMPTY;

          @Override
          public void message(Bytes received) {
            message = received;
          }

          @Override
          public void ended(Answer end) {
            answer.complete(end.status() == StatusCode.OK ? Answer.ok(message, endpoint) : end);
          }
        };
    DirectStream stream = new DirectStream(loop, path, options.metadata(), endpoint, listener);
    open(stream);
    stream.send(request);
    stream.halfClose();
    stream.request(1);
    Loop.Timer timer =
        loop.schedule(
            options.timeoutNanos(),
            () -> {
              answer.complete(
                  Answer.lost(StatusCode.DEADLINE_EXCEEDED, "no answer in time", endpoint));
              stream.cancel();
            });
    var _ =
        answer.whenComplete((_, _) -> {
          if (answer.isCancelled()) {
            stream.cancel();
          } else if (loop.inLoop()) {
            timer.cancel();
          }
        });
  }

  private void open(DirectStream stream) {
    DirectCall call = stream.call();
    if (closed) {
      call.finished(stopped());
      return;
    }
    open.add(call);
    call.ended(() -> open.remove(call));
    switch (services.find(call.method())) {
      case ServiceRegistry.Method.Streaming method -> stream.begin(method.handler());
      case ServiceRegistry.Method.Unary method -> stream.begin(method.handler());
      case null ->
          call.complete(
              Status.of(
                  io.quorate.grpc.StatusCode.UNIMPLEMENTED, "no such method: " + call.method()));
    }
  }

  private Answer stopped() {
    return Answer.notProcessed(StatusCode.CANCELLED, "the member has stopped", endpoint);
  }
}
