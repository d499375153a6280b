package io.quorate.client;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.client.channel.Answer;
import io.quorate.client.channel.StatusCode;
import io.quorate.client.channel.StreamCall;
import io.quorate.client.channel.StreamListener;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** One request and the responses to it, of which the next is taken when the last was handled. */
final class Responses<T> extends CompletableFuture<Void> implements StreamListener {
  private final Calls calls;
  private final String method;
  private final Bytes request;
  private final Function<Bytes, T> decode;
  private final Consumer<T> to;
  private final InOrder told;
  private volatile @Nullable StreamCall stream;

  // In the order of the channel's calls.
  private String token = "";
  private int refusals;
  private boolean begun;

  private Responses(
      Calls calls,
      String method,
      Bytes request,
      Function<Bytes, T> decode,
      Consumer<T> to,
      Executor executor) {
    this.calls = calls;
    this.method = method;
    this.request = request;
    this.decode = decode;
    this.to = to;
    told = new InOrder(executor, this::fail);
  }

  static <T> CompletableFuture<Void> of(
      Calls calls,
      String method,
      Bytes request,
      Function<Bytes, T> decode,
      Consumer<T> to,
      Executor executor) {
    Responses<T> responses = new Responses<>(calls, method, request, decode, to, executor);
    responses.open();
    return responses;
  }

  private void open() {
    calls.stream(
        method,
        false,
        "",
        this,
        (opened, with) -> {
          stream = opened;
          token = with;
          opened.send(request);
          opened.halfClose();
          opened.request(1);
          if (isDone()) {
            opened.cancel();
          }
        });
  }

  @Override
  public void message(Bytes message) {
    begun = true;
    told.execute(() -> {
      if (isDone()) {
        return;
      }
      try {
        to.accept(decode.apply(message));
      } catch (Throwable e) {
        fail(e);
        return;
      }
      StreamCall present = stream;
      if (present != null) {
        present.request(1);
      }
    });
  }

  @Override
  public void ended(Answer end) {
    if (calls.hasToken() && Failures.tokenIsGone(end) && !isDone()) {
      calls.dropToken(token);
      if (!begun && ++refusals < Tokens.REFUSALS_MAX) {
        calls.afterPause(refusals, this::open);
        return;
      }
    }
    told.execute(() -> {
      if (end.status() == StatusCode.OK) {
        complete(null);
      } else {
        ErrorCode code = Failures.code(end, true);
        QuorateException failure = Failures.exception(code, end);
        completeExceptionally(failure);
      }
    });
  }

  @Override
  public boolean cancel(boolean mayInterruptIfRunning) {
    boolean cancelled = super.cancel(mayInterruptIfRunning);
    giveUp();
    return cancelled;
  }

  private void fail(Throwable why) {
    completeExceptionally(why);
    giveUp();
  }

  private void giveUp() {
    StreamCall present = stream;
    if (present != null) {
      present.cancel();
    }
  }

  @Override
  public <U> CompletableFuture<U> newIncompleteFuture() {
    return new CompletableFuture<>();
  }
}
