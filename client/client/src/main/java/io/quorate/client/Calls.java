package io.quorate.client;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.client.channel.Answer;
import io.quorate.client.channel.CallOptions;
import io.quorate.client.channel.Channel;
import io.quorate.client.channel.Metadata;
import io.quorate.client.channel.StatusCode;
import io.quorate.client.channel.StreamCall;
import io.quorate.client.channel.StreamListener;
import io.quorate.client.channel.Timer;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * How a call comes to its end: attempts, pauses, and the deadline over all of them.
 *
 * <p>An attempt that can't have taken effect is followed by another after a pause, by way of
 * another member where there is one. An attempt that may have is followed by another only if the
 * call is a read. When time is up, the last failure is the call's.
 */
final class Calls {
  private final Channel channel;
  private final Timer timer;
  private final ClientOptions options;
  private final BooleanSupplier mustNotBlock;
  private final Observers observers;
  private final AtomicLong jitter;
  private final @Nullable Tokens tokens;
  private final Leader leader;

  /** The member on which the last call's time ran out; the next call goes elsewhere. */
  private volatile String suspect = "";

  /**
   * @param mustNotBlock whether the calling thread is one that completes calls
   */
  Calls(
      Channel channel,
      Timer timer,
      ClientOptions options,
      BooleanSupplier mustNotBlock,
      Observers observers) {
    this.channel = channel;
    this.timer = timer;
    this.options = options;
    this.mustNotBlock = mustNotBlock;
    this.observers = observers;
    jitter = new AtomicLong(timer.nanoTime());
    leader = new Leader(channel, timer);
    Credentials credentials = options.credentials();
    tokens =
        credentials == null
            ? null
            : new Tokens(
                new Calls(channel, timer, options.credentials(null), mustNotBlock, observers),
                credentials);
  }

  /** A call that may be repeated without harm. */
  <T> CompletableFuture<T> read(Rpc<T> rpc, Bytes request) {
    return start(rpc, request, true, false, options.timeout());
  }

  /** A call that must not take effect twice. */
  <T> CompletableFuture<T> write(Rpc<T> rpc, Bytes request) {
    return start(rpc, request, false, false, options.timeout());
  }

  /** A call that may take another time than the others. */
  <T> CompletableFuture<T> waiting(
      Rpc<T> rpc, Bytes request, boolean repeatable, Duration timeout) {
    return start(rpc, request, repeatable, true, timeout);
  }

  /**
   * Opens a stream. It isn't opened again when it breaks: only its user knows how to go on.
   *
   * @param needsLeader whether a member that loses its leader shall end it
   * @param opened is handed the stream, and the token that it was opened with, before the listener
   *     hears anything but the end; the end waits for it if the listener locks itself then
   */
  void stream(
      String method,
      boolean needsLeader,
      String avoid,
      StreamListener listener,
      BiConsumer<StreamCall, String> opened) {
    withToken(
        options.timeout().toNanos(),
        (token, failure) -> {
          if (failure != null) {
            listener.ended(failure);
            return;
          }
          StreamCall stream = null;
          try {
            synchronized (listener) {
              Metadata beside = beside(token);
              if (needsLeader) {
                beside = beside.with("hasleader", "true");
              }
              stream = channel.stream(method, beside, avoid, listener);
              opened.accept(stream, token);
            }
          } catch (Throwable e) { // its user would wait for an end that nobody tells
            if (stream != null) {
              stream.cancel();
            } else {
              String why = "the client failed: " + e;
              listener.ended(Answer.notProcessed(StatusCode.UNAVAILABLE, why, ""));
            }
          }
        });
  }

  /** Whether calls carry a token, so that a new one may help where it isn't taken. */
  boolean hasToken() {
    return tokens != null;
  }

  /** This token isn't taken any more: the next call gets another. */
  void dropToken(String refused) {
    if (tokens != null) {
      tokens.drop(refused);
    }
  }

  /** Runs a task after the pause before this attempt. */
  void afterPause(int attempt, Runnable task) {
    timer.after(pauseNanos(attempt), task);
  }

  Timer timer() {
    return timer;
  }

  ClientOptions options() {
    return options;
  }

  Observers observers() {
    return observers;
  }

