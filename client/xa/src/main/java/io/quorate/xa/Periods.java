package io.quorate.xa;

import io.quorate.base.Bytes;
import io.quorate.client.Compare;
import io.quorate.client.Delete;
import io.quorate.client.Put;
import io.quorate.client.QuorateClient;
import io.quorate.client.Range;
import io.quorate.client.RangeResponse;
import io.quorate.client.Txn;
import io.quorate.client.TxnResponse;
import io.quorate.xa.branch.BranchId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;

/**
 * The {@link Period}s of an incarnation that lives: another one begins now and then, and each is
 * let go when all in it has been over for long enough. So what was committed stays known for a
 * time, and what is known doesn't grow with the age of a process.
 *
 * <p>When the incarnation is over, its periods stay until nothing of it can be found any more
 * ({@link Sweeps}).
 *
 * <p>Safe for use by many threads. Nothing here waits.
 */
final class Periods {
  /** A lease that nobody renews any more. Those who live renew theirs, and those of the dead. */
  private static final long LEASE_SECONDS = 31 * 24 * 3_600L;

  /** So many begin while one is kept, each of them if anything is done or not. */
  private static final int WHILE_KEPT = 4;

  private static final Bytes VALUE = Bytes.utf8("1");

  private static final System.Logger LOG = System.getLogger(Periods.class.getName());

  private final QuorateClient client;
  private final DomainKeys keys;
  private final Incarnation incarnation;
  private final long keptNanos;

  // Guarded by this.
  private final TreeMap<Long, Own> own = new TreeMap<>();
  private boolean underWay;
  private int failures;

  /** A period whose key was written. */
  private static final class Own {
    private final long number;
    private final long lease;
    private long usedNanos;
    private boolean gone;

    Own(long number, long lease, long nowNanos) {
      this.number = number;
      this.lease = lease;
      usedNanos = nowNanos;
    }
  }

  /** What is known of a transaction's period, as far as is known here. */
  enum State {
    /** Its key is there, and bits can be written. */
    KNOWN,
    /** Its key is not there any more. */
    GONE,
    /** Its key is about to be written. */
    COMING
  }

  /**
   * @param first the number of the first, whose key will be there before a transaction begins
   */
  Periods(
      QuorateClient client, DomainKeys keys, Incarnation incarnation, Duration kept, long first) {
    this.client = client;
    this.keys = keys;
    this.incarnation = incarnation;
    keptNanos = kept.toNanos();
    own.put(first, new Own(first, lease(keys, incarnation.number(), first), now()));
  }

  private long now() {
    return client.timer().nanoTime();
  }

  // ---- leases and keys -------------------------------------------------------------------------

  /** The same each time: a grant whose answer was lost leaves nothing that nobody knows of. */
  private static long lease(DomainKeys keys, long incarnation, long period) {
    return BranchId.hash(keys.known(incarnation, period).toUtf8()) & Long.MAX_VALUE;
  }

  /**
   * Grants the lease of a period. Completes when it is there or wasn't granted: whoever puts the
   * key finds that out.
   */
  static CompletableFuture<Void> grant(
      QuorateClient client, DomainKeys keys, long incarnation, long period) {
    return client
        .lease()
        .grantAsync(LEASE_SECONDS, lease(keys, incarnation, period))
        .handle((granted, failure) -> null);
  }

  /** What is written when a period begins. */
  static Put put(DomainKeys keys, long incarnation, long period) {
    return Put.of(keys.known(incarnation, period), VALUE).lease(lease(keys, incarnation, period));
  }

  /** The incarnation comes to nothing. */
  void revoke() {
    for (Own each : present()) {
      var unused = client.lease().revokeAsync(each.lease);
    }
  }

  // ---- what is known ---------------------------------------------------------------------------

  /** That of the period that a transaction is in. */
  synchronized State state(long sequence) {
    long number = Period.of(sequence);
    Own period = own.get(number);
    if (period == null) {
      return number < own.firstKey() ? State.GONE : State.COMING;
    }
    return period.gone ? State.GONE : State.KNOWN;
  }

  /** The lease of bits in the period of a transaction, which is {@linkplain State#KNOWN known}. */
  synchronized long leaseOf(long sequence) {
    Own period = own.get(Period.of(sequence));
    return period == null ? 0 : period.lease;
  }

  /** The number of the first transaction that isn't forgotten for good. */
  synchronized long first() {
    return Period.first(own.firstKey());
  }

  /** Something is still done in the period of a transaction: it is kept from now on. */
  synchronized void used(long sequence) {
    Own period = own.get(Period.of(sequence));
    if (period != null) {
      period.usedNanos = now();
    }
  }

  // ---- another one -----------------------------------------------------------------------------

  void start() {
    client.timer().after(keptNanos / WHILE_KEPT, this::look);
  }

  private boolean isOver() {
    return client.isClosed() || incarnation.session().loss().isPresent();
  }

