package io.quorate.xa.jta;

import io.quorate.base.QuorateException;
import io.quorate.xa.Transactions;
import io.quorate.xa.jdbc.XaResource;
import jakarta.transaction.HeuristicMixedException;
import jakarta.transaction.HeuristicRollbackException;
import jakarta.transaction.InvalidTransactionException;
import jakarta.transaction.NotSupportedException;
import jakarta.transaction.RollbackException;
import jakarta.transaction.Status;
import jakarta.transaction.Synchronization;
import jakarta.transaction.SystemException;
import jakarta.transaction.Transaction;
import jakarta.transaction.TransactionManager;
import jakarta.transaction.TransactionSynchronizationRegistry;
import jakarta.transaction.UserTransaction;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import javax.transaction.xa.XAResource;
import org.jspecify.annotations.Nullable;

/**
 * Jakarta Transactions' three doors to the same transactions: {@link TransactionManager}, {@link
 * UserTransaction} and {@link TransactionSynchronizationRegistry}.
 *
 * <p>A thread's transaction is the same here and in {@link Transactions#current}, whichever of both
 * has begun it. Transactions aren't nested: {@link #begin} within one is refused. {@link #suspend}
 * detaches the thread, and does nothing to branches.
 *
 * <p>An {@code XAResource} that is {@linkplain Transaction#enlistResource enlisted} has to be at an
 * {@link XaResource} that the transactions have, so that what it leaves is found: either its driver
 * says that it is ({@code isSameRM}), or it comes from {@link XaResource#xaDataSource}. Code that
 * works through a {@code DataSource} enlists nothing: give it {@link Transactions#dataSource}.
 *
 * <p>A heuristic outcome is written into the store before it is thrown. That a branch was committed
 * though the transaction was rolled back, {@link #rollback} can only tell as a {@link
 * SystemException}, with a {@code HeuristicCommitException} as its cause.
 *
 * <p>Safe for use by many threads.
 */
public final class JakartaTransactions
    implements TransactionManager, UserTransaction, TransactionSynchronizationRegistry {
  private static final ThreadLocal<@Nullable Patience> PATIENCE = new ThreadLocal<>();

  /** How long the transactions may take that this thread begins. */
  private record Patience(JakartaTransactions owner, Duration within) {}

  private final Transactions transactions;
  private final Map<io.quorate.xa.Transaction, JtaTransaction> views = new ConcurrentHashMap<>();

  /**
   * @param transactions what is begun, committed and rolled back; stay the caller's
   */
  public JakartaTransactions(Transactions transactions) {
    this.transactions = transactions;
  }

  // ---- the thread's transaction ----------------------------------------------------------------

  @Override
  public void begin() throws NotSupportedException, SystemException {
    if (transactions.current().isPresent()) {
      throw new NotSupportedException("this thread works in a transaction; there are none in it");
    }
    Patience patience = PATIENCE.get();
    io.quorate.xa.Transaction begun;
    try {
      begun =
          patience != null && patience.owner.equals(this)
              ? transactions.begin(patience.within)
              : transactions.begin();
    } catch (QuorateException e) {
      throw Thrown.system(e.getMessage(), e);
    }
    try {
      transactions.resume(begun);
    } catch (IllegalStateException e) {
      begun.rollBack();
      throw Thrown.because(new NotSupportedException(e.getMessage()), e);
    }
  }

  @Override
  public void commit()
      throws RollbackException,
          HeuristicMixedException,
          HeuristicRollbackException,
          SystemException {
    present().commit();
  }

  @Override
  public void rollback() throws SystemException {
    present().rollback();
  }

  @Override
  public void setRollbackOnly() {
    present().setRollbackOnly();
  }

  @Override
  public int getStatus() {
    return current().map(JtaTransaction::getStatus).orElse(Status.STATUS_NO_TRANSACTION);
  }

  @Override
  public @Nullable Transaction getTransaction() {
    return current().orElse(null);
  }

  /**
   * Says how long the transactions may take that this thread begins from now on; 0 for as long as
   * usual.
   */
  @Override
  public void setTransactionTimeout(int seconds) throws SystemException {
    if (seconds < 0) {
      throw new SystemException("a transaction takes some time: " + seconds + " s");
    }
    if (seconds == 0) {
      PATIENCE.remove();
    } else {
      PATIENCE.set(new Patience(this, Duration.ofSeconds(seconds)));
    }
  }

  @Override
  public @Nullable Transaction suspend() {
    Transaction suspended = getTransaction();
    var unused = transactions.suspend();
    return suspended;
  }

  @Override
  public void resume(@Nullable Transaction transaction) throws InvalidTransactionException {
    if (!(transaction instanceof JtaTransaction known) || !known.isOf(this)) {
      throw new InvalidTransactionException("not a transaction of this manager: " + transaction);
    }
    if (!known.isUnderWay()) {
      throw new InvalidTransactionException("the transaction has ended: " + transaction);
    }
    transactions.resume(known.plain());
  }

  /** Ends this thread's work in a transaction that ends, if it works in that one. */
  void detach(io.quorate.xa.Transaction ending) {
    if (transactions.current().filter(ending::equals).isPresent()) {
      var unused = transactions.suspend();
    }
  }

  private Optional<JtaTransaction> current() {
    return transactions.current().map(this::view);
  }

  private JtaTransaction view(io.quorate.xa.Transaction plain) {
    try {
      return views.computeIfAbsent(
          plain, each -> new JtaTransaction(this, each).listen(() -> views.remove(each)));
    } catch (IllegalStateException e) { // it has ended, though this thread works in it still
      return new JtaTransaction(this, plain);
    }
  }

  private JtaTransaction present() {
    return current().orElseThrow(() -> new IllegalStateException("no transaction in this thread"));
  }

  /** Who recovers what an XA resource leaves. */
  XaResource sourceOf(XAResource enlisted) throws SystemException {
    return transactions.resources().stream()
        .filter(XaResource.class::isInstance)
        .map(XaResource.class::cast)
        .filter(each -> each.recovers(enlisted))
        .findFirst()
        .orElseThrow(() ->
            new SystemException(
                "nobody would recover what "
                    + enlisted.getClass().getName()
                    + " leaves: register its database by Transactions.builder(…)"
                    + ".resource(XaResource.of(name, xaDataSource)), and if its driver doesn't tell"
                    + " by isSameRM that it is there, take it from that resource's xaDataSource()"));
  }

  // ---- the registry ----------------------------------------------------------------------------

  /** The transaction's name; null if there is none. */
  @Override
  public @Nullable Object getTransactionKey() {
    return transactions.current().map(io.quorate.xa.Transaction::id).orElse(null);
  }

  @Override
  public void putResource(Object key, @Nullable Object value) {
    present().putResource(key, value);
  }

  @Override
  public @Nullable Object getResource(Object key) {
    return present().getResource(key);
  }

  @Override
  public void registerInterposedSynchronization(Synchronization synchronization) {
    present().registerInterposed(synchronization);
  }

  @Override
  public int getTransactionStatus() {
    return getStatus();
  }

  @Override
  public boolean getRollbackOnly() {
    return present().isRollbackOnly();
  }
}
