package io.quorate.recipes;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.client.Compare;
import io.quorate.client.KeyValue;
import io.quorate.client.Keys;
import io.quorate.client.Put;
import io.quorate.client.Range;
import io.quorate.client.RangeResponse;
import io.quorate.client.Session;
import io.quorate.client.SessionState;
import io.quorate.client.Txn;
import io.quorate.client.TxnResponse;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Who wants one lock in one session: they queue here, and one of them at a time stands for all in
 * the store. So two threads under one session exclude each other, though their key is the same, and
 * thousands make one key.
 *
 * <p>Who gives the lock back while others wait here hands it to the next of them without asking the
 * store, but only so often in a row: then those elsewhere have their turn.
 *
 * <p>Thread-safe.
 */
final class LockQueue implements LockHandle.Keeper, Place.Owning {
  /** So often a lock is handed on here before it is given back. */
  static final int HANDED_ON_MAX = 16;

  /** So many wait here at most. */
  static final int WAITING_MAX = 100_000;

  /** One who waits here. */
  private static final class Waiter {
    final CompletableFuture<LockHandle> handle = new CompletableFuture<>();

    /** What its key shall say. */
    final Bytes value;

    Waiter(Bytes value) {
      this.value = value;
    }
  }

  private final Session session;
  private final LockName name;
  private final Bytes key;
  private final int handedOnMax;
  private final KnownEpoch epoch;

  // Guarded by this.
  private final ArrayDeque<Waiter> waiting = new ArrayDeque<>();
  private @Nullable Place candidate;

  /** Whose value the candidate's key has. */
  private @Nullable Waiter standsFor;

  private @Nullable LockHandle held;

  /** Whether the store is asked whether the lock is free, or told that it is. */
  private boolean busy;

  private int handedOn;

  /** How often somebody wanted the lock, or was done with it. */
  private long uses;

  /** Whether it is looked for having become idle. */
  private boolean watched;

  /** Nobody may queue here any more: there is, or will be, another queue of this name. */
  private boolean retired;

  private LockQueue(Session session, LockName name, int handedOnMax) {
    this.session = session;
    this.name = name;
    this.handedOnMax = handedOnMax;
    key = name.key(session.lease());
    epoch = KnownEpoch.of(session);
  }

  /** What the queue of a name is known by in its session. */
  private record Of(LockName name) {}

  /**
   * The queue of a name in a session, as long as somebody wants that lock.
   *
   * @param handedOnMax how often in a row it is handed on here; that of who asked first counts
   */
  static LockQueue of(Session session, LockName name, int handedOnMax) {
    return session.companion(
        new Of(name), LockQueue.class, () -> new LockQueue(session, name, handedOnMax));
  }

  /** The queue that has taken this one's place. */
  private LockQueue successor() {
    return of(session, name, handedOnMax);
  }

  /**
   * Notes that somebody wants the lock: the queue stays until nobody has for so long that nothing
   * of this session's is under way to its key any more.
   *
   * @return false if it is gone already
   */
  private synchronized boolean use() {
    if (retired) {
      return false;
    }
    uses++;
    if (!watched) {
      watched = true;
      retireLater(uses);
    }
    return true;
  }

  private void retireLater(long seen) {
    long nanos = 2 * session.client().options().timeout().toNanos();
    session.client().timer().after(nanos, () -> retireUnlessUsed(seen));
  }

  private synchronized void retireUnlessUsed(long seen) {
    boolean over = session.client().isClosed();
    if (!over && (uses != seen || !isVacant() || held != null || !waiting.isEmpty())) {
      retireLater(uses);
    } else {
      retired = true;
      session.dismiss(new Of(name), this);
    }
  }

  /**
   * Queues for it.
   *
   * @param value what the key says to others
   * @return cancelling it gives the place up
   */
  CompletableFuture<LockHandle> acquire(Bytes value) {
    if (!use()) {
      return successor().acquire(value);
    }
    Waiter waiter = new Waiter(value);
    synchronized (this) {
      if (waiting.size() >= WAITING_MAX) {
        return CompletableFuture.failedFuture(
            QuorateException.of(
                ErrorCode.OVERLOADED,
                WAITING_MAX + " wait for the lock " + name + " in this session already"));
      }
      waiting.addLast(waiter);
    }
    var unused =
        waiter.handle.whenComplete((handle, failure) -> {
          if (failure != null) {
            givenUp(waiter);
          }
        });
    goOn();
    return waiter.handle;
  }

