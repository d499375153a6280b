package io.quorate.client;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.client.LeaseTimes.Life;
import io.quorate.client.LeaseTimes.Moment;
import io.quorate.client.channel.Answer;
import io.quorate.client.channel.StreamCall;
import io.quorate.client.channel.StreamListener;
import java.time.Duration;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Keeps one lease alive, on a stream of its own.
 *
 * <p>Each third of the lease's time it asks for a renewal; a member that hasn't answered the last
 * one by then is left for another. Whatever else goes wrong is tried again, after pauses that grow
 * to a third of that time at most. The lease is taken for lost when its time has passed since the
 * last renewal that was answered was <em>asked for</em>: by then the members may have ended it, and
 * never before. Only if a member refuses it by name is it lost earlier. Closing this doesn't end
 * the lease.
 */
public final class LeaseKeeper implements AutoCloseable {
  private static final String METHOD = "etcdserverpb.Lease/LeaseKeepAlive";
  private static final int RENEWALS_PER_TTL = 3;

  private final Calls calls;
  private final LeaseTimes times;
  private final long id;
  private final LeaseListener listener;
  private final InOrder told;

  // Guarded by this.
  private @Nullable StreamCall stream;
  private String token = "";
  private Life life;
  private long openedAtNanos;
  private Moment asked;
  private boolean unanswered;
  private boolean leaving;
  private int ticks;
  private int failures;
  private String lastFailure = "no member answered";
  private boolean over;

  LeaseKeeper(Calls calls, LeaseTimes times, long id, LeaseListener listener, Executor executor) {
    this.calls = calls;
    this.times = times;
    this.id = id;
    this.listener = listener;
    told = new InOrder(executor, failure -> {}); // it is logged, and the lease lives on
    asked = Moment.now(calls.timer());
    Life known = times.of(id);
    life =
        known != null && known.endNanos() - asked.nanos() > 0
            ? known
            : new Life(calls.options().timeout().toNanos(), asked);
  }

  /** Ends the renewing; the lease lives on until its time is over. Idempotent. */
  @Override
  public void close() {
    end();
  }

  void begin() {
    open("");
    tickLater();
  }

  private void open(String avoid) {
    calls.stream(
        METHOD,
        true,
        avoid,
        new OneStream(),
        (opened, with) -> {
          boolean late;
          synchronized (this) {
            stream = opened;
            token = with;
            openedAtNanos = calls.timer().nanoTime();
            late = over;
          }
          if (late) {
            opened.cancel();
          } else {
            ask();
          }
        });
  }

  /** Asks for a renewal now, if none is under way; it comes to nothing while no stream is open. */
  void renewNow() {
    ask();
    tickLater();
  }

  /** The lease's life by the last renewal that was answered. */
  synchronized Life life() {
    return life;
  }

  private synchronized long periodNanos() {
    return Math.max(1, life.ttlNanos() / RENEWALS_PER_TTL);
  }

  /** How long one member may take to answer: no longer than any other call, for a long lease. */
  private long patienceNanos() {
    return Math.min(periodNanos(), calls.options().timeout().toNanos());
  }

  /** Comes back when the next renewal is due, the last one should be answered, or all is lost. */
  private synchronized void tickLater() {
    int next = ++ticks; // the one before is void
    long now = calls.timer().nanoTime();
    boolean opening = stream == null || leaving;
    long due =
        (opening ? now : asked.nanos()) + (opening || unanswered ? patienceNanos() : periodNanos());
    long delay = Math.max(1, Math.min(due - now, life.endNanos() - now));
    calls.timer().after(delay, () -> tick(next));
  }

