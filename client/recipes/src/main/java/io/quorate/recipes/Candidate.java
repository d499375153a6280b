package io.quorate.recipes;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.client.Compare;
import io.quorate.client.Delete;
import io.quorate.client.KeyValue;
import io.quorate.client.Put;
import io.quorate.client.Range;
import io.quorate.client.RangeResponse;
import io.quorate.client.Session;
import io.quorate.client.SessionState;
import io.quorate.client.Txn;
import io.quorate.client.TxnResponse;
import io.quorate.client.WatchEnd;
import io.quorate.client.WatchListener;
import io.quorate.client.WatchRequest;
import io.quorate.client.WatchResponse;
import io.quorate.client.Watcher;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A place in a queue: a key that goes with a session's lease, among others below one prefix, in the
 * order in which they were created. Its turn has come when nobody before it is in its way.
 *
 * <p><b>Entering</b> is one transaction: the key is written if it isn't there, and the first of the
 * queue read along. Who is first by then owns, after one round trip. An entering whose outcome
 * isn't known is repeated: the key is this candidate's alone, so it recognises itself, and doesn't
 * queue behind itself.
 *
 * <p><b>Waiting</b> is for one other key only, the nearest before it that is in its way; so one
 * that leaves wakes one. The own key is watched too: a place that is taken away is noticed at once.
 * Events may be lost on the way, so both are looked at again, twice in a TTL.
 *
 * <p><b>Leaving</b> deletes the key if it is still the one that was created, and is repeated until
 * it is known to have. A late copy of an entering could make the key anew; so after one whose
 * outcome wasn't known the key is looked for again, and deleted, until no copy can be under way any
 * more.
 *
 * <p>Thread-safe; callers are told on threads of the client's.
 */
final class Candidate {
  private static final long RETRY_NANOS = 200_000_000L;

  /** After so long the own key is watched. */
  private static final long OWN_WATCH_NANOS = 50_000_000L;

  /** So many keys before this one are looked at in one go where some aren't in the way. */
  private static final long PAGE = 16;

  private enum Phase {
    ENTERING,
    QUEUED,
    OWNING,
    LEFT
  }

  /**
   * Whom a candidate waits for.
   *
   * @param prefix of all keys that may be in the way
   * @param inTheWay whether one of them is, if it was created before
   * @param mayStepAside whether one that is in the way may be there still, and not be in it any
   *     more
   */
  record Queue(Bytes prefix, Predicate<KeyValue> inTheWay, boolean mayStepAside) {}

  private final Session session;
  private final Queue queue;
  private final Bytes key;
  private final Bytes value;

  /** Whether nobody else has this one's key by now. */
  private final BooleanSupplier vacant;

  private final Rounds rounds;

  private final CompletableFuture<Long> turn = new CompletableFuture<>();
  private final CompletableFuture<QuorateException> loss = new CompletableFuture<>();
  private final CompletableFuture<Boolean> atOnce = new CompletableFuture<>();

  // Guarded by this.
  private Phase phase = Phase.ENTERING;
  private boolean underWay;
  private boolean unsure;
  private @Nullable Runnable afterEntering;
  private long created;
  private long looks;
  private @Nullable Watcher own;
  private @Nullable Watcher ahead;
  private Bytes aheadKey = Bytes.EMPTY;
  private @Nullable AutoCloseable listening;

  Candidate(Session session, Queue queue, Bytes key, Bytes value, BooleanSupplier vacant) {
    this.session = session;
    this.queue = queue;
    this.key = key;
    this.value = value;
    this.vacant = vacant;
    rounds = Rounds.of(session);
  }

  /**
   * The revision at which its key was created, once its turn has come; fails if its place is lost.
   */
  CompletableFuture<Long> turn() {
    return turn;
  }

  /** Completes when what was held is lost, with why; never if it is given back. */
  CompletableFuture<QuorateException> loss() {
    return loss;
  }

