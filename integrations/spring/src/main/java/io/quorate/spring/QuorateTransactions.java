package io.quorate.spring;

import io.quorate.base.QuorateException;
import io.quorate.xa.Outcome;
import io.quorate.xa.Transaction;
import io.quorate.xa.Transactions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.transaction.CannotCreateTransactionException;
import org.springframework.transaction.HeuristicCompletionException;
import org.springframework.transaction.InvalidIsolationLevelException;
import org.springframework.transaction.NestedTransactionNotSupportedException;
import org.springframework.transaction.SavepointManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.TransactionException;
import org.springframework.transaction.TransactionSystemException;
import org.springframework.transaction.UnexpectedRollbackException;
import org.springframework.transaction.support.AbstractPlatformTransactionManager;
import org.springframework.transaction.support.DefaultTransactionStatus;
import org.springframework.transaction.support.SmartTransactionObject;
import org.springframework.transaction.support.TransactionSynchronization;

/**
 * Spring's transactions over {@link Transactions}: {@code @Transactional} methods and {@code
 * TransactionTemplate} are atomic over several databases and the store.
 *
 * <p>Code in a transaction works through {@link Transactions#dataSource}, by {@code JdbcTemplate}
 * for example, and through {@link Transactions#current}, which is where keys of the store are
 * written.
 *
 * <p>All propagations are there but {@code NESTED} within a transaction: a savepoint is one
 * database's. Suspending detaches the thread. An isolation level is refused: it is set where a
 * database's pool is made.
 *
 * <p>A commit that fails is an {@link UnexpectedRollbackException}, with the reason as its cause; a
 * {@link HeuristicCompletionException} if a database did otherwise than was decided, or if nobody
 * can tell in time whether it is committed.
 *
 * <p>Safe for use by many threads.
 */
public final class QuorateTransactions extends AbstractPlatformTransactionManager {
  private final transient Transactions transactions;

  /**
   * @param transactions what is begun, committed and rolled back; stay the caller's
   */
  public QuorateTransactions(Transactions transactions) {
    this.transactions = transactions;
    setNestedTransactionAllowed(true); // so that it is refused in words of ours
  }

  /** A thread's transaction, from the view of one method. */
  private static final class Present implements SmartTransactionObject, SavepointManager {
    private @Nullable Transaction transaction;

    Present(@Nullable Transaction transaction) {
      this.transaction = transaction;
    }

    Transaction required() {
      if (transaction == null) {
        throw new IllegalStateException("no transaction was begun");
      }
      return transaction;
    }

    @Override
    public boolean isRollbackOnly() {
      return transaction != null && transaction.isRollbackOnly();
    }

    @Override
    public void flush() {}

    @Override
    public Object createSavepoint() {
      throw new NestedTransactionNotSupportedException(
          "a savepoint is one database's, and this transaction is over several: take REQUIRES_NEW"
              + " for work that may fail alone, or a savepoint of one connection");
    }

    @Override
    public void rollbackToSavepoint(Object savepoint) {
      throw new NestedTransactionNotSupportedException("no savepoint was made");
    }

    @Override
    public void releaseSavepoint(Object savepoint) {
      throw new NestedTransactionNotSupportedException("no savepoint was made");
    }
  }

  private static Transaction of(DefaultTransactionStatus status) {
    return ((Present) status.getTransaction()).required();
  }

  @Override
  protected Object doGetTransaction() {
    return new Present(transactions.current().orElse(null));
  }

  @Override
  protected boolean isExistingTransaction(Object present) {
    return ((Present) present).transaction != null;
  }

  @Override
  protected void doBegin(Object present, TransactionDefinition definition) {
    if (definition.getIsolationLevel() != TransactionDefinition.ISOLATION_DEFAULT) {
      throw new InvalidIsolationLevelException(
          "a transaction over several databases has no isolation level: set it where a database's"
              + " pool is made");
    }
    int seconds = determineTimeout(definition);
    try {
      Transaction begun =
          seconds == TransactionDefinition.TIMEOUT_DEFAULT
              ? transactions.begin()
              : transactions.begin(Duration.ofSeconds(seconds));
      ((Present) present).transaction = begun;
      attach(begun);
    } catch (QuorateException | IllegalStateException | IllegalArgumentException e) {
      throw new CannotCreateTransactionException(String.valueOf(e.getMessage()), e);
    }
  }

  private void attach(Transaction begun) {
    try {
      transactions.resume(begun);
    } catch (IllegalStateException e) {
      begun.rollBack();
      throw e;
    }
  }

  private void detach(Transaction ended) {
    if (transactions.current().filter(ended::equals).isPresent()) {
      var unused = transactions.suspend();
    }
  }

  @Override
  protected Object doSuspend(Object present) {
    ((Present) present).transaction = null;
    return transactions
        .suspend()
        .orElseThrow(() -> new IllegalStateException("this thread works in no transaction"));
  }

  @Override
  protected void doResume(@Nullable Object present, Object suspended) {
    transactions.resume((Transaction) suspended);
  }

  @Override
  protected void doSetRollbackOnly(DefaultTransactionStatus status) {
    of(status).setRollbackOnly("a part of it was rolled back");
  }

  /** So that what is thrown has the reason why it could only be rolled back. */
  @Override
  protected boolean shouldCommitOnGlobalRollbackOnly() {
    return true;
  }

  @Override
  protected void doCommit(DefaultTransactionStatus status) {
    Outcome outcome = end(of(status), Transaction::tryCommit);
    Optional<QuorateException> failure = Transaction.failure(outcome);
    if (failure.isPresent()) {
      throw told(outcome, failure.get());
    }
  }

  private Outcome end(Transaction transaction, Function<Transaction, Outcome> how) {
    detach(transaction);
    try {
      return how.apply(transaction);
    } catch (QuorateException | IllegalStateException e) {
      throw new TransactionSystemException(String.valueOf(e.getMessage()), e);
    }
  }

  private static TransactionException told(Outcome outcome, QuorateException failure) {
    if (!outcome.contradicted().isEmpty()) {
      return new HeuristicCompletionException(HeuristicCompletionException.STATE_MIXED, failure);
    }
    return outcome.kind() == Outcome.Kind.ABORTED
        ? new UnexpectedRollbackException(String.valueOf(failure.getMessage()), failure)
        : new HeuristicCompletionException(HeuristicCompletionException.STATE_UNKNOWN, failure);
  }

  @Override
  protected void doRollback(DefaultTransactionStatus status) {
    Outcome outcome = end(of(status), Transaction::tryRollBack);
    if (!outcome.contradicted().isEmpty()) {
      throw told(outcome, Transaction.failure(outcome).orElseThrow());
    }
  }

  @Override
  protected void doCleanupAfterCompletion(Object present) {
    detach(((Present) present).required());
  }

  /** Of a transaction that Spring hasn't begun, Spring's listeners hear too. */
  @Override
  protected void registerAfterCompletionWithExistingTransaction(
      Object present, List<TransactionSynchronization> synchronizations) {
    ((Present) present)
        .required()
        .afterCompletion(outcome -> invokeAfterCompletion(synchronizations, status(outcome)));
  }

  private static int status(Outcome outcome) {
    return switch (outcome.kind()) {
      case COMMITTED -> TransactionSynchronization.STATUS_COMMITTED;
      case ABORTED -> TransactionSynchronization.STATUS_ROLLED_BACK;
      case UNKNOWN -> TransactionSynchronization.STATUS_UNKNOWN;
    };
  }
}
