package io.quorate.recipes;

import io.quorate.base.Bytes;
import io.quorate.base.QuorateException;
import io.quorate.client.Compare;
import io.quorate.client.KeyValue;
import io.quorate.client.Put;
import io.quorate.client.Range;
import io.quorate.client.RangeResponse;
import io.quorate.client.Session;
import io.quorate.client.Txn;
import io.quorate.client.TxnResponse;
import io.quorate.client.WatchRequest;
import io.quorate.client.Watcher;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A place in a queue, in the order in which keys were created. Its turn has come when nobody before
 * it is in its way.
 *
 * <p>The first of the queue is read along with the entering: who is first by then owns, after one
 * round trip. Who waits, waits for one other key only, the nearest before it that is in its way; so
 * one that leaves wakes one.
 */
final class Candidate extends Place {
  /** So many keys before this one are looked at in one go. */
  private static final long PAGE = 16;

  /**
   * Whom a candidate waits for.
   *
   * @param prefix of all keys that may be in the way
   * @param inTheWay whether one of them is, if it was created before
   * @param mayStepAside whether one that is in the way may be there still, and not be in it any
   *     more
   */
  record Queue(Bytes prefix, Predicate<KeyValue> inTheWay, boolean mayStepAside) {}

  private final Queue queue;

  // Guarded by this.
  private @Nullable Watcher ahead;
  private Bytes aheadKey = Bytes.EMPTY;

  Candidate(Session session, Queue queue, Bytes key, Bytes value, Owning owning) {
    super(session, key, value, owning);
    this.queue = queue;
  }

  @Override
  Txn entering() {
    Range first =
        Range.prefix(queue.prefix())
            .sort(Range.Target.CREATE, Range.Order.ASCEND)
            .limit(1)
            .withKeysOnly();
    return Txn.when(Compare.absent(key))
        .then(Put.of(key, value).lease(session.lease()), first)
        .otherwise(Range.key(key), first);
  }

  @Override
  Entered entered(TxnResponse response, long revision) {
    KeyValue known =
        response.responses().get(0) instanceof RangeResponse there
            ? there.first().orElse(null)
            : null;
    long createdAt = known == null ? revision : known.createRevision();
    long firstAt =
        ((RangeResponse) response.responses().get(1))
            .first()
            .map(KeyValue::createRevision)
            .orElse(Long.MAX_VALUE);
    return new Entered(known, firstAt >= createdAt);
  }

  @Override
  void look(long number) {
    look(number, created());
  }

  /**
   * @param before the keys that were created earlier than this are still to be looked at
   */
  private void look(long number, long before) {
    Range earlier =
        Range.prefix(queue.prefix())
            .createRevisions(0, before - 1)
            .sort(Range.Target.CREATE, Range.Order.DESCEND)
            .limit(PAGE);
    var unused =
        session
            .client()
            .kv()
            .txnAsync(Txn.always(Range.key(key).withKeysOnly(), earlier))
            .whenComplete((response, failure) -> {
              if (failure != null) {
                lookAgain(number, QuorateException.reason(failure));
              } else {
                seen(
                    number,
                    ((RangeResponse) response.responses().get(0)).first(),
                    (RangeResponse) response.responses().get(1));
              }
            });
  }

  private void seen(long number, Optional<KeyValue> mine, RangeResponse earlier) {
    List<KeyValue> before = earlier.kvs();
    Optional<KeyValue> nearest = before.stream().filter(queue.inTheWay()).findFirst();
    boolean gone;
    synchronized (this) {
      if (!isLast(number)) {
        return;
      }
      gone = mine.map(KeyValue::createRevision).orElse(0L) != created();
      if (!gone && nearest.isPresent()) {
        follow(nearest.get().key(), earlier.header().revision());
      }
    }
    if (gone) {
      ownGone();
    } else if (nearest.isPresent()) {
      waits();
    } else if (before.size() < PAGE) {
      own();
    } else {
      look(number, before.get(before.size() - 1).createRevision());
    }
  }

  /** Waits for one key to go. Called with the lock held. */
  private void follow(Bytes other, long revision) {
    if (ahead != null && aheadKey.equals(other)) {
      return;
    }
    stepAside();
    WatchRequest request = WatchRequest.key(other).from(revision + 1);
    aheadKey = other;
    ahead =
        watch(
            queue.mayStepAside() ? request : request.withoutPuts(),
            this::look,
            () -> aheadEnded(other));
  }

  /** What a gap hides, a look finds, and watches again. */
  private void aheadEnded(Bytes other) {
    long number;
    synchronized (this) {
      if (!aheadKey.equals(other)) {
        return;
      }
      ahead = null;
      aheadKey = Bytes.EMPTY;
      number = looks();
    }
    lookSoon(number);
  }

  @Override
  void stepAside() {
    if (ahead != null) {
      ahead.close();
    }
    ahead = null;
    aheadKey = Bytes.EMPTY;
  }
}
