package io.quorate.xa;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.client.Compare;
import io.quorate.client.Put;
import io.quorate.client.QuorateClient;
import io.quorate.client.Range;
import io.quorate.client.RangeResponse;
import io.quorate.client.Session;
import io.quorate.client.Txn;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/**
 * One life of a coordinator: a key under a session's lease. The key's create revision is its
 * number, which the store gives once: no name is configured, and no two are the same, be one a copy
 * of the other.
 *
 * <p>When the key goes, nothing that is guarded by it can be written any more. So all that its
 * transactions may still become ends at one revision, whatever this process believes.
 */
final class Incarnation {
  /**
   * Transactions are numbered from here on, within bits that the lease gives. A store that was put
   * back to an earlier state may give a revision again; it doesn't give the same lease.
   */
  private static final int SALT_SHIFT = 40;

  private static final long AGAIN_NANOS = 50_000_000L;

  private static final long SALT_MASK = (1L << (Long.SIZE - 1 - SALT_SHIFT)) - 1;

  private final Session session;
  private final Bytes key;
  private final long number;
  private final AtomicLong sequences;
  private final DecisionLog log;
  private final Periods periods;
  private final Forgetting forgetting;
  private final ConcurrentNavigableMap<Long, Transaction> active = new ConcurrentSkipListMap<>();

  private Incarnation(
      QuorateClient client,
      DomainKeys keys,
      Session session,
      Bytes key,
      long number,
      Duration kept) {
    this.session = session;
    this.key = key;
    this.number = number;
    long first = salt(session.lease()) << SALT_SHIFT;
    sequences = new AtomicLong(first);
    periods = new Periods(client, keys, this, kept, Period.of(first));
    log = new DecisionLog(client, keys, this);
    forgetting = new Forgetting(client, keys, this);
  }

  /**
   * Begins one.
   *
   * @param resources the names of those that it may have branches at
   * @param about for people: where it runs
   * @param kept how long what was committed is known at least
   */
  static CompletableFuture<Incarnation> begin(
      QuorateClient client,
      DomainKeys keys,
      Duration ttl,
      List<String> resources,
      String about,
      Duration kept) {
    return client
        .sessionAsync(ttl)
        .thenCompose(session -> {
          Bytes key = keys.incarnation(session.lease());
          CompletableFuture<Incarnation> begun =
              put(client, Put.of(key, Bytes.utf8(about)).lease(session.lease()))
                  .thenApply(number -> new Incarnation(client, keys, session, key, number, kept))
                  .thenCompose(incarnation -> incarnation.recordLife(client, keys, resources));
          var unused =
              begun.whenComplete((incarnation, failure) -> {
                if (failure != null) {
                  var unusedToo = session.closeAsync();
                }
              });
          return begun;
        });
  }

  /** The create revision of a key, once it surely is there. */
  private static CompletableFuture<Long> put(QuorateClient client, Put put) {
    Txn txn = Txn.when(Compare.absent(put.key())).then(put).otherwise(Range.key(put.key()));
    return client
        .kv()
        .txnAsync(txn)
        .thenApply(response ->
            response.succeeded()
                ? response.header().revision()
                : ((RangeResponse) response.responses().get(0))
                    .first()
                    .orElseThrow()
                    .createRevision())
        .exceptionallyCompose(failure -> ifUnknown(client, failure, () -> put(client, put)));
  }

  /** What does no harm when it is done twice is done again if it isn't known whether it was. */
  private static <T> CompletableFuture<T> ifUnknown(
      QuorateClient client, Throwable failure, Supplier<CompletableFuture<T>> again) {
    boolean unknown =
        QuorateException.reason(failure).code().kind() == ErrorCode.Kind.INDETERMINATE;
    if (!unknown || client.isClosed()) {
      return CompletableFuture.failedFuture(failure);
    }
    CompletableFuture<Void> paused = new CompletableFuture<>();
    client.timer().after(AGAIN_NANOS, () -> paused.complete(null));
    return paused.thenCompose(unused -> again.get());
  }

  /** Before its first transaction: from now on it is known. */
  private CompletableFuture<Incarnation> recordLife(
      QuorateClient client, DomainKeys keys, List<String> resources) {
    LifeRecord life = new LifeRecord(session.lease(), salt(session.lease()), resources);
    long period = Period.of(sequences.get());
    Put[] records = {Put.of(keys.life(number), life.encoded()), Periods.put(keys, number, period)};
    return Periods.grant(client, keys, number, period)
        .thenCompose(granted -> client.kv().txnAsync(Txn.when(lives()).then(records)))
        .thenApply(response -> {
          if (!response.succeeded()) {
            throw QuorateException.of(
                ErrorCode.SESSION_LOST, "the coordinator's lease ended as it began");
          }
          periods.start();
          return this;
        })
        .exceptionallyCompose(
            failure -> ifUnknown(client, failure, () -> recordLife(client, keys, resources)))
        .whenComplete((begun, failure) -> {
          if (failure != null) {
            periods.revoke();
          }
        });
  }

  static long salt(long lease) {
    return lease & SALT_MASK;
  }

  /** Whether a transaction's number can be one of an incarnation's with that salt. */
  static boolean isOf(long sequence, long salt) {
    return sequence >>> SALT_SHIFT == salt;
  }

  /** That it lives: guards all that it writes. */
  Compare lives() {
    return Compare.createRevision(key).is(number);
  }

  Bytes key() {
    return key;
  }

  /** Its number: the create revision of its key. */
  long number() {
    return number;
  }

  /** Its key is gone: that is known here before its session knows. */
  void abandon() {
    var unused = session.closeAsync();
  }

  Session session() {
    return session;
  }

  DecisionLog log() {
    return log;
  }

  Periods periods() {
    return periods;
  }

  Forgetting forgetting() {
    return forgetting;
  }

  /** Its transactions that aren't over, by their numbers. */
  ConcurrentNavigableMap<Long, Transaction> active() {
    return active;
  }

  /** Whether anything is left to be done here of a transaction with a lower number than that. */
  boolean isInUse(long end) {
    Map.Entry<Long, Transaction> first = active.firstEntry();
    return (first != null && first.getKey() < end) || forgetting.hasBefore(end);
  }

  /** The number that the next transaction gets at least. */
  long upcoming() {
    return sequences.get();
  }

  /** Gives no lower number than that any more. */
  void goOnFrom(long sequence) {
    sequences.accumulateAndGet(sequence, Math::max);
  }

  /** The next transaction's number: no other has it. */
  long nextSequence() {
    long next = sequences.getAndIncrement();
    long within = next % Period.LENGTH;
    if (within == Period.LENGTH / 2) {
      periods.runShort();
    } else if (within == 0) {
      periods.used(next - 1); // until now
    }
    return next;
  }

  @Override
  public String toString() {
    return "incarnation " + number;
  }
}
