package io.quorate.client;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.Limits;
import io.quorate.base.QuorateException;
import io.quorate.client.channel.Answer;
import io.quorate.client.channel.StreamCall;
import io.quorate.client.channel.StreamListener;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * One watch, on a stream of its own, so that a slow listener holds up nobody else.
 *
 * <p>It lasts until it is closed or can't go on. When the stream breaks it is opened again, behind
 * the last revision that is known to be told whole: that of the last event, or a later one that the
 * member promised to have nothing of. So no event is lost, and none comes twice. Where history was
 * compacted meanwhile, {@link WatchListener#gap} tells which, and whether to go on behind it.
 *
 * <p>Everything but {@link #close} and {@link #requestProgress} happens in the order of the
 * channel's calls, so fields need no lock; the listener is called in that order too, though maybe
 * elsewhere.
 */
public final class Watcher implements AutoCloseable {
  private static final String METHOD = "etcdserverpb.Watch/Watch";

  /**
   * The watch that an answer to {@link #requestProgress} names. It says nothing of where to go on:
   * etcd before 3.4.25 and 3.5.8 sends it past events that are on their way (etcd#15220).
   */
  private static final long ASKED_FOR = -1;

  private final Calls calls;
  private final WatchRequest request;
  private final WatchListener listener;
  private final InOrder told;
  private final Observers observers;

  private volatile @Nullable StreamCall stream;
  private volatile boolean closed;

  private long nextRevision;
  private String token = "";
  private int failures;
  private int refusals;
  private boolean takenOnce;
  private boolean taken;
  private long takenAtNanos;
  private final List<Event> fragments = new ArrayList<>();
  private long fragmentBytes;

  Watcher(Calls calls, WatchRequest request, WatchListener listener, Executor executor) {
    this.calls = calls;
    this.request = request;
    this.listener = listener;
    told = new InOrder(executor, this::listenerFailed);
    observers = calls.observers();
    nextRevision = request.startRevision();
  }

  /**
   * Asks how far the watch is; {@link WatchListener#progress} tells, once everything up to there
   * was told. A member that has not caught up yet doesn't answer, so ask again. (etcd before 3.4.25
   * and 3.5.8 answers too early: etcd#15220.)
   */
  public void requestProgress() {
    StreamCall present = stream;
    if (present != null) {
      present.send(Encode.watchProgress());
    }
  }

  /** Ends it; what the listener is doing just now is the last. Idempotent. */
  @Override
  public void close() {
    closed = true;
    StreamCall present = stream;
    if (present != null) {
      present.cancel();
    }
  }

  void open(String avoid) {
    fragments.clear();
    fragmentBytes = 0;
    OneStream one = new OneStream();
    calls.stream(
        METHOD,
        true,
        avoid,
        one,
        (opened, with) -> {
          stream = opened;
          token = with;
          if (closed) {
            opened.cancel();
            return;
          }
          opened.send(Encode.watchCreate(request, nextRevision));
          opened.request(1);
          calls.timer().after(calls.options().timeout().toNanos(), one::leaveUnlessTaken);
        });
  }

  /**
   * Opens it again after a pause. The pauses grow until a member has kept the watch for longer than
   * the longest of them: one that takes it up and drops it at once is not to be hammered, either.
   */
  private void again(String avoid) {
    long nanos = calls.timer().nanoTime() - takenAtNanos;
    if (taken && nanos >= calls.options().retryDelayMax().toNanos()) {
      failures = 0;
    }
    taken = false;
    calls.afterPause(
        failures++,
        () -> {
          if (!closed) {
            open(avoid);
          }
        });
  }

  private void goOn(long from) {
    nextRevision = from;
    again("");
  }

  private void tell(Runnable step) {
    told.execute(() -> {
      if (!closed) {
        step.run();
      }
    });
  }

  private void interrupted(QuorateException why) {
    tell(() -> {
      observers.tell(each -> each.watchInterrupted(why.code()));
      listener.interrupted(why);
    });
  }

  private void end(ErrorCode code, String reason, long compactRevision, Header header) {
    tell(() -> endNow(new WatchEnd(code, reason, compactRevision, header)));
  }

  private void endNow(WatchEnd end) {
    close();
    observers.tell(each -> each.watchEnded(end.code()));
    listener.ended(end);
  }

  /** In the listener's order: nothing is told between the failure and this. */
  private void listenerFailed(Throwable why) {
    if (!closed) {
      String reason = "the listener or its executor failed: " + why;
      endNow(new WatchEnd(ErrorCode.OUTCOME_UNKNOWN, reason, 0, Header.NONE));
    }
  }

  /** What comes on one stream. */
  private final class OneStream implements StreamListener {
    private volatile boolean done;
    private volatile boolean answered;
    private volatile boolean left;

    @Override
    public void message(Bytes message) {
      answered = true;
      WatchResponse response;
      try {
        response = Decode.watchResponse(message);
      } catch (RuntimeException e) {
        finish(ErrorCode.DATA_DAMAGED, "the response is not readable: " + e, 0, Header.NONE);
        return;
      }
      if (response.canceled()) {
        canceled(response);
        return;
      }
      if (response.created()) {
        taken = true;
        takenAtNanos = calls.timer().nanoTime();
        refusals = 0;
        if (nextRevision == 0) {
          nextRevision = response.header().revision() + 1;
        }
        boolean again = takenOnce;
        takenOnce = true;
        tell(() -> {
          observers.tell(again ? ClientObserver::watchResumed : ClientObserver::watchOpened);
          listener.created(response.header());
        });
      } else if (response.fragment() || !fragments.isEmpty()) {
        fragments.addAll(response.events());
        fragmentBytes += message.length();
        if (fragmentBytes > Limits.WATCH_RESPONSE_BYTES_MAX) {
          finish(
              ErrorCode.OVERLOADED,
              "the events of one response pass " + Limits.WATCH_RESPONSE_BYTES_MAX + " bytes",
              0,
              response.header());
          return;
        }
        if (!response.fragment()) {
          List<Event> whole = List.copyOf(fragments);
          fragments.clear();
          fragmentBytes = 0;
          events(
              new WatchResponse(
                  response.header(), response.watchId(), false, false, 0, "", false, whole));
        }
      } else if (response.events().isEmpty()) {
        if (response.watchId() != ASKED_FOR) {
          nextRevision = Math.max(nextRevision, response.header().revision() + 1);
        }
        tell(() -> listener.progress(response.header()));
      } else {
        events(response);
      }
      told.execute(this::takeNext);
    }

    /** A member that says nothing to it is left for another in the time of a call. */
    private void leaveUnlessTaken() {
      StreamCall present = stream;
      if (!answered && !done && !closed && present != null) {
        left = true;
        present.cancel(); // its end makes another
      }
    }

    private void takeNext() {
      StreamCall present = stream;
      if (present != null && !done) {
        present.request(1);
      }
    }

    private void events(WatchResponse response) {
      List<Event> events = response.events();
      nextRevision = events.get(events.size() - 1).kv().modRevision() + 1;
      tell(() -> {
        observers.tell(each -> each.watchDelivered(events.size()));
        listener.events(response);
      });
    }

    private void canceled(WatchResponse response) {
      String reason = response.cancelReason();
      if (response.compactRevision() != 0 || reason.endsWith("has been compacted")) {
        gap(response);
      } else if (Failures.saysTokenIsGone(reason) && getsAnotherToken()) {
        dropStream();
        again("");
      } else if (Failures.saysLater(reason)) {
        dropStream();
        interrupted(QuorateException.of(ErrorCode.UNREACHABLE, reason));
        again("");
      } else {
        ErrorCode code =
            reason.contains("permission denied") || reason.contains("user name is empty")
                ? ErrorCode.PERMISSION_DENIED
                : ErrorCode.INVALID_REQUEST;
        finish(
            code, reason.isEmpty() ? "etcdserver: watch canceled" : reason, 0, response.header());
      }
    }

    /** A member that doesn't say where history begins leaves nowhere to go on. */
    private void gap(WatchResponse response) {
      dropStream();
      WatchGap gap = new WatchGap(nextRevision, response.compactRevision());
      tell(() -> {
        observers.tell(ClientObserver::watchGap);
        if (gap.to() >= gap.from() && listener.gap(gap)) {
          calls.timer().after(0, () -> goOn(gap.to() + 1));
        } else {
          end(
              ErrorCode.REVISION_COMPACTED,
              "etcdserver: mvcc: required revision has been compacted",
              response.compactRevision(),
              response.header());
        }
      });
    }

    /** Whether a new token may still help where the present one was refused. */
    private boolean getsAnotherToken() {
      calls.dropToken(token);
      return calls.hasToken() && ++refusals < Tokens.REFUSALS_MAX;
    }

    private void finish(ErrorCode code, String reason, long compactRevision, Header header) {
      dropStream();
      end(code, reason, compactRevision, header);
    }

    private void dropStream() {
      done = true;
      StreamCall present = stream;
      if (present != null) {
        present.cancel();
      }
    }

    @Override
    public void ended(Answer answer) {
      synchronized (this) { // not before the stream is known to be the present one
        if (done || closed) {
          return;
        }
        done = true;
      }
      ErrorCode code = Failures.code(answer, true);
      boolean goesOn = Failures.tokenIsGone(answer) ? getsAnotherToken() : Failures.mayPass(answer);
      if (left || goesOn) {
        QuorateException why =
            left
                ? QuorateException.of(ErrorCode.UNREACHABLE, "no answer to the watch in time")
                : Failures.exception(code, answer);
        interrupted(why);
        again(answer.endpoint());
      } else {
        end(code, answer.detail(), 0, Header.NONE);
      }
    }
  }
}