  private void look() {
    if (isOver()) {
      return;
    }
    start(); // first: nothing of what follows can end that
    leave();
    renew();
    letGo();
  }

  /** Goes on with the next one. */
  private void leave() {
    long next = Period.first(Period.of(incarnation.upcoming()) + 1);
    used(next - 1);
    if (state(next) == State.KNOWN) {
      incarnation.goOnFrom(next);
    } else {
      begin(true);
    }
  }

  /** Numbers run short: the next one's key is written in time. */
  void runShort() {
    begin(false);
  }

  /**
   * Begins the one behind the last.
   *
   * @param leaving whether the present one is left as soon as it is there
   */
  private void begin(boolean leaving) {
    long next;
    synchronized (this) {
      if (underWay) {
        return;
      }
      underWay = true;
      next = own.lastKey() + 1;
    }
    write(next, leaving);
  }

  private void write(long number, boolean leaving) {
    Put put = put(keys, incarnation.number(), number);
    var unused =
        grant(client, keys, incarnation.number(), number)
            .thenCompose(granted -> {
              Txn txn =
                  Txn.when(incarnation.lives(), Compare.absent(put.key()))
                      .then(put)
                      .otherwise(Range.key(put.key()));
              return client.kv().txnAsync(txn);
            })
            .whenComplete((response, failure) -> {
              if (failure != null) {
                again(() -> write(number, leaving));
              } else if (response.succeeded() || isThere(response)) { // written now, or before
                written(number, leaving);
              } else {
                incarnation.abandon();
              }
            });
  }

  private static boolean isThere(TxnResponse response) {
    return ((RangeResponse) response.responses().get(0)).first().isPresent();
  }

  private void written(long number, boolean leaving) {
    synchronized (this) {
      own.put(number, new Own(number, lease(keys, incarnation.number(), number), now()));
      underWay = false;
      failures = 0;
    }
    if (leaving) {
      incarnation.goOnFrom(Period.first(number));
    }
  }

  private void again(Runnable step) {
    int attempt;
    synchronized (this) {
      attempt = failures++;
    }
    if (!isOver()) {
      client.timer().after(Pause.ofStore(attempt), step);
    }
  }

  // ---- the old ones ----------------------------------------------------------------------------

  private synchronized List<Own> present() {
    return own.values().stream().filter(each -> !each.gone).toList();
  }

  private void renew() {
    for (Own each : present()) {
      var unused = client.lease().keepAliveOnceAsync(each.lease);
    }
  }

  /**
   * Lets those go in which all has been over for long enough: first the key, if the incarnation
   * lives, since what lives no longer is for others to judge; then the bits, which prove nothing by
   * their absence any more.
   */
  private void letGo() {
    long present = Period.of(incarnation.upcoming());
    for (Own each : present()) {
      boolean isOld;
      synchronized (this) {
        isOld = each.number < present && now() - each.usedNanos > keptNanos;
      }
      if (isOld && !incarnation.isInUse(Period.first(each.number + 1))) {
        letGo(each);
      }
    }
    prune();
  }

  private void letGo(Own period) {
    Delete delete = Delete.key(keys.known(incarnation.number(), period.number));
    var unused =
        client
            .kv()
            .txnAsync(Txn.when(incarnation.lives()).then(delete))
            .whenComplete((response, failure) -> {
              if (failure == null && response.succeeded()) {
                synchronized (this) {
                  period.gone = true;
                }
                var unusedToo = client.lease().revokeAsync(period.lease);
              } // else the next look tries again
            });
  }

  /** Those that are gone, and that nothing is left of here. */
  private void prune() {
    List<Long> all;
    synchronized (this) {
      all = new ArrayList<>(own.headMap(own.lastKey()).keySet());
    }
    for (long each : all) {
      boolean inUse = incarnation.isInUse(Period.first(each + 1));
      synchronized (this) {
        Own period = own.get(each);
        if (inUse || period == null || !period.gone) {
          return;
        }
        own.remove(each);
      }
    }
  }

  /**
   * Looks which are still there: only a person ends a lease before its time. Completes when that is
   * known, or couldn't be found out.
   */
  CompletableFuture<Void> lookForAll() {
    List<Own> asked = present();
    return client
        .kv()
        .rangeAsync(Range.prefix(keys.knowns(incarnation.number())))
        .handle((response, failure) -> {
          if (failure == null) {
            Set<Bytes> there = new HashSet<>();
            response.kvs().forEach(each -> there.add(each.key()));
            missing(asked, there);
          }
          return null;
        });
  }

  private void missing(List<Own> asked, Set<Bytes> there) {
    boolean isAny = false;
    for (Own each : asked) {
      if (!there.contains(keys.known(incarnation.number(), each.number))) {
        isAny = true;
        LOG.log(
            System.Logger.Level.WARNING,
            "lease {0} was ended, and what was known under it of transactions is gone",
            DomainKeys.number(each.lease));
        synchronized (this) {
          each.gone = true;
        }
      }
    }
    if (isAny) {
      leave();
    }
  }
}
