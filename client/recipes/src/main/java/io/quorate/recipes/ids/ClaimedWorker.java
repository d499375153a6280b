package io.quorate.recipes.ids;

import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;

/**
 * A worker that is held for somebody else, such as another program that makes the ids itself.
 *
 * <p>Whoever makes them puts only such time into them as is reserved: from {@link #from} to {@link
 * #reservedUntil}, both included. More is reserved all the time, before that is over; {@link
 * #nextReserved} tells of it. Then no id is made twice, whatever becomes of this process, of its
 * session and of clocks: time that was reserved stays so, and whoever is this worker next begins
 * behind it.
 *
 * <p>Where no more can be reserved, {@link #reservedUntil} stands still: at its end no more ids may
 * be made until it goes on.
 *
 * <p>Thread-safe.
 */
public final class ClaimedWorker implements AutoCloseable {
  /** How often in a window it is looked whether more is to be reserved. */
  private static final int LOOKS_PER_WINDOW = 10;

  private final Workers workers;
  private final Windows windows;
  private final Workers.Claim claim;

  // Guarded by this.
  private long until;
  private CompletableFuture<Instant> next = new CompletableFuture<>();
  private boolean underWay;
  private boolean over;

  private ClaimedWorker(Workers workers, Windows windows, Workers.Claim claim, long until) {
    this.workers = workers;
    this.windows = windows;
    this.claim = claim;
    this.until = until;
  }

  /**
   * Claims one, and reserves the first time for it; what it was claimed from is closed with it.
   *
   * @return if it is cancelled, what was claimed meanwhile is given back
   */
  static CompletableFuture<ClaimedWorker> claim(Workers workers, Windows windows) {
    CompletableFuture<ClaimedWorker> claimed = new CompletableFuture<>();
    var unused =
        workers
            .claim(-1)
            .thenCompose(claim -> begin(workers, windows, claim))
            .whenComplete((held, failure) -> {
              if (failure != null) {
                workers.close();
                claimed.completeExceptionally(QuorateException.reason(failure));
              } else if (!claimed.complete(held)) {
                held.close(); // nobody waits for it any more
              }
            });
    return claimed;
  }

  private static CompletableFuture<ClaimedWorker> begin(
      Workers workers, Windows windows, Workers.Claim claim) {
    Reservation time = claim.reservation();
    return CompletableFuture.completedFuture(time.from())
        .thenCompose(from -> windows.begin(claim, from, windows.now()))
        .whenComplete((until, failure) -> {
          if (failure != null) {
            time.release(time.from() - 1); // it was of no use
          }
        })
        .thenApply(until -> {
          ClaimedWorker held = new ClaimedWorker(workers, windows, claim, until);
          workers.every(
              windows.windowMillis() * IdClock.NANOS_PER_MILLI / LOOKS_PER_WINDOW, held::look);
          return held;
        });
  }

  /** Whose it is. */
  public int datacenter() {
    return claim.datacenter();
  }

  /** Its number. */
  public int worker() {
    return claim.worker();
  }

  /** How the ids are made up that it was claimed for. */
  public SnowflakeLayout layout() {
    return windows.layout();
  }

  /** The first moment that may be put into ids: those before were somebody else's. */
  public Instant from() {
    return moment(claim.reservation().from());
  }

  /** The last moment that may be put into ids so far; it never falls. */
  public Instant reservedUntil() {
    synchronized (this) {
      return moment(until);
    }
  }

  private Instant moment(long timestamp) {
    return windows.layout().epoch().plusMillis(timestamp);
  }

  /**
   * Completes when more time is reserved, with the last moment of it.
   *
   * @return fails when no more will ever be: with {@link QuorateException.Conflict} if the worker
   *     is another's by now, with {@link QuorateException.Rejected} at the end of the layout's
   *     time, with {@link ErrorCode#STOPPED} once this is closed
   */
  public CompletableFuture<Instant> nextReserved() {
    synchronized (this) {
      return next.copy();
    }
  }

  /** Reserves more when half a window is over. */
  void look() {
    long from;
    synchronized (this) {
      from = Math.max(claim.reservation().from(), windows.timestamp());
      if (over || underWay || from + windows.windowMillis() / 2 < until) {
        return;
      }
      underWay = true;
    }
    var unused =
        windows
            .extend(claim.reservation(), from)
            .whenComplete((reserved, failure) -> {
              if (failure == null) {
                reserved(reserved);
              } else {
                notReserved(QuorateException.reason(failure));
              }
            });
  }

  private void reserved(long now) {
    CompletableFuture<Instant> told;
    synchronized (this) {
      underWay = false;
      if (over || now <= until) {
        return;
      }
      until = now;
      told = next;
      next = new CompletableFuture<>();
    }
    told.complete(moment(now));
  }

  /** What passes is tried again with the next look. */
  private void notReserved(QuorateException why) {
    synchronized (this) {
      underWay = false;
    }
    switch (why.code().kind()) {
      case CONFLICT, REJECTED, CORRUPT -> end(why);
      case UNAVAILABLE, INDETERMINATE -> {}
    }
  }

  private void end(QuorateException why) {
    CompletableFuture<Instant> told;
    synchronized (this) {
      over = true;
      told = next;
    }
    told.completeExceptionally(why); // unless it was told already
  }

  /**
   * Gives the worker back, and waits for that unless the thread must not. No ids may be made as it
   * any more; whoever is it next begins behind all that was reserved. Idempotent.
   */
  @Override
  public void close() {
    end(QuorateException.of(ErrorCode.STOPPED, "the worker was given back"));
    long last;
    synchronized (this) {
      last = until;
    }
    claim.reservation().release(last);
    workers.close();
  }
}