  /** Whether it owned as soon as it knew who is before it; fails as {@link #turn} does. */
  CompletableFuture<Boolean> atOnce() {
    return atOnce;
  }

  Bytes key() {
    return key;
  }

  /** Somebody else's transaction has put the key at the head of the queue: it owns. */
  void adopt(long createdAt) {
    listen();
    synchronized (this) {
      if (phase != Phase.ENTERING) {
        return;
      }
      phase = Phase.OWNING;
      created = createdAt;
    }
    stay();
    turn.complete(createdAt);
    atOnce.complete(true);
  }

  // ---- entering --------------------------------------------------------------------------------

  void enter() {
    listen();
    tryToEnter();
  }

  private void listen() {
    AutoCloseable listens =
        session.onChange(
            state -> {
              if (state instanceof SessionState.Lost lost) {
                lose(ErrorCode.SESSION_LOST, "the session is over: " + lost.reason());
              }
            },
            Runnable::run);
    synchronized (this) {
      listening = listens;
    }
    if (session.state() instanceof SessionState.Lost lost) {
      lose(ErrorCode.SESSION_LOST, "the session is over: " + lost.reason());
    }
  }

  /** It has a key: from now on that is looked after. */
  private void stay() {
    rounds.add(this);
    session.client().timer().after(OWN_WATCH_NANOS, this::watchOwn);
  }

  /** A key that is there for a moment only isn't worth a watch. */
  private synchronized void watchOwn() {
    if (phase != Phase.LEFT && own == null) {
      own = watch(key, created + 1, false, this::ownGone);
    }
  }

  private void tryToEnter() {
    synchronized (this) {
      if (phase != Phase.ENTERING) {
        return;
      }
      underWay = true;
    }
    Range first =
        Range.prefix(queue.prefix())
            .sort(Range.Target.CREATE, Range.Order.ASCEND)
            .limit(1)
            .withKeysOnly();
    Txn txn =
        Txn.when(Compare.absent(key))
            .then(Put.of(key, value).lease(session.lease()), first)
            .otherwise(Range.key(key), first);
    var unused =
        session
            .client()
            .kv()
            .txnAsync(txn)
            .whenComplete((response, failure) -> {
              if (failure == null) {
                entered(response);
              } else {
                notEntered(QuorateException.reason(failure));
              }
            });
  }

  private void entered(TxnResponse response) {
    long at = response.header().revision();
    long madeAt = at;
    boolean foreign = false;
    if (response.responses().get(0) instanceof RangeResponse there && there.first().isPresent()) {
      KeyValue known = there.first().get();
      madeAt = known.createRevision();
      foreign = known.lease() != session.lease();
    }
    long firstAt =
        ((RangeResponse) response.responses().get(1))
            .first()
            .map(KeyValue::createRevision)
            .orElse(Long.MAX_VALUE);
    boolean stays;
    Runnable leaving;
    synchronized (this) {
      underWay = false;
      created = madeAt;
      leaving = afterEntering;
      stays = phase == Phase.ENTERING && !foreign;
      phase = stays ? Phase.QUEUED : phase;
    }
    if (leaving != null) {
      leaving.run();
    } else if (foreign) {
      lose(ErrorCode.OWNERSHIP_LOST, "its key belongs to another lease: " + key.toUtf8());
    } else if (stays) {
      stay();
      if (firstAt >= madeAt) {
        own();
      } else {
        look();
      }
    }
  }

  private void notEntered(QuorateException why) {
    Runnable leaving;
    synchronized (this) {
      underWay = false;
      unsure |= why instanceof QuorateException.Indeterminate;
      leaving = afterEntering;
    }
    if (leaving != null) {
      leaving.run();
    } else if (why.code() == ErrorCode.NOT_FOUND) {
      lose(ErrorCode.SESSION_LOST, "the session's lease is gone: " + why.getMessage());
    } else if (isFinal(why)) {
      lose(why.code(), String.valueOf(why.getMessage()));
    } else {
      session.client().timer().after(RETRY_NANOS, this::tryToEnter);
    }
  }

