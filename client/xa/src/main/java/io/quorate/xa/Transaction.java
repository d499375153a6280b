package io.quorate.xa;

import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.client.Compare;
import io.quorate.client.Delete;
import io.quorate.client.Op;
import io.quorate.client.Put;
import io.quorate.client.channel.Timer;
import io.quorate.xa.branch.Branch;
import io.quorate.xa.branch.BranchId;
import io.quorate.xa.branch.ConnectionBranch;
import io.quorate.xa.branch.Resource;
import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One transaction, over any of its {@link Transactions}' resources and the store.
 *
 * <p>Work is done by one thread at a time, through the branches that it {@linkplain #enlist
 * enlists}. What it writes into the store ({@link #put}, {@link #require}) is kept here, and
 * written in the same step as the decision: if that holds, so does this, and no other participant
 * is needed for it.
 *
 * <p>When its time is over it can only be rolled back, and what it still does at its resources
 * fails.
 */
public final class Transaction {
  private static final System.Logger LOG = System.getLogger(Transaction.class.getName());

  /** Who doesn't end it for as long again as it may take has forgotten it; or for so long. */
  private static final long GRACE_NANOS_MAX = 30_000_000_000L;

  private final Transactions owner;
  private final Incarnation incarnation;
  private final long sequence;
  private final Duration timeout;
  private final long deadlineNanos;

  // Guarded by this.
  private final Map<Resource<?>, GlobalTransaction.Enlisted> enlisted = new LinkedHashMap<>();
  private final List<GlobalTransaction.Enlisted> branches = new ArrayList<>();
  private final List<Compare> compares = new ArrayList<>();
  private final List<Op> ops = new ArrayList<>();
  private final Deque<Runnable> beforeCommit = new ArrayDeque<>();
  private final List<Consumer<Outcome>> afterCompletion = new ArrayList<>();
  private State state = State.ACTIVE;
  private @Nullable Throwable doomed;
  private @Nullable GlobalTransaction ending;

  /** What became of it when its time had ended it, which whoever works in it doesn't know yet. */
  private @Nullable CompletableFuture<Outcome> abandonment;

  /** How far a transaction is. */
  public enum State {
    /** It takes work. */
    ACTIVE,
    /** It can only be rolled back. */
    ROLLBACK_ONLY,
    /** It takes no work any more; it will be committed if it can. */
    COMMITTING,
    /** It takes no work any more. */
    ROLLING_BACK,
    /** As {@link Outcome.Kind#COMMITTED}. */
    COMMITTED,
    /** As {@link Outcome.Kind#ABORTED}. */
    ROLLED_BACK,
    /** As {@link Outcome.Kind#UNKNOWN}. */
    UNKNOWN
  }

  Transaction(Transactions owner, Incarnation incarnation, Duration timeout) {
    this.owner = owner;
    this.incarnation = incarnation;
    this.timeout = timeout;
    sequence = incarnation.nextSequence();
    deadlineNanos = owner.client().timer().nanoTime() + timeout.toNanos();
  }

  /** Its name, as {@code quorate xa} and logs tell it: unique for ever. */
  public String id() {
    return DomainKeys.number(incarnation.number()) + "/" + DomainKeys.number(sequence);
  }

  /** Who has begun it. */
  public Transactions owner() {
    return owner;
  }

  /** How far it is. */
  public synchronized State state() {
    return state == State.ACTIVE && doomed != null ? State.ROLLBACK_ONLY : state;
  }

  long sequence() {
    return sequence;
  }

  Incarnation incarnation() {
    return incarnation;
  }

  // ---- work ------------------------------------------------------------------------------------

  /**
   * The branch at a resource; begun if it is the first time.
   *
   * @throws QuorateException if it can't begin, or the transaction takes no work any more
   * @throws IllegalArgumentException if its {@link Transactions} don't have the resource: nobody
   *     would finish what is left there
   */
  public <B extends Branch> B enlist(Resource<B> resource) {
    @SuppressWarnings("unchecked") // what the resource began
    B known = (B) known(resource);
    return known != null ? known : enlistAnother(resource, true);
  }

  /**
   * One more branch at a resource, beside those that it has there.
   *
   * @throws QuorateException as {@link #enlist}
   * @throws IllegalArgumentException as {@link #enlist}
   */
  public <B extends Branch> B enlistAnother(Resource<B> resource) {
    return enlistAnother(resource, false);
  }

  private @Nullable Branch known(Resource<?> resource) {
    synchronized (this) {
      requireWorking();
      GlobalTransaction.Enlisted known = enlisted.get(resource);
      return known == null ? null : known.branch();
    }
  }

  private <B extends Branch> B enlistAnother(Resource<B> resource, boolean first) {
    owner.requireOwn(resource);
    BranchId id;
    synchronized (this) {
      requireWorking();
      id =
          new BranchId(
              owner.domain(),
              incarnation.number(),
              sequence,
              BranchId.hash(resource.name()),
              branches.size(),
              0);
    }
    B branch;
    try {
      branch = resource.begin(id, left());
    } catch (QuorateException e) {
      throw e;
    } catch (Exception e) {
      throw QuorateException.of(
          ErrorCode.UNREACHABLE,
          "no branch begins at " + resource.name() + ": " + e.getMessage(),
          e);
    }
    boolean late;
    synchronized (this) {
      GlobalTransaction.Enlisted added = new GlobalTransaction.Enlisted(resource.name(), branch);
      late = ending != null;
      if (!late) {
        branches.add(added);
        if (first) {
          enlisted.put(resource, added);
        }
      }
    }
    if (late) { // somebody has ended it meanwhile
      var unused = branch.abort();
      throw ended();
    }
    return branch;
  }

  /** How much of its time is left; at least a millisecond. */
  private Duration left() {
    long nanos = deadlineNanos - owner.client().timer().nanoTime();
    return Duration.ofNanos(Math.max(1_000_000, nanos));
  }

  /**
   * The connection of the branch at a database; begun if it is the first time.
   *
   * @throws QuorateException as {@link #enlist}
   */
  public Connection connection(Resource<? extends ConnectionBranch> resource) {
    return enlist(resource).connection();
  }

  /**
   * Writes a key of the store, if the transaction commits and when it does.
   *
   * @throws QuorateException if it takes no work any more
   */
  public Transaction put(Put put) {
    return add(put);
  }

  /** Writes a text under a key of the store, as {@link #put(Put)} does. */
  public Transaction put(String key, String value) {
    return put(Put.of(key, value));
  }

  /** Deletes keys of the store, if the transaction commits and when it does. */
  public Transaction delete(Delete delete) {
    return add(delete);
  }

  private synchronized Transaction add(Op op) {
    requireWorking();
    requireRoom(ops.size());
    if (op instanceof Put put) {
      requireFirst(put);
    }
    ops.add(op);
    return this;
  }

  /**
   * Lets the transaction commit only if this holds in the store when it does. If it doesn't, all of
   * it is rolled back, with {@link ErrorCode#STATE_MOVED}.
   */
  public synchronized Transaction require(Compare compare) {
    requireWorking();
    requireRoom(compares.size());
    compares.add(compare);
    return this;
  }

  /** The store takes one write of a key in a transaction. */
  private void requireFirst(Put put) {
    for (Op each : ops) {
      if (each instanceof Put other && other.key().equals(put.key())) {
        throw QuorateException.of(
            ErrorCode.INVALID_REQUEST,
            "the transaction writes the key " + put.key() + " twice: write its last value alone");
      }
    }
  }

  /** A transaction of the store has at most 128 operations, as etcd's default is. */
  private static void requireRoom(int size) {
    if (size >= Transactions.STORE_OPS_MAX) {
      throw QuorateException.of(
          ErrorCode.INVALID_REQUEST,
          "a transaction writes at most "
              + Transactions.STORE_OPS_MAX
              + " keys of the store, and asks of as many");
    }
  }

  /** It can only be rolled back from now on. */
  public void setRollbackOnly(String reason) {
    doom(QuorateException.of(ErrorCode.TRANSACTION_ABORTED, reason));
  }

  /** Whether it can only be rolled back. */
  public synchronized boolean isRollbackOnly() {
    return doomed != null;
  }

  private void doom(QuorateException why) {
    synchronized (this) {
      if (doomed != null || ending != null) {
        return;
      }
      doomed = why;
    }
    endWork(why);
  }

  /** What its branches do or wait for shall fail. */
  private void endWork(QuorateException why) {
    List<GlobalTransaction.Enlisted> present;
    synchronized (this) {
      present = ending == null ? List.copyOf(branches) : List.of();
    }
    present.forEach(each -> each.branch().doom(String.valueOf(why.getMessage())));
  }

  /** Called with the lock held. */
  private void requireWorking() {
    if (ending != null) {
      throw ended();
    }
    if (doomed != null) {
      throw QuorateException.of(
          ErrorCode.TRANSACTION_ABORTED,
          "the transaction can only be rolled back: " + doomed.getMessage(),
          doomed);
    }
  }

  private static IllegalStateException ended() {
    return new IllegalStateException("the transaction has ended");
  }

  // ---- its end ---------------------------------------------------------------------------------

  /**
   * Does something before it is committed, in the thread that commits it, which works in it
   * meanwhile; not if it is rolled back. What is done may enlist, write, and add more of the same,
   * which is done after it. Whatever it throws rolls the transaction back.
   *
   * @throws IllegalStateException if it takes no work any more
   */
  public synchronized Transaction beforeCommit(Runnable action) {
    requireNotEnding();
    beforeCommit.addLast(action);
    return this;
  }

  /**
   * Does something when it is known what became of it: in the thread that waits for that, or if
   * none does, in whichever finds out, which mustn't be held up. What it throws is logged.
   *
   * @throws IllegalStateException if it takes no work any more
   */
  public synchronized Transaction afterCompletion(Consumer<Outcome> action) {
    requireNotEnding();
    afterCompletion.add(action);
    return this;
  }

  /** Called with the lock held. */
  private void requireNotEnding() {
    if (ending != null) {
      throw ended();
    }
  }

  private void prepareToCommit() {
    Transaction outer = Transactions.bind(this);
    try {
      for (Runnable next = nextBeforeCommit(); next != null; next = nextBeforeCommit()) {
        next.run();
      }
    } catch (RuntimeException e) {
      doom(
          QuorateException.of(
              ErrorCode.TRANSACTION_ABORTED,
              "what was to be done before the commit failed: " + e.getMessage(),
              e));
    } catch (Error e) {
      setRollbackOnly("what was to be done before the commit failed: " + e);
      var unused = heard(startRollBack());
      throw e;
    } finally {
      Transactions.bind(outer);
    }
  }

  private synchronized @Nullable Runnable nextBeforeCommit() {
    return doomed == null ? beforeCommit.pollFirst() : null;
  }

  /** Whoever comes first tells all who want to know. */
  private void completed(Outcome outcome) {
    List<Consumer<Outcome>> told;
    synchronized (this) {
      state = ended(outcome);
      told = List.copyOf(afterCompletion);
      afterCompletion.clear();
    }
    for (Consumer<Outcome> each : told) {
      try {
        each.accept(outcome);
      } catch (RuntimeException e) {
        LOG.log(System.Logger.Level.WARNING, "failed after the completion of " + this, e);
      }
    }
  }

  private static State ended(Outcome outcome) {
    return switch (outcome.kind()) {
      case COMMITTED -> State.COMMITTED;
      case ABORTED -> State.ROLLED_BACK;
      case UNKNOWN -> State.UNKNOWN;
    };
  }

  /** Waits for it; those who want to know are told even if nobody waits any more. */
  private Outcome await(CompletableFuture<Outcome> known) {
    try {
      Outcome outcome = owner.client().await(known);
      completed(outcome);
      return outcome;
    } catch (RuntimeException e) {
      var unused = known.thenAccept(this::completed);
      throw e;
    }
  }

  /**
   * Commits it, unless it can only be rolled back, or a participant refuses. Completes when it is
   * known what became of it, and never fails; within its time, and 40 s if nobody answers.
   *
   * @throws IllegalStateException if it has ended
   */
  public CompletableFuture<Outcome> commitAsync() {
    return heard(startCommit());
  }

  private CompletableFuture<Outcome> heard(CompletableFuture<Outcome> known) {
    return known.thenApply(outcome -> {
      completed(outcome);
      return outcome;
    });
  }

  private CompletableFuture<Outcome> startCommit() {
    CompletableFuture<Outcome> known = takeAbandonment();
    if (known != null) {
      return known;
    }
    prepareToCommit();
    Throwable why;
    GlobalTransaction transaction;
    synchronized (this) {
      why = doomed;
      transaction = begunEnd(why == null ? State.COMMITTING : State.ROLLING_BACK);
    }
    return told(why == null ? transaction::commit : () -> transaction.rollBack(why));
  }

  private CompletableFuture<Outcome> told(Supplier<CompletableFuture<Outcome>> end) {
    Timer timer = owner.client().timer();
    long begun = timer.nanoTime();
    return end.get()
        .thenApply(outcome -> {
          Duration duration = Duration.ofNanos(timer.nanoTime() - begun);
          owner
              .client()
              .tell(TransactionObserver.class, each -> each.transactionEnded(outcome, duration));
          return outcome;
        });
  }

  /**
   * Rolls it back. Completes when it is done, or will be as soon as resources can be reached.
   *
   * @throws IllegalStateException if it has ended
   */
  public CompletableFuture<Outcome> rollBackAsync() {
    return heard(startRollBack());
  }

  /** If nobody was told yet that time has ended it: who comes now is, once. */
  private synchronized @Nullable CompletableFuture<Outcome> takeAbandonment() {
    CompletableFuture<Outcome> known = abandonment;
    abandonment = null;
    return known;
  }

  private CompletableFuture<Outcome> startRollBack() {
    CompletableFuture<Outcome> known = takeAbandonment();
    if (known != null) {
      return known;
    }
    GlobalTransaction transaction;
    Throwable why;
    synchronized (this) {
      why = doomed;
      transaction = begunEnd(State.ROLLING_BACK);
    }
    Throwable reason =
        why != null
            ? why
            : QuorateException.of(ErrorCode.TRANSACTION_ABORTED, "it was rolled back as wanted");
    return told(() -> transaction.rollBack(reason));
  }

  /** Called with the lock held. */
  private GlobalTransaction begunEnd(State next) {
    requireNotEnding();
    GlobalTransaction transaction =
        new GlobalTransaction(
            owner.client(),
            incarnation,
            owner.heuristics(),
            sequence,
            branches,
            new StoreWork(compares, ops),
            () -> owner.over(this));
    ending = transaction;
    state = next;
    return transaction;
  }

  /**
   * Commits it, and waits for what becomes of it.
   *
   * @throws QuorateException.Conflict if it was rolled back: with {@link ErrorCode#STATE_MOVED} if
   *     a key of the store wasn't as it {@linkplain #require required}, else {@link
   *     ErrorCode#TRANSACTION_ABORTED}
   * @throws QuorateException.Indeterminate if nobody could be asked what became of it
   * @throws QuorateException.Corrupt with {@link ErrorCode#HEURISTIC_OUTCOME} if a participant did
   *     otherwise than was decided
   */
  public void commit() {
    Optional<QuorateException> failure = failure(tryCommit());
    if (failure.isPresent()) {
      throw failure.get();
    }
  }

  /**
   * Commits it, and waits for what becomes of it, whatever that is.
   *
   * @throws IllegalStateException if it has ended
   */
  public Outcome tryCommit() {
    return await(startCommit());
  }

  /**
   * Rolls it back, and waits for what becomes of it, whatever that is.
   *
   * @throws IllegalStateException if it has ended
   */
  public Outcome tryRollBack() {
    return await(startRollBack());
  }

  /** Rolls it back, and waits for it. */
  public void rollBack() {
    Outcome outcome = tryRollBack();
    if (!outcome.contradicted().isEmpty()) {
      throw heuristic(outcome);
    }
  }

  /** How an outcome is told to whoever wanted it committed; empty if it is. */
  public static Optional<QuorateException> failure(Outcome outcome) {
    if (!outcome.contradicted().isEmpty()) {
      return Optional.of(heuristic(outcome));
    }
    return switch (outcome.kind()) {
      case COMMITTED -> Optional.empty();
      case ABORTED -> Optional.of(GlobalTransaction.aborted(outcome));
      case UNKNOWN ->
          Optional.of(
              QuorateException.of(
                  ErrorCode.OUTCOME_UNKNOWN,
                  "whether the transaction is committed is not known"
                      + (outcome.reason() == null ? "" : ": " + outcome.reason().getMessage()),
                  outcome.reason()));
    };
  }

  private static QuorateException heuristic(Outcome outcome) {
    return QuorateException.of(
        ErrorCode.HEURISTIC_OUTCOME,
        "the transaction was "
            + (outcome.kind() == Outcome.Kind.COMMITTED ? "committed" : "rolled back")
            + ", but not by "
            + String.join(", ", outcome.contradicted())
            + ": see quorate xa list");
  }

  /** Looks at the time. */
  void look(long nowNanos) {
    GlobalTransaction transaction;
    synchronized (this) {
      transaction = ending;
    }
    boolean late = nowNanos - deadlineNanos > 0;
    if (transaction == null && late) {
      if (isRollbackOnly()) {
        endWork(timedOut());
      } else {
        doom(timedOut());
      }
      if (nowNanos - deadlineNanos > Math.min(timeout.toNanos(), GRACE_NANOS_MAX)) {
        abandon();
      }
    } else if (transaction != null) {
      if (late && transaction.mayStillRollBack()) {
        var unused = transaction.rollBack(timedOut());
      }
      transaction.look(nowNanos);
    }
  }

  /** Nobody ends it: what it holds is let go, unless work could go on there without it. */
  private void abandon() {
    GlobalTransaction transaction;
    CompletableFuture<Outcome> told = new CompletableFuture<>();
    synchronized (this) {
      if (ending != null || branches.stream().anyMatch(each -> !each.branch().endsWork())) {
        return;
      }
      transaction = begunEnd(State.ROLLING_BACK);
      abandonment = told;
    }
    var unused =
        heard(told(() -> transaction.rollBack(timedOut())))
            .whenComplete((outcome, failure) -> {
              if (failure == null) {
                told.complete(outcome);
              } else {
                told.completeExceptionally(failure);
              }
            });
  }

  private QuorateException timedOut() {
    return QuorateException.of(
        ErrorCode.TRANSACTION_ABORTED,
        "the transaction took longer than its time-out of " + timeout.toMillis() + " ms");
  }

  @Override
  public String toString() {
    return "transaction " + id();
  }
}
