package io.quorate.recipes;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.client.Compare;
import io.quorate.client.Delete;
import io.quorate.client.KeyValue;
import io.quorate.client.Listening;
import io.quorate.client.Range;
import io.quorate.client.Session;
import io.quorate.client.SessionState;
import io.quorate.client.Txn;
import io.quorate.client.TxnResponse;
import io.quorate.client.WatchEnd;
import io.quorate.client.WatchListener;
import io.quorate.client.WatchRequest;
import io.quorate.client.WatchResponse;
import io.quorate.client.Watcher;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A place among others who want the same: a key that goes with a session's lease, and is this one's
 * alone. When its turn comes, the subclass knows.
 *
 * <p><b>Entering</b> is one transaction, which writes the key if it isn't there. One whose outcome
 * isn't known is repeated: it recognises its own key, and doesn't queue behind itself.
 *
 * <p><b>Staying.</b> The own key is watched, so that a place that is taken away is noticed at once;
 * and since events may be lost on the way, all is looked at again, twice in a TTL.
 *
 * <p><b>Leaving</b> deletes the key if it is still the one that was created, and is repeated until
 * it is known to have. A late copy of an entering could make the key anew; so after one whose
 * outcome wasn't known the key is looked for again, and deleted, until no copy can be under way any
 * more.
 *
 * <p>Thread-safe; callers are told on threads of the client's.
 */
abstract class Place {
  static final long RETRY_NANOS = 200_000_000L;

  /** After so long it is looked again whether a key may be swept that another place had. */
  private static final long SWEEP_AGAIN_NANOS = 2_000_000_000L;

  /** After so long the own key is watched. */
  private static final long OWN_WATCH_NANOS = 50_000_000L;

  private enum Phase {
    ENTERING,
    WAITING,
    OWNING,
    LEFT
  }

  /** Whose a place's key is, where several places of a session have one in turn. */
  interface Owning {
    /** A key that no other place ever has. */
    Owning ALONE =
        new Owning() {
          @Override
          public boolean claim() {
            return true;
          }

          @Override
          public void unclaim() {}
        };

    /**
     * Keeps others from entering with the key, unless one has it already.
     *
     * @return false if one has, or may have it
     */
    boolean claim();

    /** Others may enter again. */
    void unclaim();
  }

  /**
   * What an entering came to.
   *
   * @param key the own key as it was found; null if it was written just now
   * @param owns whether its turn has come already
   */
  record Entered(@Nullable KeyValue key, boolean owns) {}

  final Session session;
  final Bytes key;
  final Bytes value;

  private final Owning owning;

  private final Rounds rounds;
  private final CompletableFuture<Long> turn = new CompletableFuture<>();
  private final CompletableFuture<QuorateException> loss = new CompletableFuture<>();
  private final CompletableFuture<Boolean> atOnce = new CompletableFuture<>();
  private final CompletableFuture<Void> cleared = new CompletableFuture<>();

  // Guarded by this.
  private Phase phase = Phase.ENTERING;
  private boolean underWay;
  private boolean unsure;
  private @Nullable Runnable afterEntering;
  private long created;
  private long looks;
  private @Nullable Watcher own;
  private @Nullable Listening listening;

  Place(Session session, Bytes key, Bytes value, Owning owning) {
    this.session = session;
    this.key = key;
    this.value = value;
    this.owning = owning;
    rounds = Rounds.of(session);
  }

  // ---- what differs ----------------------------------------------------------------------------

  /**
   * Writes the key under the session's lease, unless it is there; reads what is needed to judge.
   */
  abstract Txn entering();

  /**
   * @throws QuorateException if the place can't be had
   */
  abstract Entered entered(TxnResponse response, long createdAt);

  /**
   * Finds out whether its turn has come, or that its key is gone; it waits.
   *
   * @param number of this look: what it finds counts if it {@link #isLast}
   */
  abstract void look(long number);

  /** Nothing is waited for any more. Called with the lock held. */
  abstract void stepAside();

  /**
   * Deletes the key.
   *
   * @param mine holds as long as the key is the one that was created
   */
  Txn leaving(Compare mine) {
    return Txn.when(mine).then(Delete.key(key));
  }

