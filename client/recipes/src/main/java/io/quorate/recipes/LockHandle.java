package io.quorate.recipes;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.client.Compare;
import io.quorate.client.Listening;
import io.quorate.client.Op;
import io.quorate.client.Range;
import io.quorate.client.Session;
import io.quorate.client.SessionState;
import io.quorate.client.Txn;
import io.quorate.client.TxnResponse;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A lock that was acquired, until it is released or lost. Any thread may use it.
 *
 * <p>What is done under it can be made safe in two ways, whatever pauses there are. Writes to the
 * store go through {@link #guarded}: they take effect only if the lock is held by this handle at
 * that moment. Anything else is handed the {@link #token}, and turns away older ones than it has
 * seen.
 */
public final class LockHandle implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(LockHandle.class.getName());

  private enum Stand {
    HELD,
    ENDING,
    RELEASED,
    LOST
  }

  /** Who gave it out, and takes it back. */
  interface Keeper {
    /** Whether it was held until then. */
    CompletableFuture<Boolean> release(LockHandle handle);
  }

  private final Keeper keeper;
  private final Session session;
  private final Place place;
  private final FencingToken token;
  private final CompletableFuture<Released> released = new CompletableFuture<>();

  // Guarded by this.
  private Stand stand = Stand.HELD;
  private int underWay;
  private boolean unsure;
  private @Nullable QuorateException loss;
  private final List<Told> listeners = new ArrayList<>();

  LockHandle(Keeper keeper, Session session, Place place, FencingToken token) {
    this.keeper = keeper;
    this.session = session;
    this.place = place;
    this.token = token;
  }

  Place place() {
    return place;
  }

  /**
   * The key that stands for it in the store: there as long as it is held, and created at the
   * token's revision.
   */
  public Bytes key() {
    return place.key();
  }

  /** Rises with each holder of this lock, in this process and elsewhere. */
  public FencingToken token() {
    return token;
  }

  /** The session that it is held under. */
  public Session session() {
    return session;
  }

  /** Whether it surely is held at this moment. */
  public boolean isHeld() {
    return !remaining().isZero();
  }

  /** How long it surely is held still, if nobody deletes its key; zero if it may be lost. */
  public Duration remaining() {
    synchronized (this) {
      if (stand != Stand.HELD) {
        return Duration.ZERO;
      }
    }
    return session.remaining();
  }

  /**
   * Fails unless it surely is held at this moment. Call it before what can't be guarded.
   *
   * @throws QuorateException.Conflict with {@link ErrorCode#OWNERSHIP_LOST}
   */
  public void requireHeld() {
    QuorateException why = notHeld();
    if (why != null) {
      throw why;
    }
  }

  private @Nullable QuorateException notHeld() {
    synchronized (this) {
      if (stand == Stand.LOST) {
        QuorateException known = loss;
        return QuorateException.of(
            ErrorCode.OWNERSHIP_LOST,
            "the lock is lost: " + (known == null ? "" : known.getMessage()),
            known);
      }
      if (stand != Stand.HELD) {
        return QuorateException.of(ErrorCode.OWNERSHIP_LOST, "the lock was released");
      }
    }
    return session.remaining().isZero()
        ? QuorateException.of(
            ErrorCode.OWNERSHIP_LOST,
            "the lock may be lost: no renewal of its session was answered in time")
        : null;
  }

  // ---- what is done under it -------------------------------------------------------------------

  /**
   * Carries out operations if the lock is still held, in one step.
   *
   * @return what the operations brought, in their order
   * @throws QuorateException.Conflict with {@link ErrorCode#OWNERSHIP_LOST} if it isn't held any
   *     more; nothing was done then
   */
  public TxnResponse guarded(Op... operations) {
    return session.client().await(guardedAsync(Txn.always(operations)));
  }

  /** Carries out a transaction if the lock is still held, as {@link #guarded(Op...)} does. */
  public TxnResponse guarded(Txn txn) {
    return session.client().await(guardedAsync(txn));
  }

  /**
   * Carries out a transaction if the lock is still held, in one step.
   *
   * @return how the transaction itself ended: whether its own comparisons held
   */
  public CompletableFuture<TxnResponse> guardedAsync(Txn txn) {
    QuorateException why = notHeld();
    synchronized (this) {
      if (why == null && stand != Stand.HELD) {
        why = QuorateException.of(ErrorCode.OWNERSHIP_LOST, "the lock was released");
      }
      if (why != null) {
        return CompletableFuture.failedFuture(why);
      }
      underWay++;
    }
    Txn guarded =
        Txn.when(Compare.createRevision(place.key()).is(token.revision()))
            .then(txn)
            .otherwise(Range.key(place.key()).withKeysOnly());
    return session
        .client()
        .kv()
        .txnAsync(guarded)
        .whenComplete((response, failure) -> ended(failure))
        .thenApply(response -> {
          if (!response.succeeded()) {
            QuorateException gone =
                QuorateException.of(
                    ErrorCode.OWNERSHIP_LOST,
                    "the lock was lost before the write, which took no effect");
            place.lost(gone);
            throw new CompletionException(gone);
          }
          return (TxnResponse) response.responses().get(0);
        });
  }

  /** A guarded operation is over; the last of them lets a release go on. */
  private void ended(@Nullable Throwable failure) {
    boolean goesOn;
    synchronized (this) {
      unsure |=
          failure != null
              && QuorateException.reason(failure) instanceof QuorateException.Indeterminate;
      underWay--;
      goesOn = underWay == 0 && stand == Stand.ENDING;
    }
    if (goesOn) {
      giveBack();
    }
  }

  /** Whether something that it guards may take effect yet: nobody may hold it by the same key. */
  synchronized boolean isUnsure() {
    return unsure;
  }

  // ---- its end ---------------------------------------------------------------------------------

  /**
   * Gives it back, once what is guarded by it and under way has ended.
   *
   * @return whether it was held until then
   */
  public CompletableFuture<Released> releaseAsync() {
    boolean now;
    synchronized (this) {
      if (stand == Stand.LOST || (stand != Stand.HELD && released.isDone())) {
        return CompletableFuture.completedFuture(Released.NOT_HELD);
      }
      if (stand != Stand.HELD) {
        return released.thenApply(first -> Released.NOT_HELD); // it is being released already
      }
      stand = Stand.ENDING;
      now = underWay == 0;
    }
    if (now) {
      giveBack();
    }
    return released.copy();
  }

  private void giveBack() {
    var unused =
        keeper
            .release(this)
            .thenAccept(was -> {
              synchronized (this) {
                if (stand == Stand.ENDING) {
                  stand = Stand.RELEASED;
                }
              }
              released.complete(was ? Released.RELEASED : Released.NOT_HELD);
              tell(new OwnershipEvent.Given());
            });
  }

  /**
   * Gives it back, and waits for that, whatever interrupts: until the store has said so, or the
   * session is over. An interrupt stays set.
   */
  public Released release() {
    return Waiting.toTheEnd(session.client(), releaseAsync());
  }

  /**
   * Gives it back if it is held, and waits for that as {@link #release} does, unless the thread
   * must not. Idempotent.
   */
  @Override
  public void close() {
    CompletableFuture<Released> given = releaseAsync();
    if (!given.isDone() && !session.client().mustNotBlock()) {
      var unused = Waiting.toTheEnd(session.client(), given);
    }
  }

  /** Its key is gone, or its session. */
  void lost(QuorateException why) {
    boolean ending;
    synchronized (this) {
      if (stand == Stand.LOST || stand == Stand.RELEASED) {
        return;
      }
      loss = why;
      ending = stand == Stand.ENDING;
      stand = Stand.LOST;
    }
    if (ending) {
      released.complete(Released.NOT_HELD);
    }
    tell(new OwnershipEvent.Lost(String.valueOf(why.getMessage())));
  }

  // ---- who is told -----------------------------------------------------------------------------

  /** Tells what becomes of it, on the common pool. */
  public Listening onEvent(Consumer<? super OwnershipEvent> listener) {
    return onEvent(listener, ForkJoinPool.commonPool());
  }

  /**
   * Tells what becomes of it, in order; at once if it is lost or released already. What the
   * listener throws is logged, and what comes next is told nevertheless.
   *
   * @param executor runs the listener, which may block there; what it refuses is told on the common
   *     pool
   * @return ends the telling
   */
  public Listening onEvent(Consumer<? super OwnershipEvent> listener, Executor executor) {
    Told told = new Told(listener, executor);
    OwnershipEvent already = null;
    synchronized (this) {
      if (stand == Stand.LOST) {
        QuorateException known = loss;
        already = new OwnershipEvent.Lost(known == null ? "" : String.valueOf(known.getMessage()));
      } else if (stand == Stand.RELEASED) {
        already = new OwnershipEvent.Given();
      } else {
        listeners.add(told);
      }
    }
    if (already != null) {
      told.tell(already);
      return () -> {};
    }
    told.alsoTells(session.onChange(told::sessionChanged, executor));
    return () -> {
      told.end();
      synchronized (this) {
        listeners.remove(told);
      }
    };
  }

  /** Tells the last that there is to tell. */
  private void tell(OwnershipEvent event) {
    List<Told> all;
    synchronized (this) {
      all = List.copyOf(listeners);
      listeners.clear();
    }
    all.forEach(each -> each.tell(event));
  }

  /** One who is told, one at a time, and nothing after the end. */
  private static final class Told {
    private final Consumer<? super OwnershipEvent> listener;
    private final Executor executor;

    // Guarded by this.
    private final ArrayDeque<OwnershipEvent> untold = new ArrayDeque<>();
    private boolean telling;
    private boolean over;
    private @Nullable Listening standing;

    Told(Consumer<? super OwnershipEvent> listener, Executor executor) {
      this.listener = listener;
      this.executor = executor;
    }

    /** How the session stands is told along, until the end. */
    void alsoTells(Listening session) {
      synchronized (this) {
        standing = session;
        if (!over) {
          return;
        }
      }
      session.close();
    }

    void end() {
      Listening present;
      synchronized (this) {
        over = true;
        present = standing;
      }
      if (present != null) {
        present.close();
      }
    }

    /** On the common pool if the executor refuses: that it is lost must be heard. */
    void tell(OwnershipEvent event) {
      try {
        executor.execute(() -> take(event));
      } catch (Throwable e) { // refused, or there is no memory for a thread
        LOG.log(System.Logger.Level.WARNING, "a listener's executor failed", e);
        ForkJoinPool.commonPool().execute(() -> take(event));
      }
    }

    void sessionChanged(SessionState state) {
      if (state instanceof SessionState.Suspect suspect) {
        take(new OwnershipEvent.Suspect(suspect.reason()));
      } else if (state instanceof SessionState.Active) {
        take(new OwnershipEvent.Confirmed());
      }
    }

    /** Tells what there is to tell, in order, and without the lock. */
    private void take(OwnershipEvent event) {
      synchronized (this) {
        untold.add(event);
        if (telling) {
          return;
        }
        telling = true;
      }
      for (OwnershipEvent next = next(); next != null; next = next()) {
        if (next instanceof OwnershipEvent.Lost || next instanceof OwnershipEvent.Given) {
          end();
        }
        try {
          listener.accept(next);
        } catch (Throwable e) { // what comes next is told nevertheless
          LOG.log(System.Logger.Level.WARNING, "a listener failed", e);
        }
      }
    }

    private synchronized @Nullable OwnershipEvent next() {
      OwnershipEvent next = over ? null : untold.poll();
      telling = next != null;
      return next;
    }
  }
}