  /** Whoever is needed to get the lock gets going. */
  private void goOn() {
    Place stands;
    synchronized (this) {
      Waiter first = waiting.peekFirst();
      if (busy || candidate != null || first == null) {
        return;
      }
      stands = candidate(first);
    }
    stand(stands);
    stands.enter();
  }

  private void stand(Place stands) {
    var unused =
        stands
            .turn()
            .whenComplete((created, failure) -> {
              if (failure == null) {
                hand(stands, created, 0);
              } else if (!stands.turn().isCancelled()) {
                failed(stands, QuorateException.reason(failure));
              }
            });
    var unusedToo = stands.loss().thenAccept(why -> failed(stands, why));
  }

  /** Whether nobody stands for those here, or is about to. Called with the lock held. */
  private boolean isVacant() {
    return candidate == null && !busy;
  }

  @Override
  public synchronized boolean claim() {
    boolean vacant = isVacant();
    busy |= vacant;
    return vacant;
  }

  @Override
  public void unclaim() {
    done();
  }

  /** Gives the lock to the next who waits here, or back if nobody does. */
  private void hand(Place stands, long created, long sequence) {
    var unused =
        epoch
            .get()
            .thenAccept(known -> {
              LockHandle handle =
                  new LockHandle(this, session, stands, new FencingToken(known, created, sequence));
              while (true) {
                Waiter next;
                synchronized (this) {
                  if (!stands.equals(candidate)) {
                    return; // it is lost already, and all were told
                  }
                  next = waiting.pollFirst();
                  held = next == null ? null : handle;
                  if (next == null) {
                    detach();
                  }
                }
                if (next == null) {
                  leave(stands);
                  return;
                }
                if (next.handle.complete(handle)) {
                  return;
                }
              }
            });
  }

  /** Its handle is done with it. */
  @Override
  public CompletableFuture<Boolean> release(LockHandle handle) {
    boolean active = session.state() instanceof SessionState.Active;
    boolean handsOn;
    synchronized (this) {
      if (held != handle) {
        return CompletableFuture.completedFuture(false);
      }
      held = null;
      handsOn = active && !waiting.isEmpty() && handedOn < handedOnMax && !handle.isUnsure();
      if (handsOn) {
        handedOn++;
      } else {
        detach();
      }
    }
    Place stands = handle.place();
    if (handsOn) {
      hand(stands, handle.token().revision(), handle.token().sequence() + 1);
      return CompletableFuture.completedFuture(true);
    }
    return leaving(stands);
  }

  /** Nobody stands for those here until the present place is left. Called with the lock held. */
  private void detach() {
    candidate = null;
    busy = true;
  }

  /** Leaves a place that was detached. */
  private CompletableFuture<Boolean> leaving(Place stands) {
    return stands.leave().whenComplete((was, failure) -> done()); // told once others may have it
  }

  private void leave(Place stands) {
    var unused = leaving(stands);
  }

  /** One who waited doesn't any more. */
  private void givenUp(Waiter waiter) {
    Place idle = null;
    synchronized (this) {
      boolean goes = waiting.remove(waiter) && held == null && candidate != null;
      boolean saysAnother = handedOnMax == 0 && waiter.equals(standsFor);
      if (goes && (waiting.isEmpty() || saysAnother)) {
        idle = candidate;
        detach();
      }
    }
    if (idle != null) {
      leave(idle);
    }
  }

  /**
   * The place is lost: who holds the lock is told, and who waits, unless another place can be had.
   */
  private void failed(Place stands, QuorateException why) {
    LockHandle was;
    List<Waiter> all = new ArrayList<>();
    synchronized (this) {
      if (!stands.equals(candidate)) {
        return;
      }
      detach();
      was = held;
      held = null;
      if (was == null || why.code() == ErrorCode.SESSION_LOST) {
        all.addAll(waiting);
        waiting.clear();
      }
    }
    all.forEach(each -> each.handle.completeExceptionally(why));
    var unused = stands.cleared().thenRun(this::done);
    if (was != null) {
      was.lost(why);
    }
  }

  // ---- without waiting -------------------------------------------------------------------------

