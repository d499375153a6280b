package io.quorate;

import io.quorate.base.Bytes;
import io.quorate.client.channel.Answer;
import io.quorate.client.channel.StatusCode;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/** One request and its response. */
final class DirectUnary extends DirectCall {
  private final CompletableFuture<Answer> answer;
  private Bytes message = Bytes.EMPTY;
  private boolean answered;

  DirectUnary(
      Executor loop,
      String method,
      io.quorate.client.channel.Metadata metadata,
      long deadlineNanos,
      String endpoint,
      CompletableFuture<Answer> answer) {
    super(loop, method, metadata, deadlineNanos, endpoint);
    this.answer = answer;
  }

  @Override
  Answer goodEnd() {
    return answered
        ? Answer.ok(message, endpoint())
        : Answer.failed(StatusCode.INTERNAL, "ended without an answer", endpoint());
  }

  @Override
  void finished(Answer result) {
    answer.complete(result);
  }

  @Override
  public void send(Bytes sent) {
    message = sent;
    answered = true;
  }

  @Override
  public boolean isReady() {
    return true;
  }

  @Override
  public long pendingBytes() {
    return 0;
  }

  @Override
  public void pause() {}

  @Override
  public void resume() {}
}
