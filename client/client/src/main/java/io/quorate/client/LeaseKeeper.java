package io.quorate.client;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.client.channel.Answer;
import io.quorate.client.channel.StreamCall;
import io.quorate.client.channel.StreamListener;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Keeps one lease alive, on a stream of its own.
 *
 * <p>Each third of the lease's time it asks for a renewal; a member that hasn't answered the last
 * one by then is left for another. The lease is taken for lost when its time has passed since the
 * last renewal that was answered was <em>asked for</em>: by then the members may have ended it, and
 * never before. Closing this doesn't end the lease.
 */
public final class LeaseKeeper implements AutoCloseable {
  private static final String METHOD = "etcdserverpb.Lease/LeaseKeepAlive";
  private static final int RENEWALS_PER_TTL = 3;

  private final Calls calls;
  private final long id;
  private final LeaseListener listener;
  private final InOrder told;

  // Guarded by this.
  private @Nullable StreamCall stream;
  private String token = "";
  private long periodNanos;
  private long lostAtNanos;
  private long askedAtNanos;
  private boolean unanswered;
  private boolean leaving;
  private int ticks;
  private int failures;
  private boolean tokenRenewed;
  private boolean over;

  LeaseKeeper(Calls calls, long id, LeaseListener listener, Executor executor) {
    this.calls = calls;
    this.id = id;
    this.listener = listener;
    told = new InOrder(executor, failure -> {}); // it is logged, and the lease lives
    periodNanos = Math.max(1, calls.options().timeout().toNanos() / RENEWALS_PER_TTL);
    lostAtNanos = calls.timer().nanoTime() + calls.options().timeout().toNanos();
  }

  /** Ends the renewing; the lease lives on until its time is over. Idempotent. */
  @Override
  public void close() {
    StreamCall present;
    synchronized (this) {
      over = true;
      present = stream;
    }
    if (present != null) {
      present.cancel();
    }
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
            late = over;
          }
          if (late) {
            opened.cancel();
          } else {
            ask();
          }
        });
  }

  private synchronized void tickLater() {
    int next = ++ticks; // the one before is void
    long left = Math.max(1, lostAtNanos - calls.timer().nanoTime());
    calls.timer().after(Math.min(periodNanos, left), () -> tick(next));
  }

  private void tick(int number) {
    StreamCall silent = null;
    synchronized (this) {
      if (over || number != ticks) {
        return;
      }
      if (calls.timer().nanoTime() - lostAtNanos >= 0) {
        lose(ErrorCode.UNREACHABLE, "the lease could not be renewed in time");
        return;
      }
      if (unanswered) {
        silent = stream; // its end makes another
        leaving = true;
      }
    }
    if (silent != null) {
      silent.cancel();
    } else {
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
      askedAtNanos = calls.timer().nanoTime();
    }
    present.send(Encode.id(id));
    present.request(1);
  }

  private void lose(ErrorCode code, String reason) {
    synchronized (this) {
      if (over) {
        return;
      }
    }
    close();
    told.execute(() -> listener.lost(code, reason));
  }

  private final class OneStream implements StreamListener {
    @Override
    public void message(Bytes message) {
      LeaseKeepAliveResponse response;
      try {
        response = Decode.leaseKeepAlive(message);
      } catch (RuntimeException e) {
        lose(ErrorCode.DATA_DAMAGED, "the response is not readable: " + e);
        return;
      }
      if (response.ttlSeconds() <= 0) {
        lose(ErrorCode.NOT_FOUND, "etcdserver: requested lease not found");
        return;
      }
      synchronized (LeaseKeeper.this) {
        if (over) {
          return;
        }
        unanswered = false;
        failures = 0;
        tokenRenewed = false;
        long ttlNanos = TimeUnit.SECONDS.toNanos(response.ttlSeconds());
        boolean sooner = ttlNanos / RENEWALS_PER_TTL < periodNanos;
        periodNanos = ttlNanos / RENEWALS_PER_TTL;
        lostAtNanos = askedAtNanos + ttlNanos;
        if (sooner) {
          tickLater();
        }
      }
      told.execute(() -> listener.kept(response));
    }

    @Override
    public void ended(Answer answer) {
      synchronized (this) {
        ErrorCode code = Failures.code(answer, true);
        int failure;
        boolean left;
        synchronized (LeaseKeeper.this) {
          stream = null;
          unanswered = false;
          if (over) {
            return;
          }
          failure = failures++;
          left = leaving || answer.fate() == Answer.Fate.UNKNOWN;
          leaving = false;
          if (calls.hasToken() && !tokenRenewed && Failures.tokenIsGone(answer)) {
            tokenRenewed = true;
            calls.dropToken(token);
            code = ErrorCode.UNREACHABLE;
          }
        }
        if (left || Failures.worthAnother(code)) {
          calls.afterPause(failure, () -> again(answer.endpoint()));
        } else {
          lose(code, answer.detail());
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