  // ---- waiting ---------------------------------------------------------------------------------

  /** Who is before it now? */
  private void look() {
    long number;
    long before;
    synchronized (this) {
      if (phase != Phase.QUEUED) {
        return;
      }
      number = ++looks;
      before = created;
    }
    look(number, before);
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
                lookAgain(number, failure);
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
    long at = earlier.header().revision();
    boolean gone;
    synchronized (this) {
      if (phase != Phase.QUEUED || number != looks) {
        return;
      }
      gone = mine.map(KeyValue::createRevision).orElse(0L) != created;
      if (!gone && nearest.isPresent()) {
        follow(nearest.get().key(), at);
      }
    }
    if (!gone && nearest.isPresent()) {
      atOnce.complete(false);
    } else if (gone) {
      ownGone();
    } else if (before.size() < PAGE) {
      own();
    } else {
      look(number, before.get(before.size() - 1).createRevision());
    }
  }

  private void lookAgain(long number, Throwable failure) {
    QuorateException why = QuorateException.reason(failure);
    if (isFinal(why)) {
      lose(why.code(), String.valueOf(why.getMessage()));
      return;
    }
    lookSoon(number);
  }

  private void lookSoon(long number) {
    session
        .client()
        .timer()
        .after(
            RETRY_NANOS,
            () -> {
              synchronized (this) {
                if (number != looks) {
                  return; // somebody has looked meanwhile
                }
              }
              look();
            });
  }

  /** Waits for one key to go. Called with the lock held. */
  private void follow(Bytes other, long revision) {
    if (ahead != null) {
      if (aheadKey.equals(other)) {
        return;
      }
      ahead.close();
    }
    aheadKey = other;
    ahead = watch(other, revision + 1, queue.mayStepAside(), this::look);
  }

  private Watcher watch(Bytes which, long from, boolean puts, Runnable changed) {
    WatchRequest request = WatchRequest.key(which).from(from);
    return session
        .client()
        .watch()
        .start(
            puts ? request : request.withoutPuts(),
            new WatchListener() {
              @Override
              public void events(WatchResponse response) {
                changed.run();
              }

              @Override
              public void ended(WatchEnd end) {
                watchEnded(which);
              }
            });
  }

  /** History is gone, perhaps: a look finds what it hid, and watches again. */
  private void watchEnded(Bytes which) {
    long number;
    synchronized (this) {
      if (phase == Phase.LEFT) {
        return;
      }
      if (which.equals(key)) {
        own = null;
      } else if (which.equals(aheadKey)) {
        ahead = null;
        aheadKey = Bytes.EMPTY;
      }
      number = looks;
    }
    lookSoon(number);
  }

  /** Looks whether all is as it was told: an event may have been lost. */
  void verify() {
    boolean owns;
    synchronized (this) {
      owns = phase == Phase.OWNING;
    }
    if (!owns) {
      look();
      return;
    }
    var unused =
        session
            .client()
            .kv()
            .rangeAsync(Range.key(key).withKeysOnly())
            .thenAccept(response -> {
              long now = response.first().map(KeyValue::createRevision).orElse(0L);
              boolean gone;
              synchronized (this) {
                gone = now != created;
              }
              watchOwn();
              if (gone) {
                ownGone();
              }
            });
  }

  // ---- owning, and losing it -------------------------------------------------------------------

  private void own() {
    long revision;
    synchronized (this) {
      if (phase != Phase.QUEUED) {
        return;
      }
      phase = Phase.OWNING;
      revision = created;
      closeAhead();
    }
    turn.complete(revision);
    atOnce.complete(true);
  }

  private void closeAhead() {
    if (ahead != null) {
      ahead.close();
      ahead = null;
      aheadKey = Bytes.EMPTY;
    }
  }

  /** Somebody has found out that its place is gone. */
  void lost(QuorateException why) {
    lose(why.code(), String.valueOf(why.getMessage()));
  }