  /** The token, empty for none, as soon as it is there; or why it can't be had in this time. */
  private void withToken(long nanos, BiConsumer<String, @Nullable Answer> then) {
    if (tokens == null) {
      then.accept("", null);
      return;
    }
    CompletableFuture<String> token = tokens.token();
    if (!token.isDone()) { // others wait for the same one, some of them longer
      CompletableFuture<String> inTime = token.copy();
      timer.after(
          nanos,
          () ->
              inTime.completeExceptionally(
                  QuorateException.of(ErrorCode.UNREACHABLE, "no token was got in time")));
      token = inTime;
    }
    var unused =
        token.whenComplete((got, failure) -> {
          if (failure != null) {
            then.accept("", Failures.noToken(failure));
          } else {
            then.accept(got, null);
          }
        });
  }

  private Metadata beside(String token) {
    return token.isEmpty() ? options.metadata() : options.metadata().with("token", token);
  }

  /** Waits for a call's end; its failure is thrown with the waiting thread's stack. */
  <T> T await(CompletableFuture<T> call) {
    if (!call.isDone() && mustNotBlock.getAsBoolean()) {
      call.cancel(false);
      requireMayBlock();
    }
    try {
      return call.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof QuorateException failure) {
        throw QuorateException.of(failure.code(), String.valueOf(failure.getMessage()), failure);
      }
      throw new IllegalStateException("a call failed in a way that no call should", e.getCause());
    } catch (InterruptedException e) {
      call.cancel(false);
      Thread.currentThread().interrupt();
      throw QuorateException.of(
          ErrorCode.OUTCOME_UNKNOWN, "interrupted while waiting for the answer", e);
    } catch (CancellationException e) {
      throw QuorateException.of(ErrorCode.OUTCOME_UNKNOWN, "the call was cancelled", e);
    }
  }

  /**
   * @throws IllegalStateException if the calling thread is one that completes calls
   */
  void requireMayBlock() {
    if (mustNotBlock.getAsBoolean()) {
      throw new IllegalStateException(
          "waiting on the thread that completes calls would never end; use the asynchronous form");
    }
  }

  private <T> CompletableFuture<T> start(
      Rpc<T> rpc, Bytes request, boolean repeatable, boolean waits, Duration timeout) {
    Attempts<T> attempts =
        observers.isEmpty()
            ? new Attempts<>(rpc, request, repeatable, waits, timeout)
            : new ObservedAttempts<>(rpc, request, repeatable, waits, timeout);
    attempts.next();
    return attempts;
  }

  /** Half to all of the doubled pause; drawn from a sequence, so that runs repeat. */
  long pauseNanos(int attempt) {
    long longest =
        Math.min(
            options.retryDelayMax().toNanos(),
            options.retryDelayMin().toNanos() << Math.min(attempt, 20));
    long mixed = jitter.getAndAdd(0x9e3779b97f4a7c15L);
    mixed = (mixed ^ (mixed >>> 30)) * 0xbf58476d1ce4e5b9L;
    mixed = (mixed ^ (mixed >>> 27)) * 0x94d049bb133111ebL;
    return longest / 2 + Math.floorMod(mixed ^ (mixed >>> 31), longest / 2 + 1);
  }

  /** One call, from its first attempt to its end; at any time at most one attempt is under way. */
  private class Attempts<T> extends CompletableFuture<T> {
    private final Rpc<T> rpc;
    private final Bytes request;
    private final boolean repeatable;
    private final boolean waits;
    private final long deadlineNanos;
    private final long reachNanos;
    private int attempt;
    private String avoid = "";
    private String token = "";
    private int refusals;
    private volatile @Nullable CompletableFuture<Answer> underWay;

    /** One that waits for others, as for a lock, says nothing of its member when time runs out. */
    Attempts(Rpc<T> rpc, Bytes request, boolean repeatable, boolean waits, Duration timeout) {
      this.rpc = rpc;
      this.request = request;
      this.repeatable = repeatable;
      this.waits = waits;
      long now = timer.nanoTime();
      deadlineNanos = now + timeout.toNanos();
      reachNanos = now + Math.min(timeout.toNanos(), options.reachTimeout().toNanos());
    }

    void next() {
      if (!isDone()) {
        withToken(
            Math.max(1, deadlineNanos - timer.nanoTime()),
            (got, failure) -> {
              token = got;
              if (failure == null) {
                guarded(this::send);
              } else {
                completeExceptionally(Failures.exception(Failures.code(failure, true), failure));
              }
            });
      }
    }

    private void send() {
      long left = Math.max(1, deadlineNanos - timer.nanoTime());
      CallOptions how = new CallOptions(left, metadata(), passedOver(), preferred());
      CompletableFuture<Answer> sent = channel.unary(rpc.method(), request, how);
      underWay = sent;
      var unused =
          sent.whenComplete((answer, broken) -> {
            if (broken == null) {
              guarded(() -> ended(answer));
            } else if (!isCancelled()) {
              completeExceptionally(
                  QuorateException.of(
                      ErrorCode.OUTCOME_UNKNOWN, "the channel failed: " + broken, broken));
            }
          });
      if (isCancelled()) {
        sent.cancel(false);
      }
    }

    /** What travels beside the next attempt. */
    Metadata metadata() {
      return beside(token);
    }

    private String passedOver() {
      String last = suspect;
      if (!avoid.isEmpty() || last.isEmpty()) {
        return avoid;
      }
      suspect = ""; // the channel stays away once it has left
      return last;
    }

    /** Reads are spread over the members. */
    private String preferred() {
      return repeatable ? "" : leader.endpoint();
    }

    /** Whatever is thrown in it ends the call: nobody else would. */
    private void guarded(Runnable step) {
      try {
        step.run();
      } catch (Throwable e) {
        completeExceptionally(
            QuorateException.of(ErrorCode.OUTCOME_UNKNOWN, "the client failed: " + e, e));
      }
    }

    /** An attempt is over. */
    void ended(Answer answer) {
      switch (answer.status()) {
        case OK -> {
          T response;
          try {
            response = rpc.decode().apply(answer.message());
          } catch (Throwable e) {
            completeExceptionally(
                QuorateException.of(
                    ErrorCode.OUTCOME_UNKNOWN, "the response is not readable: " + e, e));
            return;
          }
          if (response instanceof OpResponse of) {
            leader.answered(of.header().raftTerm(), beside(token));
          }
          complete(response);
        }
        default -> {
          if (Failures.isInVain(answer)) {
            leader.unavailable(answer.endpoint());
          }
          boolean renews = false;
          if (hasToken() && Failures.tokenIsGone(answer)) { // nothing was done
            dropToken(token);
            refusals++;
            if (refusals == 1) {
              next();
              return;
            }
            renews = refusals < Tokens.REFUSALS_MAX;
          } else if (answer.fate() != Answer.Fate.NOT_PROCESSED) {
            refusals = 0; // the token was taken, then
          }
          ErrorCode code = Failures.code(answer, repeatable);
          long pause = pauseNanos(attempt);
          long until = answer.fate() == Answer.Fate.NOT_PROCESSED ? reachNanos : deadlineNanos;
          if ((renews || Failures.worthAnother(code)) && timer.nanoTime() + pause - until < 0) {
            attempt++;
            avoid = answer.endpoint();
            timer.after(pause, this::next);
          } else {
            if (Failures.isInVain(answer) && !waits) {
              suspect = answer.endpoint();
            }
            completeExceptionally(Failures.exception(code, answer));
          }
        }
      }
    }

    /** Gives up the waiting; what was sent may still take effect. */
    @Override
    public boolean cancel(boolean mayInterruptIfRunning) {
      boolean cancelled = super.cancel(mayInterruptIfRunning);
      CompletableFuture<Answer> sent = underWay;
      if (cancelled && sent != null) {
        sent.cancel(false);
      }
      return cancelled;
    }

    @Override
    public <U> CompletableFuture<U> newIncompleteFuture() {
      return new CompletableFuture<>();
    }
  }

  /**
   * One call that observers hear of: of its end before whoever waits for it, so that what they have
   * counted is complete by then. It is another class so that a call that nobody observes pays
   * nothing for it.
   */
  private final class ObservedAttempts<T> extends Attempts<T> {
    private final ObservedCall observed;

    ObservedAttempts(
        Rpc<T> rpc, Bytes request, boolean repeatable, boolean waits, Duration timeout) {
      super(rpc, request, repeatable, waits, timeout);
      observed = new ObservedCall(observers, rpc.method(), timer);
    }

    @Override
    Metadata metadata() {
      return observed.attempt(super.metadata());
    }

    @Override
    void ended(Answer answer) {
      observed.attempted(answer);
      super.ended(answer);
    }

    @Override
    public boolean complete(T response) {
      return observed.end(null) && super.complete(response);
    }

    @Override
    public boolean completeExceptionally(Throwable failure) {
      return observed.end(failure) && super.completeExceptionally(failure);
    }

    @Override
    public boolean cancel(boolean mayInterruptIfRunning) {
      boolean first = observed.end(new CancellationException());
      return (first && super.cancel(mayInterruptIfRunning)) || isCancelled();
    }
  }
}
