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
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
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
  private @Nullable Throwable doomed;
  private @Nullable GlobalTransaction ending;

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
   */
  public <B extends Branch> B enlist(Resource<B> resource) {
    @SuppressWarnings("unchecked") // what the resource began
    B known = (B) known(resource);
    return known != null ? known : enlistAnother(resource, true);
  }

  /**
   * One more branch at a resource, beside those that it has there.
   *
   * @throws QuorateException if it can't begin, or the transaction takes no work any more
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
      branch = resource.begin(id);
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
    List<GlobalTransaction.Enlisted> present;
    synchronized (this) {
      if (doomed != null || ending != null) {
        return;
      }
      doomed = why;
      present = List.copyOf(branches);
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
   * Commits it, unless it can only be rolled back, or a participant refuses. Completes when it is
   * known what became of it, and never fails; within its time, and 40 s if nobody answers.
   *
   * @throws IllegalStateException if it has ended
   */
  public CompletableFuture<Outcome> commitAsync() {
    Throwable why;
    GlobalTransaction transaction;
    synchronized (this) {
      why = doomed;
      transaction = begunEnd();
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
    GlobalTransaction transaction;
    Throwable why;
    synchronized (this) {
      why = doomed;
      transaction = begunEnd();
    }
    Throwable reason =
        why != null
            ? why
            : QuorateException.of(ErrorCode.TRANSACTION_ABORTED, "it was rolled back as wanted");
    return told(() -> transaction.rollBack(reason));
  }

  /** Called with the lock held. */
  private GlobalTransaction begunEnd() {
    if (ending != null) {
      throw ended();
    }
    GlobalTransaction transaction =
        new GlobalTransaction(
            owner.client().timer(),
            incarnation,
            owner.heuristics(),
            sequence,
            branches,
            new StoreWork(compares, ops),
            () -> owner.over(this));
    ending = transaction;
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
    Optional<QuorateException> failure = failure(owner.client().await(commitAsync()));
    if (failure.isPresent()) {
      throw failure.get();
    }
  }

  /** Rolls it back, and waits for it. */
  public void rollBack() {
    Outcome outcome = owner.client().await(rollBackAsync());
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
      doom(timedOut());
    } else if (transaction != null) {
      if (late && transaction.mayStillRollBack()) {
        var unused = transaction.rollBack(timedOut());
      }
      transaction.look(nowNanos);
    }
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