  private void tick(int number) {
    StreamCall silent = null;
    boolean asks = false;
    String lost = null;
    synchronized (this) {
      if (over || number != ticks) {
        return;
      }
      long now = calls.timer().nanoTime();
      if (now - life.endNanos() >= 0) {
        lost = "the lease could not be renewed in time: " + lastFailure;
      } else if (!unanswered) {
        asks = now - asked.nanos() >= periodNanos();
      } else if (now - asked.nanos() >= patienceNanos()) {
        silent = stream; // its end makes another
        leaving = true;
        lastFailure = "the member doesn't answer";
      }
    }
    if (lost != null) {
      lose(ErrorCode.UNREACHABLE, lost);
      return;
    }
    if (silent != null) {
      silent.cancel();
    } else if (asks) {
      ask();
    }
    tickLater();
  }

  private void ask() {
    StreamCall present;
    synchronized (this) {
      present = stream;
      if (present == null || unanswered || over) {
        return;
      }
      unanswered = true;
      asked = Moment.now(calls.timer());
    }
    present.send(Encode.id(id));
    present.request(1);
  }

  private void lose(ErrorCode code, String reason) {
    if (end()) {
      times.remove(id);
      calls.observers().tell(each -> each.leaseLost(code));
      told.execute(() -> listener.lost(code, reason));
    }
  }

  /** Whether it hadn't ended before. */
  private boolean end() {
    StreamCall present;
    synchronized (this) {
      if (over) {
        return false;
      }
      over = true;
      present = stream;
    }
    if (present != null) {
      present.cancel();
    }
    return true;
  }

  private final class OneStream implements StreamListener {
    @Override
    public void message(Bytes message) {
      LeaseKeepAliveResponse response;
      try {
        response = Decode.leaseKeepAlive(message);
      } catch (RuntimeException e) {
        leave("the response is not readable: " + e);
        return;
      }
      if (response.ttlSeconds() <= 0) {
        lose(ErrorCode.NOT_FOUND, "etcdserver: requested lease not found");
        return;
      }
      Duration duration;
      synchronized (LeaseKeeper.this) {
        if (over) {
          return;
        }
        unanswered = false;
        life = Life.of(response.ttlSeconds(), asked);
        times.put(id, life);
        duration = Duration.ofNanos(calls.timer().nanoTime() - asked.nanos());
      }
      tickLater();
      calls.observers().tell(each -> each.leaseRenewed(duration));
      told.execute(() -> listener.kept(response));
    }

    private void leave(String why) {
      StreamCall present;
      synchronized (LeaseKeeper.this) {
        leaving = true;
        lastFailure = why;
        present = stream;
      }
      if (present != null) {
        present.cancel();
      }
    }

    @Override
    public void ended(Answer answer) {
      synchronized (this) { // not before the stream is known to be the present one
        ErrorCode code = Failures.code(answer, true);
        boolean renews = calls.hasToken() && Failures.tokenIsGone(answer);
        boolean refused;
        String reason;
        int failure;
        long period = periodNanos();
        synchronized (LeaseKeeper.this) {
          boolean opened = stream != null;
          stream = null;
          unanswered = false;
          if (over) {
            return;
          }
          refused =
              !leaving
                  && !renews
                  && switch (answer.fate()) {
                    case ANSWERED -> code.kind() == ErrorCode.Kind.REJECTED;
                    case NOT_PROCESSED -> code == ErrorCode.STOPPED;
                    case UNKNOWN -> false;
                  };
          if (!leaving) {
            lastFailure = answer.detail().isEmpty() ? answer.status().name() : answer.detail();
          }
          reason = lastFailure;
          leaving = false;
          // One that answers and breaks at once is not to be hammered, either.
          if (opened && calls.timer().nanoTime() - openedAtNanos >= period) {
            failures = 0;
          }
          failure = failures++;
        }
        if (renews) {
          calls.dropToken(token);
        }
        if (refused) {
          lose(code, reason);
        } else {
          long pause = Math.min(calls.pauseNanos(failure), period);
          calls.timer().after(pause, () -> again(answer.endpoint()));
        }
      }
    }

    private void again(String avoid) {
      synchronized (LeaseKeeper.this) {
        if (over) {
          return;
        }
      }
      open(avoid);
    }
  }
}