  private void ownGone() {
    lose(ErrorCode.OWNERSHIP_LOST, "its key was deleted, or its lease has ended: " + key.toUtf8());
  }

  private void lose(ErrorCode code, String reason) {
    QuorateException why = QuorateException.of(code, reason);
    synchronized (this) {
      if (phase == Phase.LEFT) {
        return;
      }
      end();
    }
    turn.completeExceptionally(why);
    atOnce.completeExceptionally(why);
    loss.complete(why);
  }

  /** Nothing is watched any more. Called with the lock held. */
  private void end() {
    phase = Phase.LEFT;
    rounds.remove(this);
    closeAhead();
    if (own != null) {
      own.close();
    }
    if (listening != null) {
      try {
        listening.close();
      } catch (Exception e) {
        throw new IllegalStateException("a session's listener can't be taken away", e);
      }
    }
  }

  // ---- leaving ---------------------------------------------------------------------------------

  /**
   * Gives the place up; what is to be told of it is told no more.
   *
   * @return whether the key was there until then; completes once it surely isn't, or the session is
   *     over
   */
  CompletableFuture<Boolean> leave() {
    CompletableFuture<Boolean> left = new CompletableFuture<>();
    boolean later;
    synchronized (this) {
      if (phase == Phase.LEFT) {
        return CompletableFuture.completedFuture(false);
      }
      end();
      later = underWay;
      if (later) { // what isn't answered yet may be done after what would be asked now
        afterEntering = () -> delete(left);
      }
    }
    turn.cancel(false);
    atOnce.cancel(false);
    if (!later) {
      delete(left);
    }
    return left;
  }

  private void delete(CompletableFuture<Boolean> left) {
    long revision;
    boolean mayComeLate;
    synchronized (this) {
      revision = created;
      mayComeLate = unsure;
    }
    if (revision == 0 && !mayComeLate) {
      left.complete(false); // it never got in
      return;
    }
    delete(revision, left::complete);
    if (mayComeLate) {
      var unused = left.thenRun(() -> sweep(session.client().options().timeout().toNanos()));
    }
  }

  /**
   * @param revision at which the key was created; 0 if that isn't known: then whatever is there
   *     under this lease goes
   */
  private void delete(long revision, Consumer<Boolean> done) {
    Compare mine =
        revision != 0
            ? Compare.createRevision(key).is(revision)
            : Compare.lease(key).is(session.lease());
    var unused =
        session
            .client()
            .kv()
            .txnAsync(Txn.when(mine).then(Delete.key(key)))
            .whenComplete((response, failure) -> {
              if (failure == null) {
                done.accept(response.succeeded());
              } else if (session.state() instanceof SessionState.Lost
                  || isFinal(QuorateException.reason(failure))) {
                done.accept(false);
              } else {
                session.client().timer().after(RETRY_NANOS, () -> delete(revision, done));
              }
            });
  }

  /**
   * What a late copy of the entering made is deleted, as long as there may be one under way; unless
   * the key is another candidate's by now, who takes it for its own.
   */
  private void sweep(long nanosLeft) {
    if (nanosLeft <= 0 || session.state() instanceof SessionState.Lost) {
      return;
    }
    long pause = Math.max(RETRY_NANOS, nanosLeft / 2);
    session
        .client()
        .timer()
        .after(
            pause,
            () -> {
              var unused =
                  session
                      .client()
                      .kv()
                      .rangeAsync(Range.key(key).withKeysOnly())
                      .thenAccept(response ->
                          response
                              .first()
                              .filter(kv -> kv.lease() == session.lease() && vacant.getAsBoolean())
                              .ifPresent(kv -> delete(kv.createRevision(), was -> {})));
              sweep(nanosLeft - pause);
            });
  }

  // ---- failures --------------------------------------------------------------------------------

  /** Whether trying again is of no use. */
  private boolean isFinal(QuorateException why) {
    return why instanceof QuorateException.Rejected
        || why instanceof QuorateException.Corrupt
        || why.code() == ErrorCode.STOPPED;
  }
}
