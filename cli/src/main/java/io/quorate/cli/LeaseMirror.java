package io.quorate.cli;

import io.quorate.base.QuorateException;
import io.quorate.client.Lease;
import io.quorate.client.LeaseKeepAliveResponse;
import io.quorate.client.LeaseLeasesResponse;
import io.quorate.client.LeaseTimeToLiveResponse;
import io.quorate.client.Op;
import io.quorate.client.Put;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;

/**
 * The source's leases, under the same ids at the destination. There they are kept alive by this,
 * since their owners renew them at the source; who is gone there is revoked here, once the deletion
 * of its keys has come over. Safe for use by two threads.
 */
final class LeaseMirror implements AutoCloseable {
  private static final long TICK_MILLIS = 1_000;
  private static final int LOOK_TICKS = 5;
  private static final int RENEWALS_UNDER_WAY_MAX = 64;
  private static final int RENEWALS_PER_TTL = 3;

  private final Lease source;
  private final Lease target;
  private final Patience patience;
  private final LongSupplier applied;
  private final Map<Long, Kept> kept = new HashMap<>();
  private final Set<Long> gone = new HashSet<>();
  private final CompletableFuture<Void> closed = new CompletableFuture<>();
  private final Thread thread = new Thread(this::run, "quorate-leases");
  private boolean lost;

  private static final class Kept {
    private final long ttlSeconds;
    private long renewedNanos = System.nanoTime();

    /** Of the source, at which it wasn't there; 0 while it is. */
    private long missedAt;

    private Kept(long ttlSeconds) {
      this.ttlSeconds = ttlSeconds;
    }

    private boolean due(long now) {
      return now - renewedNanos > TimeUnit.SECONDS.toNanos(ttlSeconds) / RENEWALS_PER_TTL;
    }
  }

  /**
   * Nothing is granted yet.
   *
   * @param applied the revision of the source that the destination has reached
   */
  LeaseMirror(Lease source, Lease target, Patience patience, LongSupplier applied) {
    this.source = source;
    this.target = target;
    this.patience = patience;
    this.applied = applied;
  }

  /** Takes over all leases of the source, and keeps them alive from now on. */
  void begin() {
    var _ =
        patience.until(
            "source",
            () -> {
              look();
              return true;
            });
    thread.setDaemon(true);
    thread.start();
  }

  /** How many there are at the destination. */
  synchronized int count() {
    return kept.size();
  }

  /**
   * The lease to attach a key to that has this one at the source: the same, granted if need be, or
   * none if the source has ended it meanwhile and the deletion of the key is about to come.
   */
  synchronized long here(long id) {
    if (id == 0 || kept.containsKey(id)) {
      return id;
    }
    if (!gone.contains(id)) {
      long ttl = patience.until("source", () -> source.timeToLive(id, false)).grantedTtlSeconds();
      if (ttl > 0) {
        grant(id, ttl);
        return id;
      }
      gone.add(id);
    }
    return 0;
  }

  /** For comparing: the lease, or none if the source ended it before it could be granted here. */
  synchronized long compared(long id) {
    return gone.contains(id) ? 0 : id;
  }

  /** Grants leases anew that the destination says it hasn't. */
  synchronized void grantAgain(List<Op> ops) {
    for (Op op : ops) {
      if (op instanceof Put put) {
        Kept known = kept.get(put.lease());
        if (known != null) {
          grant(put.lease(), known.ttlSeconds);
        }
      }
    }
  }

  /** Whether a lease ended at the destination since this was asked, and took its keys with it. */
  synchronized boolean takeLost() {
    boolean was = lost;
    lost = false;
    return was;
  }

  /** Renews all of them, so that each has its whole time from now. */
  void renewAll() {
    renew(true);
  }

  @Override
  public void close() {
    closed.complete(null);
  }

  private void grant(long id, long ttl) {
    var _ =
        patience.until(
            "destination",
            () -> {
              try {
                return target.grant(ttl, id).id();
              } catch (QuorateException.Conflict e) {
                return id; // an earlier run granted it
              }
            });
    kept.put(id, new Kept(ttl));
  }

  private void run() {
    for (int tick = 1; !over(); tick++) {
      try {
        renew(false);
        if (tick % LOOK_TICKS == 0) {
          look();
        }
      } catch (QuorateException e) {
        patience.tell("the leases: " + e.getMessage() + "; trying again");
      }
    }
  }

  /** Waits for the next tick; whether there is none. */
  private boolean over() {
    try {
      var _ = closed.get(TICK_MILLIS, TimeUnit.MILLISECONDS);
      return true;
    } catch (TimeoutException _) {
      return false;
    } catch (InterruptedException | ExecutionException e) {
      throw new IllegalStateException(e); // nobody interrupts or fails it
    }
  }

  private void look() {
    LeaseLeasesResponse there = source.leases(); // without patience: renewals mustn't wait for it
    Set<Long> ids = new HashSet<>(there.ids());
    synchronized (this) {
      gone.removeAll(ids);
    }
    for (long id : ids) {
      var _ = here(id);
    }
    List<Long> missing = new ArrayList<>();
    synchronized (this) {
      kept.forEach((id, lease) -> {
        if (ids.contains(id)) {
          lease.missedAt = 0;
        } else if (lease.missedAt == 0) {
          lease.missedAt = Math.max(1, there.header().revision());
        } else if (applied.getAsLong() >= lease.missedAt) {
          missing.add(id);
        }
      });
    }
    for (long id : missing) {
      revokeIfGone(id);
    }
  }

  /** The list was one member's, who may be late; this is the leader's word. */
  private void revokeIfGone(long id) {
    LeaseTimeToLiveResponse there = patience.until("source", () -> source.timeToLive(id, false));
    if (there.ttlSeconds() >= 0) {
      return;
    }
    synchronized (this) {
      kept.remove(id);
    }
    try {
      var _ = target.revoke(id);
    } catch (QuorateException.Rejected e) {
      return; // its time was over here, too
    }
  }

  private void renew(boolean all) {
    List<Long> due = new ArrayList<>();
    long now = System.nanoTime();
    synchronized (this) {
      kept.forEach((id, lease) -> {
        if (all || lease.due(now)) {
          due.add(id);
        }
      });
    }
    for (int from = 0; from < due.size(); from += RENEWALS_UNDER_WAY_MAX) {
      List<CompletableFuture<LeaseKeepAliveResponse>> asked = new ArrayList<>();
      for (long id : due.subList(from, Math.min(due.size(), from + RENEWALS_UNDER_WAY_MAX))) {
        asked.add(target.keepAliveOnceAsync(id));
      }
      for (int i = 0; i < asked.size(); i++) {
        renewed(due.get(from + i), Patience.answer(asked.get(i)));
      }
    }
  }

  private synchronized void renewed(long id, LeaseKeepAliveResponse answer) {
    Kept lease = kept.get(id);
    if (lease == null) {
      return;
    }
    if (answer.ttlSeconds() > 0) {
      lease.renewedNanos = System.nanoTime();
    } else {
      kept.remove(id);
      lost = true;
    }
  }
}
