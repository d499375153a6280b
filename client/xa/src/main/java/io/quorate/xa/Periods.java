package io.quorate.xa;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.client.Op;
import io.quorate.client.Put;
import io.quorate.client.QuorateClient;
import io.quorate.client.Txn;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;

/**
 * The {@link Period}s of an incarnation that lives: another one begins every few hours, and each is
 * let go a day after its end. So what was committed stays known for a day, and what is known
 * doesn't grow with the age of a process.
 *
 * <p>When the incarnation is over, its periods stay until nothing of it can be found any more
 * ({@link Sweeps}); for a month, if nobody looks.
 *
 * <p>Safe for use by many threads. Nothing here waits.
 */
final class Periods {
  private static final long LENGTH_NANOS = 6 * 3_600_000_000_000L;
  private static final long KEPT_NANOS = History.KEPT_SECONDS * 1_000_000_000L;
  private static final long LEASE_SECONDS = 31 * 24 * 3_600L;

  private static final System.Logger LOG = System.getLogger(Periods.class.getName());

  private final QuorateClient client;
  private final DomainKeys keys;
  private final Incarnation incarnation;

  // Guarded by this.
  private final TreeMap<Long, Period> own = new TreeMap<>();
  private final Map<Long, Long> endedNanos = new TreeMap<>();
  private boolean begins;
  private int failures;

  Periods(QuorateClient client, DomainKeys keys, Incarnation incarnation, Period first) {
    this.client = client;
    this.keys = keys;
    this.incarnation = incarnation;
    own.put(first.first(), first);
  }

  /** A lease for one. */
  static CompletableFuture<Long> lease(QuorateClient client) {
    return client.lease().grantAsync(LEASE_SECONDS).thenApply(granted -> granted.id());
  }

  /** What is written when one begins. */
  static Put put(DomainKeys keys, long incarnation, Period period) {
    return Put.of(keys.known(incarnation, period.first()), period.encoded()).lease(period.lease());
  }

  /** That of a transaction of this incarnation; empty if it is known no longer. */
  synchronized Optional<Period> of(long sequence) {
    Map.Entry<Long, Period> at = own.floorEntry(sequence);
    return at != null && at.getValue().covers(sequence)
        ? Optional.of(at.getValue())
        : Optional.empty();
  }

  /** The key that is there while a transaction is known. */
  synchronized Bytes key(long sequence) {
    Long first = own.floorKey(sequence);
    return keys.known(incarnation.number(), first == null ? sequence : first);
  }

  /** What comes before is known no longer. */
  synchronized long first() {
    return own.isEmpty() ? 0 : own.firstKey();
  }

  // ---- time passes -----------------------------------------------------------------------------

  void start() {
    client.timer().after(LENGTH_NANOS, this::next);
  }

  private boolean isOver() {
    return client.isClosed() || incarnation.session().loss().isPresent();
  }

  /** Another one begins, and those that have been over for long enough are let go. */
  private void next() {
    if (isOver()) {
      return;
    }
    retire();
    begin();
    start();
  }

  private void begin() {
    synchronized (this) {
      if (begins) {
        return;
      }
      begins = true;
    }
    var unused =
        lease(client)
            .whenComplete((id, failure) -> {
              if (failure == null) {
                write(append(id));
              } else {
                again(this::beginAgain);
              }
            });
  }

  private void beginAgain() {
    synchronized (this) {
      begins = false;
    }
    begin();
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

  /**
   * The last one ends where the next begins: at a chunk that no transaction has a number of yet, so
   * that no bit is under another lease than its period's.
   */
  private synchronized List<Period> append(long lease) {
    long first = incarnation.skipToChunk();
    List<Period> changed = new ArrayList<>();
    Map.Entry<Long, Period> last = own.lastEntry();
    if (last != null && last.getValue().end() == Period.OPEN) {
      Period ended = new Period(last.getKey(), first, last.getValue().lease());
      own.put(ended.first(), ended);
      endedNanos.put(ended.first(), client.timer().nanoTime());
      changed.add(ended);
    }
    Period next = new Period(first, Period.OPEN, lease);
    own.put(first, next);
    changed.add(next);
    return changed;
  }

  /** Until it is known that they are there. */
  private void write(List<Period> changed) {
    List<Op> puts = new ArrayList<>();
    boolean hasLast = false;
    synchronized (this) {
      for (Period each : changed) {
        if (each.equals(own.get(each.first()))) {
          puts.add(put(keys, incarnation.number(), each));
          hasLast |= each.end() == Period.OPEN;
        }
      }
      begins = hasLast;
    }
    if (!hasLast) { // its lease was ended before it was there
      begin();
      return;
    }
    var unused =
        client
            .kv()
            .txnAsync(Txn.when(incarnation.lives()).then(puts.toArray(new Op[0])))
            .whenComplete((response, failure) -> {
              if (failure == null) {
                written();
              } else if (isGone(failure)) {
                var unusedToo = look().thenRun(() -> again(() -> write(changed)));
              } else {
                again(() -> write(changed));
              }
            });
  }

  private synchronized void written() {
    begins = false;
    failures = 0;
  }

  /** Of those that ended a day ago nothing is known from now on, but what still runs. */
  private void retire() {
    List<Period> gone = new ArrayList<>();
    synchronized (this) {
      long now = client.timer().nanoTime();
      Long oldest = incarnation.active().isEmpty() ? null : incarnation.active().firstKey();
      while (!own.isEmpty()) {
        Period first = own.firstEntry().getValue();
        Long ended = endedNanos.get(first.first());
        boolean isOld = ended != null && now - ended > KEPT_NANOS;
        if (!isOld || (oldest != null && oldest < first.end())) {
          break;
        }
        own.remove(first.first());
        endedNanos.remove(first.first());
        gone.add(first);
      }
    }
    for (Period each : gone) { // what isn't let go now goes with the incarnation
      var unused = client.lease().revokeAsync(each.lease());
    }
  }

  // ---- what nobody expects ---------------------------------------------------------------------

  static boolean isGone(Throwable failure) {
    return QuorateException.reason(failure).code() == ErrorCode.NOT_FOUND;
  }

  /**
   * A write failed since a lease is gone, which only people end before its time: which one it is,
   * and another period in its place. Completes when that is known, or couldn't be found out.
   */
  CompletableFuture<Void> look() {
    List<Period> all;
    synchronized (this) {
      all = List.copyOf(own.values());
    }
    return Recoverer.oneByOne(
        all,
        each ->
            client
                .lease()
                .timeToLiveAsync(each.lease(), false)
                .handle((life, failure) -> {
                  if (failure == null && life.ttlSeconds() < 0) {
                    drop(each);
                  }
                  return null;
                }));
  }

  private void drop(Period period) {
    boolean isLast;
    synchronized (this) {
      isLast = period.end() == Period.OPEN;
      own.remove(period.first());
      endedNanos.remove(period.first());
    }
    LOG.log(
        System.Logger.Level.WARNING,
        "lease {0} was ended, and what was known under it of transactions is gone",
        DomainKeys.number(period.lease()));
    if (isLast) {
      begin();
    }
  }
}