  /** What {@link #leaving} came to. */
  void left(TxnResponse response) {}

  // ---- what callers see ------------------------------------------------------------------------

  /**
   * The revision at which its key was created, once its turn has come; fails if its place is lost.
   */
  final CompletableFuture<Long> turn() {
    return turn;
  }

  /** Completes when what was held is lost, with why; never if it is given back. */
  final CompletableFuture<QuorateException> loss() {
    return loss;
  }

  /** Whether it owned as soon as it knew who is before it; fails as {@link #turn} does. */
  final CompletableFuture<Boolean> atOnce() {
    return atOnce;
  }

  /**
   * Completes once a place that is lost asks for no deletion any more: then another may have its
   * key.
   */
  final CompletableFuture<Void> cleared() {
    return cleared;
  }

  /** Where it is kept. */
  final Bytes key() {
    return key;
  }

  /** A copy of an entering may be under way, which somebody else has sent. */
  final synchronized void mayComeLate() {
    unsure = true;
  }

  /** Somebody else's transaction has written the key, and its turn has come. */
  final void adopt(long createdAt) {
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

  final void enter() {
    listen();
    tryToEnter();
  }

  private void listen() {
    Listening listens = session.whenLost(this::lost);
    boolean left;
    synchronized (this) {
      listening = listens;
      left = phase == Phase.LEFT;
    }
    if (left) {
      listens.close();
    }
  }

  private void tryToEnter() {
    synchronized (this) {
      if (phase != Phase.ENTERING) {
        return;
      }
      underWay = true;
    }
    var unused =
        session
            .client()
            .kv()
            .txnAsync(entering())
            .whenComplete((response, failure) -> {
              if (failure == null) {
                answered(response);
              } else {
                notEntered(QuorateException.reason(failure));
              }
            });
  }

  private void answered(TxnResponse response) {
    Entered entered;
    try {
      entered = entered(response, response.header().revision());
    } catch (QuorateException e) {
      refused(e);
      return;
    }
    KeyValue known = entered.key();
    boolean foreign = known != null && known.lease() != session.lease();
    boolean stays;
    Runnable leaving;
    synchronized (this) {
      underWay = false;
      created = known == null ? response.header().revision() : known.createRevision();
      leaving = afterEntering;
      stays = phase == Phase.ENTERING && !foreign;
      phase = stays ? Phase.WAITING : phase;
    }
    if (leaving != null) {
      leaving.run();
    } else if (foreign) {
      lose(ErrorCode.OWNERSHIP_LOST, "its key belongs to another lease: " + key.toUtf8());
    } else if (stays) {
      stay();
      if (entered.owns()) {
        own();
      } else {
        look();
      }
    }
  }

  /** It has no key, and won't have one. */
  private void refused(QuorateException why) {
    Runnable leaving;
    synchronized (this) {
      underWay = false;
      leaving = afterEntering;
    }
    if (leaving == null) {
      lost(why);
    } else {
      leaving.run();
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

  // ---- staying ---------------------------------------------------------------------------------

  /** It has a key: from now on that is looked after. */
  private void stay() {
    synchronized (this) {
      if (phase == Phase.LEFT) {
        return;
      }
      rounds.add(this);
    }
    session.client().timer().after(OWN_WATCH_NANOS, this::watchOwn);
  }

  /** A key that is there for a moment only isn't worth a watch. */
  private void watchOwn() {
    watchOwn(created() + 1);
  }

  private synchronized void watchOwn(long from) {
    if (phase != Phase.LEFT && own == null) {
      own = watch(WatchRequest.key(key).from(from).withoutPuts(), this::ownGone, this::ownEnded);
    }
  }

  private void ownEnded() {
    synchronized (this) {
      own = null;
    }
    session.client().timer().after(RETRY_NANOS, this::verify);
  }

  /**
   * @param ended the watch can't go on, since history is gone, or may not
   */
  final Watcher watch(WatchRequest request, Runnable changed, Runnable ended) {
    return session
        .client()
        .watch()
        .start(
            request,
            new WatchListener() {
              @Override
              public void events(WatchResponse response) {
                changed.run();
              }

              @Override
              public void ended(WatchEnd end) {
                ended.run();
              }
            });
  }

  // ---- looking ---------------------------------------------------------------------------------

  final void look() {
    long number;
    synchronized (this) {
      if (phase != Phase.WAITING) {
        return;
      }
      number = ++looks;
    }
    look(number);
  }

  /** Whether it waits, and hasn't looked again since. Called with the lock held. */
  final boolean isLast(long number) {
    return phase == Phase.WAITING && number == looks;
  }

  /** How often it has looked. Called with the lock held. */
  final long looks() {
    return looks;
  }

  final void lookAgain(long number, QuorateException why) {
    if (isFinal(why)) {
      lost(why);
    } else {
      lookSoon(number);
    }
  }

  final void lookSoon(long number) {
    session
        .client()
        .timer()
        .after(
            RETRY_NANOS,
            () -> {
              synchronized (this) {
                if (!isLast(number)) {
                  return; // somebody has looked meanwhile
                }
              }
              look();
            });
  }

  /** Looks whether all is as it was told: an event may have been lost, or a watch have ended. */
  final void verify() {
    Phase now;
    boolean unwatched;
    synchronized (this) {
      now = phase;
      unwatched = own == null;
    }
    if (now == Phase.WAITING) {
      look();
    }
    if (now == Phase.OWNING || (now == Phase.WAITING && unwatched)) {
      verifyOwn();
    }
  }

  private void verifyOwn() {
    var unused =
        session
            .client()
            .kv()
            .rangeAsync(Range.key(key).withKeysOnly())
            .thenAccept(response -> {
              long now = response.first().map(KeyValue::createRevision).orElse(0L);
              watchOwn(response.header().revision() + 1);
              if (now != created()) {
                ownGone();
              }
            });
  }

  final synchronized long created() {
    return created;
  }

  final synchronized boolean isWaiting() {
    return phase == Phase.WAITING;
  }

  /** Its turn hasn't come yet. */
  final void waits() {
    atOnce.complete(false);
  }

  // ---- owning, and losing it -------------------------------------------------------------------

  final void own() {
    long revision;
    synchronized (this) {
      if (phase != Phase.WAITING) {
        return;
      }
      phase = Phase.OWNING;
      revision = created;
      stepAside();
    }
    turn.complete(revision);
    atOnce.complete(true);
  }

  /** Somebody has found out that its place is gone. */
  final void lost(QuorateException why) {
    lose(why.code(), String.valueOf(why.getMessage()));
  }

  final void ownGone() {
    lose(ErrorCode.OWNERSHIP_LOST, "its key was deleted, or its lease has ended: " + key.toUtf8());
  }

  final void lose(ErrorCode code, String reason) {
    QuorateException why = QuorateException.of(code, reason);
    Runnable deletion =
        switch (code) {
          case SESSION_LOST -> () -> cleared.complete(null);
          case OWNERSHIP_LOST ->
              () -> {
                sweepIfUnsure();
                cleared.complete(null);
              };
          default -> this::clear;
        };
    if (!end(deletion)) {
      return;
    }
    turn.completeExceptionally(why);
    atOnce.completeExceptionally(why);
    loss.complete(why);
  }

  private void clear() {
    CompletableFuture<Boolean> left = new CompletableFuture<>();
    var unused = left.thenRun(() -> cleared.complete(null));
    delete(left);
  }

  private void sweepIfUnsure() {
    boolean mayComeLate;
    synchronized (this) {
      mayComeLate = unsure;
    }
    if (mayComeLate) {
      sweep();
    }
  }

  /**
   * Nothing is watched any more.
   *
   * @param deletion runs now, or when what is under way is answered: it may be done after what
   *     would be asked now
   * @return false if it had left already, and nothing is to be done
   */
  private boolean end(Runnable deletion) {
    boolean later;
    synchronized (this) {
      if (phase == Phase.LEFT) {
        return false;
      }
      phase = Phase.LEFT;
      rounds.remove(this);
      stepAside();
      if (own != null) {
        own.close();
      }
      if (listening != null) {
        listening.close();
      }
      later = underWay;
      afterEntering = deletion;
    }
    if (!later) {
      deletion.run();
    }
    return true;
  }

  // ---- leaving ---------------------------------------------------------------------------------

  /**
   * Gives the place up; what is to be told of it is told no more.
   *
   * @return whether the key was there until then; completes once it surely isn't, or the session is
   *     over
   */
  final CompletableFuture<Boolean> leave() {
    CompletableFuture<Boolean> left = new CompletableFuture<>();
    if (!end(() -> delete(left))) {
      return CompletableFuture.completedFuture(false);
    }
    turn.cancel(false);
    atOnce.cancel(false);
    return left;
  }

  private void delete(CompletableFuture<Boolean> left) {
    long revision;
    boolean mayComeLate;
    synchronized (this) {
      revision = created;
      mayComeLate = unsure;
    }
    if (revision != 0) {
      delete(revision, left::complete);
    } else if (mayComeLate) {
      deleteUnknown(left::complete);
    } else {
      left.complete(false); // it never got in
    }
    if (mayComeLate) {
      var unused = left.thenRun(this::sweep);
    }
  }

  private void sweep() {
    sweep(session.client().options().timeout().toNanos());
  }

  /** Whether a key of its may be there, or may come yet. */
  final synchronized boolean mayBeThere() {
    return created != 0 || unsure;
  }

  private void delete(long revision, Consumer<Boolean> done) {
    delete(revision, /* mayBeDone= */ false, done);
  }

  /**
   * @param revision at which the key was created: a copy that comes late hits no later one
   * @param mayBeDone whether it was asked for before, and the answer was lost
   */
  private void delete(long revision, boolean mayBeDone, Consumer<Boolean> done) {
    var unused =
        session
            .client()
            .kv()
            .txnAsync(leaving(Compare.createRevision(key).is(revision)))
            .whenComplete((response, failure) -> {
              if (failure == null) {
                deleted(response, mayBeDone, done);
                return;
              }
              QuorateException why = QuorateException.reason(failure);
              if (isOver(why)) {
                done.accept(false);
              } else {
                boolean unknown = mayBeDone || why instanceof QuorateException.Indeterminate;
                session.client().timer().after(RETRY_NANOS, () -> delete(revision, unknown, done));
              }
            });
  }

  private void deleted(TxnResponse response, boolean mayBeDone, Consumer<Boolean> done) {
    try {
      left(response);
    } finally {
      done.accept(response.succeeded() || mayBeDone);
    }
  }

  /** Deletes what may be there: under this lease, and since when isn't known. */
  private void deleteUnknown(Consumer<Boolean> done) {
    var unused =
        session
            .client()
            .kv()
            .rangeAsync(Range.key(key).withKeysOnly())
            .whenComplete((response, failure) -> {
              if (failure == null) {
                response
                    .first()
                    .filter(kv -> kv.lease() == session.lease())
                    .ifPresentOrElse(
                        kv -> delete(kv.createRevision(), done), () -> done.accept(false));
              } else if (isOver(QuorateException.reason(failure))) {
                done.accept(false);
              } else {
                session.client().timer().after(RETRY_NANOS, () -> deleteUnknown(done));
              }
            });
  }

  private boolean isOver(QuorateException why) {
    return isFinal(why) || session.state() instanceof SessionState.Lost;
  }

  /**
   * What a late copy of the entering made is deleted, as long as there may be one under way, and
   * once after that; unless the key is another place's by now, which takes it for its own.
   */
  private void sweep(long nanosLeft) {
    if (session.state() instanceof SessionState.Lost || session.client().isClosed()) {
      return;
    }
    long pause = Math.max(RETRY_NANOS, nanosLeft / 2);
    session.client().timer().after(pause, () -> sweepNow(nanosLeft - pause));
  }

  private void sweepNow(long nanosLeft) {
    if (!owning.claim()) {
      sweep(Math.max(SWEEP_AGAIN_NANOS, nanosLeft));
      return;
    }
    deleteUnknown(was -> {
      owning.unclaim();
      if (nanosLeft > 0) {
        sweep(nanosLeft);
      }
    });
  }

  // ---- failures --------------------------------------------------------------------------------

  /** Whether trying again is of no use. */
  static boolean isFinal(QuorateException why) {
    return why instanceof QuorateException.Rejected
        || why instanceof QuorateException.Corrupt
        || why.code() == ErrorCode.STOPPED;
  }
}
