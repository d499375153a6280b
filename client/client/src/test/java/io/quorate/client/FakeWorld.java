package io.quorate.client;

import io.quorate.base.Bytes;
import io.quorate.client.channel.Answer;
import io.quorate.client.channel.CallOptions;
import io.quorate.client.channel.Channel;
import io.quorate.client.channel.Metadata;
import io.quorate.client.channel.StatusCode;
import io.quorate.client.channel.StreamCall;
import io.quorate.client.channel.StreamListener;
import io.quorate.client.channel.Timer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A channel that answers as told, and time that passes only when told. */
final class FakeWorld implements Channel, Timer {
  /** One attempt that reached the channel. */
  record Attempt(String method, Bytes request, CallOptions options, long atNanos) {}

  private record Task(long atNanos, long order, Runnable body) {}

  private final ArrayDeque<Function<Attempt, Answer>> script = new ArrayDeque<>();
  private final PriorityQueue<Task> tasks =
      new PriorityQueue<>((a, b) ->
          a.atNanos() != b.atNanos()
              ? Long.compare(a.atNanos(), b.atNanos())
              : Long.compare(a.order(), b.order()));
  private long nowNanos = 1_000_000_000_000L;
  private long order;

  /** A stream that reached the channel; the test is its member. */
  static final class FakeStream implements StreamCall {
    final String method;
    final Metadata metadata;
    final String avoid;
    final StreamListener listener;
    final long atNanos;
    final List<Bytes> sent = new ArrayList<>();
    boolean halfClosed;
    boolean cancelled;

    /** It waits for its turn still, as where a member allows no more streams. */
    boolean unsent;

    int wanted;

    private FakeStream(
        String method, Metadata metadata, String avoid, StreamListener listener, long atNanos) {
      this.method = method;
      this.metadata = metadata;
      this.avoid = avoid;
      this.listener = listener;
      this.atNanos = atNanos;
    }

    /** The member sends a message, which must have been asked for. */
    void message(Bytes message) {
      if (wanted-- <= 0) {
        throw new AssertionError("a message that nobody asked for");
      }
      listener.message(message);
    }

    @Override
    public void send(Bytes message) {
      sent.add(message);
    }

    @Override
    public void halfClose() {
      halfClosed = true;
    }

    @Override
    public void request(int messages) {
      wanted += messages;
    }

    @Override
    public void cancel() {
      if (!cancelled) {
        cancelled = true;
        String why = "the call was cancelled";
        listener.ended(
            unsent
                ? Answer.notProcessed(StatusCode.CANCELLED, why, "fake")
                : Answer.lost(StatusCode.CANCELLED, why, "fake"));
      }
    }
  }

  final List<FakeStream> streams = new ArrayList<>();
  final List<Attempt> attempts = new ArrayList<>();
  final List<CompletableFuture<Answer>> open = new ArrayList<>();
  boolean mustNotBlock;

  /** The members to choose from. */
  List<String> endpoints = List.of();

  /** How far the wall's clock was set ahead. */
  long wallAheadMillis;

  /** What is thrown where a stream should be opened; null for nothing. */
  @Nullable Error noStreams;

  /** The next attempt gets this answer at once; without one it stays open. */
  FakeWorld then(Answer answer) {
    return then(attempt -> answer);
  }

  /** The next attempt becomes what this makes of it. */
  FakeWorld then(Function<Attempt, Answer> next) {
    script.add(next);
    return this;
  }

  /** Runs what is due, until a time from now. */
  void pass(long nanos) {
    long until = nowNanos + nanos;
    while (!tasks.isEmpty() && tasks.peek().atNanos() <= until) {
      Task task = tasks.remove();
      nowNanos = Math.max(nowNanos, task.atNanos());
      task.body().run();
    }
    nowNanos = until;
  }

  /** The process stands still for so long: what was due meanwhile is late. */
  void stop(long nanos) {
    nowNanos += nanos;
  }

  @Override
  public CompletableFuture<Answer> unary(String method, Bytes request, CallOptions options) {
    Attempt attempt = new Attempt(method, request, options, nowNanos);
    attempts.add(attempt);
    CompletableFuture<Answer> answer = new CompletableFuture<>();
    Function<Attempt, Answer> scripted = script.poll();
    if (scripted == null) {
      open.add(answer);
    } else {
      answer.complete(scripted.apply(attempt));
    }
    return answer;
  }

  @Override
  public StreamCall stream(
      String method, Metadata metadata, String avoid, StreamListener listener) {
    if (noStreams != null) {
      throw noStreams;
    }
    FakeStream stream = new FakeStream(method, metadata, avoid, listener, nowNanos);
    streams.add(stream);
    return stream;
  }

  @Override
  public List<String> endpoints() {
    return endpoints;
  }

  @Override
  public boolean mustNotBlock() {
    return mustNotBlock;
  }

  @Override
  public void close() {}

  @Override
  public long nanoTime() {
    return nowNanos;
  }

  @Override
  public long wallMillis() {
    return nowNanos / 1_000_000 + wallAheadMillis;
  }

  @Override
  public void after(long delayNanos, Runnable task) {
    tasks.add(new Task(nowNanos + delayNanos, order++, task));
  }
}