  /** Takes it if it is free at this moment, in one round trip; writes nothing if it isn't. */
  CompletableFuture<Optional<LockHandle>> tryAcquire(Bytes value) {
    if (!use()) {
      return successor().tryAcquire(value);
    }
    synchronized (this) {
      if (!isVacant() || !waiting.isEmpty()) {
        return CompletableFuture.completedFuture(Optional.empty());
      }
      busy = true;
    }
    Optional<QuorateException> over = session.loss();
    if (over.isPresent()) {
      done();
      return CompletableFuture.failedFuture(over.get());
    }
    Bytes prefix = name.prefix();
    Txn txn =
        Txn.when(Compare.createRevision(prefix).is(0).upTo(Keys.prefixEnd(prefix)))
            .then(Put.of(key, value).lease(session.lease()))
            .otherwise(Range.prefix(prefix).limit(1).withKeysOnly());
    CompletableFuture<Optional<LockHandle>> answer = new CompletableFuture<>();
    var unused =
        session
            .client()
            .kv()
            .txnAsync(txn)
            .whenComplete((response, failure) -> {
              if (failure == null) {
                tried(response, value, answer);
              } else if (QuorateException.reason(failure)
                  instanceof QuorateException.Indeterminate) {
                tryByQueueing(value, /* unsure= */ true, answer);
              } else {
                done();
                answer.completeExceptionally(QuorateException.reason(failure));
              }
            });
    return answer;
  }

  private void tried(
      TxnResponse response, Bytes value, CompletableFuture<Optional<LockHandle>> answer) {
    if (response.succeeded()) {
      stand(wantFirst(value, answer)).adopt(response.header().revision());
      return;
    }
    Optional<KeyValue> first = ((RangeResponse) response.responses().get(0)).first();
    if (first.isPresent() && !name.contends(first.get())) {
      // another key, which may hide that this one is free
      tryByQueueing(value, /* unsure= */ false, answer);
    } else {
      done();
      answer.complete(Optional.empty());
    }
  }

  /** Where one look doesn't tell: enters, and leaves again if somebody is before it. */
  private void tryByQueueing(
      Bytes value, boolean unsure, CompletableFuture<Optional<LockHandle>> answer) {
    First first = wantFirst(value, answer);
    if (unsure) {
      first.place.mayComeLate();
    }
    var unused =
        first
            .place
            .atOnce()
            .thenAccept(owns -> {
              if (!owns) {
                giveUp(first);
              }
            });
    stand(first).enter();
  }

  private void giveUp(First first) {
    boolean mine;
    synchronized (this) {
      mine = first.place.equals(candidate) && waiting.remove(first.waiter);
      if (mine) {
        detach();
      }
    }
    if (mine) { // told once it has left, so that nobody who asks after that finds it waiting
      var unused =
          leaving(first.place).whenComplete((was, failure) -> first.waiter.handle.cancel(false));
    } else {
      first.waiter.handle.cancel(false);
    }
  }

  /** Who tries, and the place that it tries from. */
  private record First(Waiter waiter, Place place) {}

  /** Who tries is before all that wait here, of whom there were none when it began. */
  private First wantFirst(Bytes value, CompletableFuture<Optional<LockHandle>> answer) {
    First first;
    synchronized (this) {
      busy = false;
      Waiter waiter = new Waiter(value);
      first = new First(waiter, candidate(waiter));
      waiting.addFirst(first.waiter);
    }
    var unused =
        first.waiter.handle.whenComplete((handle, failure) -> {
          if (failure == null) {
            if (!answer.complete(Optional.of(handle))) {
              giveBack(handle); // nobody is there who would
            }
          } else if (first.waiter.handle.isCancelled()) {
            answer.complete(Optional.empty());
          } else {
            answer.completeExceptionally(QuorateException.reason(failure));
          }
        });
    return first;
  }

  private static void giveBack(LockHandle handle) {
    var unused = handle.releaseAsync();
  }

  private Place stand(First first) {
    stand(first.place);
    return first.place;
  }

  /** Who stands for all here from now on. Called with the lock held. */
  private Place candidate(Waiter first) {
    Place stands = new Candidate(session, name.queue(), key, first.value, this);
    candidate = stands;
    standsFor = first;
    handedOn = 0;
    return stands;
  }

  private void done() {
    synchronized (this) {
      busy = false;
      uses++; // what is left may come late from now on
    }
    goOn();
  }
}
