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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The source's leases, under the same ids at the destination. There they are kept alive by this,
 * since their owners renew them at the source; who is gone there is revoked here, once the deletion
 * of its keys has come over.
 *
 * <p>Who copies asks, one thread renews, and another looks at the source. No lock is held while one
 * of the clusters is waited for, and renewals wait for the destination alone: else the leases here
 * would end because the source is away for a while. What goes wrong is told and tried again; what
 * should never happen ends the migration, by the next call of who copies.
 */
final class LeaseMirror implements AutoCloseable {
  private static final long RENEW_MILLIS = 1_000;
  private static final long LOOK_MILLIS = 5_000;
  private static final int RENEWALS_UNDER_WAY_MAX = 64;
  private static final int RENEWALS_PER_TTL = 3;

  private final Lease source;
  private final Lease target;
  private final Patience patience;
  private final LongSupplier applied;
  private final CompletableFuture<Void> closed = new CompletableFuture<>();
  private volatile @Nullable Throwable broken;

  // Guarded by this.
  private final Map<Long, Kept> kept = new HashMap<>();
  private final Set<Long> gone = new HashSet<>();
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
    start("quorate-lease-renewals", RENEW_MILLIS, () -> renew(false));
    start("quorate-leases", LOOK_MILLIS, this::look);
  }

  /** How many there are at the destination. */
  synchronized int count() {
    return kept.size();
  }

  /**
   * The lease to attach a key to that has this one at the source: the same, granted if need be, or
   * none if the source has ended it meanwhile and the deletion of the key is about to come.
   */
  long here(long id) {
    check();
    return here(id, () -> patience.until("source", () -> source.timeToLive(id, false)));
  }

  private long here(long id, Supplier<LeaseTimeToLiveResponse> there) {
    synchronized (this) {
      if (id == 0 || kept.containsKey(id)) {
        return id;
      }
      if (gone.contains(id)) {
        return 0;
      }
    }
    long ttl = there.get().grantedTtlSeconds();
    if (ttl > 0) {
      grant(id, ttl);
      return id;
    }
    synchronized (this) {
      gone.add(id);
    }
    return 0;
  }

  /** For comparing: the lease, or none if the source ended it before it could be granted here. */
  synchronized long compared(long id) {
    return gone.contains(id) ? 0 : id;
  }

  /** Grants leases anew that the destination says it hasn't. */
  void grantAgain(List<Op> ops) {
    Map<Long, Long> ttls = new LinkedHashMap<>();
    synchronized (this) {
      for (Op op : ops) {
        if (op instanceof Put put) {
          Kept known = kept.get(put.lease());
          if (known != null) {
            ttls.put(put.lease(), known.ttlSeconds);
          }
        }
      }
    }
    ttls.forEach(this::grant);
  }

  /** Whether a lease ended at the destination since this was asked, and took its keys with it. */
  synchronized boolean takeLost() {
    check();
    boolean was = lost;
    lost = false;
    return was;
  }

  /** Renews all of them, so that each has its whole time from now. */
  void renewAll() {
    check();
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
    synchronized (this) {
      kept.put(id, new Kept(ttl));
    }
  }

  private void start(String name, long millis, Runnable step) {
    Thread thread = new Thread(() -> repeat(millis, step), name);
    thread.setDaemon(true);
    thread.start();
  }

  private void repeat(long millis, Runnable step) {
    try {
      while (!over(millis)) {
        try {
          step.run();
        } catch (QuorateException e) {
          patience.tell("the leases: " + e.getMessage() + "; trying again");
        }
      }
    } catch (RuntimeException | Error e) {
      broken = e;
    }
  }

  /** Fails if leases aren't kept any more. */
  private void check() {
    Throwable why = broken;
    if (why != null) {
      Failure failure =
          new Failure(
              ExitCodes.FAILED,
              "the leases can't be kept equal any more, so the migration ends: "
                  + why
                  + "; the same command goes on where it was");
      failure.initCause(why);
      throw failure;
    }
  }

  /** Waits for the next tick; whether there is none. */
  private boolean over(long millis) {
    try {
      var _ = closed.get(millis, TimeUnit.MILLISECONDS);
      return true;
    } catch (TimeoutException _) {
      return false;
    } catch (InterruptedException | ExecutionException e) {
      throw new IllegalStateException(e); // nobody interrupts or fails it
    }
  }

  private void look() {
    LeaseLeasesResponse there = source.leases();
    Set<Long> ids = new HashSet<>(there.ids());
    synchronized (this) {
      gone.removeAll(ids);
    }
    for (long id : ids) {
      var _ = here(id, () -> source.timeToLive(id, false));
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
    LeaseTimeToLiveResponse there = source.timeToLive(id, false);
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
    QuorateException failure = null;
    for (int from = 0; from < due.size(); from += RENEWALS_UNDER_WAY_MAX) {
      List<CompletableFuture<LeaseKeepAliveResponse>> asked = new ArrayList<>();
      for (long id : due.subList(from, Math.min(due.size(), from + RENEWALS_UNDER_WAY_MAX))) {
        asked.add(target.keepAliveOnceAsync(id));
      }
      for (int i = 0; i < asked.size(); i++) {
        try {
          renewed(due.get(from + i), Patience.answer(asked.get(i)));
        } catch (QuorateException e) {
          failure = e; // the others have their turn all the same
        }
      }
    }
    if (failure != null) {
      throw failure;
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
