package io.quorate.xa.jta;

import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.xa.Outcome;
import io.quorate.xa.jdbc.XaBranch;
import jakarta.transaction.HeuristicMixedException;
import jakarta.transaction.HeuristicRollbackException;
import jakarta.transaction.RollbackException;
import jakarta.transaction.Status;
import jakarta.transaction.Synchronization;
import jakarta.transaction.SystemException;
import jakarta.transaction.Transaction;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import javax.transaction.xa.XAResource;
import org.jspecify.annotations.Nullable;

/**
 * A transaction as Jakarta Transactions sees it.
 *
 * <p>Before the commit its synchronizations are told in the order in which they came, then those
 * that containers have interposed; each may add more. After completion it is the other way round.
 */
final class JtaTransaction implements Transaction {
  private static final System.Logger LOG = System.getLogger(JtaTransaction.class.getName());

  private final JakartaTransactions manager;
  private final io.quorate.xa.Transaction plain;

  // Guarded by this.
  private final Synchronizations outer = new Synchronizations();
  private final Synchronizations interposed = new Synchronizations();
  private final Map<Object, @Nullable Object> resources = new HashMap<>();
  private final Map<XAResource, XaBranch> enlisted = new HashMap<>();

  /** Some of them, in order. */
  private static final class Synchronizations {
    private final List<Synchronization> all = new ArrayList<>();
    private final Deque<Synchronization> untold = new ArrayDeque<>();

    void add(Synchronization synchronization) {
      all.add(synchronization);
      untold.add(synchronization);
    }
  }

  JtaTransaction(JakartaTransactions manager, io.quorate.xa.Transaction plain) {
    this.manager = manager;
    this.plain = plain;
  }

  /**
   * Hears of its end.
   *
   * @param over runs when nothing more can be asked of it
   * @throws IllegalStateException if it has ended
   */
  JtaTransaction listen(Runnable over) {
    plain.beforeCommit(this::beforeCompletion);
    plain.afterCompletion(outcome -> {
      over.run();
      afterCompletion(outcome);
    });
    return this;
  }

  io.quorate.xa.Transaction plain() {
    return plain;
  }

  boolean isOf(JakartaTransactions that) {
    return manager.equals(that);
  }

  @Override
  public int getStatus() {
    return switch (plain.state()) {
      case ACTIVE -> Status.STATUS_ACTIVE;
      case ROLLBACK_ONLY -> Status.STATUS_MARKED_ROLLBACK;
      case COMMITTING -> Status.STATUS_COMMITTING;
      case ROLLING_BACK -> Status.STATUS_ROLLING_BACK;
      case COMMITTED -> Status.STATUS_COMMITTED;
      case ROLLED_BACK -> Status.STATUS_ROLLEDBACK;
      case UNKNOWN -> Status.STATUS_UNKNOWN;
    };
  }

  @Override
  public void setRollbackOnly() {
    requireNotEnding();
    plain.setRollbackOnly("it was marked as one that can only be rolled back");
  }

  // ---- its end ---------------------------------------------------------------------------------

  @Override
  public void commit()
      throws RollbackException,
          HeuristicMixedException,
          HeuristicRollbackException,
          SystemException {
    Thrown.afterCommit(ended(plain::tryCommit));
  }

  @Override
  public void rollback() throws SystemException {
    Thrown.afterRollBack(ended(plain::tryRollBack));
  }

  private Outcome ended(Supplier<Outcome> end) throws SystemException {
    manager.detach(plain);
    try {
      return end.get();
    } catch (QuorateException e) {
      throw Thrown.system("what became of it was not waited for: " + e.getMessage(), e);
    }
  }

  // ---- synchronizations ------------------------------------------------------------------------

  @Override
  public void registerSynchronization(Synchronization synchronization) throws RollbackException {
    requireWorking();
    add(outer, synchronization);
  }

  /** Also if it can only be rolled back: who has interposed it wants to know of its end. */
  void registerInterposed(Synchronization synchronization) {
    requireNotEnding();
    add(interposed, synchronization);
  }

  private synchronized void add(Synchronizations to, Synchronization synchronization) {
    to.add(Objects.requireNonNull(synchronization, "synchronization"));
  }

  private void beforeCompletion() {
    for (Synchronization each = next(); each != null; each = next()) {
      each.beforeCompletion();
    }
  }

  /** None any more once it can only be rolled back. */
  private synchronized @Nullable Synchronization next() {
    if (plain.isRollbackOnly()) {
      return null;
    }
    Synchronization first = outer.untold.poll();
    return first != null ? first : interposed.untold.poll();
  }

  private void afterCompletion(Outcome outcome) {
    int status =
        switch (outcome.kind()) {
          case COMMITTED -> Status.STATUS_COMMITTED;
          case ABORTED -> Status.STATUS_ROLLEDBACK;
          case UNKNOWN -> Status.STATUS_UNKNOWN;
        };
    List<Synchronization> all;
    synchronized (this) {
      all = new ArrayList<>(interposed.all);
      all.addAll(outer.all);
    }
    for (Synchronization each : all) {
      try {
        each.afterCompletion(status);
      } catch (RuntimeException e) {
        LOG.log(System.Logger.Level.WARNING, "a synchronization of " + plain + " failed", e);
      }
    }
  }

  // ---- XA resources ----------------------------------------------------------------------------

  /** Enlisting one again goes on with its branch. */
  @Override
  public boolean enlistResource(XAResource xa) throws RollbackException, SystemException {
    requireWorking();
    XaBranch known;
    synchronized (this) {
      known = enlisted.get(xa);
    }
    try {
      if (known != null) {
        known.join();
        return true;
      }
      XaBranch begun = plain.enlistAnother(manager.sourceOf(xa).on(xa));
      synchronized (this) {
        enlisted.put(xa, begun);
      }
      return true;
    } catch (SQLException e) {
      plain.setRollbackOnly("a branch that had ended takes no more work: " + e.getMessage());
      throw Thrown.system(e.getMessage(), e);
    } catch (QuorateException e) {
      if (e.code() == ErrorCode.TRANSACTION_ABORTED) {
        throw Thrown.because(new RollbackException(e.getMessage()), e);
      }
      throw Thrown.system(e.getMessage(), e);
    }
  }

  /**
   * Ends the work of one. A branch isn't suspended: after {@code TMSUSPEND} it stays as it is,
   * until it is enlisted again or the transaction ends.
   *
   * @return whether it was enlisted
   */
  @Override
  public boolean delistResource(XAResource xa, int flag) throws SystemException {
    requireNotEnding();
    XaBranch known;
    synchronized (this) {
      known = enlisted.get(xa);
    }
    if (known == null) {
      return false;
    }
    switch (flag) {
      case XAResource.TMSUSPEND -> {
        return true;
      }
      case XAResource.TMFAIL ->
          plain.setRollbackOnly("the work at a resource failed, as whoever delisted it says");
      case XAResource.TMSUCCESS -> {}
      default -> throw new SystemException("neither TMSUCCESS nor TMFAIL nor TMSUSPEND: " + flag);
    }
    try {
      known.end(flag == XAResource.TMFAIL);
      return true;
    } catch (SQLException e) {
      plain.setRollbackOnly("the work at a resource failed: " + e.getMessage());
      throw Thrown.system(e.getMessage(), e);
    }
  }

  // ---- what is kept with it --------------------------------------------------------------------

  synchronized void putResource(Object key, @Nullable Object value) {
    resources.put(Objects.requireNonNull(key, "key"), value);
  }

  synchronized @Nullable Object getResource(Object key) {
    return resources.get(Objects.requireNonNull(key, "key"));
  }

  // ---- states ----------------------------------------------------------------------------------

  private void requireWorking() throws RollbackException {
    requireNotEnding();
    if (plain.isRollbackOnly()) {
      throw new RollbackException("it can only be rolled back");
    }
  }

  private void requireNotEnding() {
    if (!isUnderWay()) {
      throw new IllegalStateException("the transaction has ended");
    }
  }

  boolean isRollbackOnly() {
    return switch (plain.state()) {
      case ROLLBACK_ONLY, ROLLING_BACK, ROLLED_BACK -> true;
      case ACTIVE, COMMITTING, COMMITTED, UNKNOWN -> false;
    };
  }

  /** Whether its end hasn't begun. */
  boolean isUnderWay() {
    return switch (plain.state()) {
      case ACTIVE, ROLLBACK_ONLY -> true;
      case COMMITTING, ROLLING_BACK, COMMITTED, ROLLED_BACK, UNKNOWN -> false;
    };
  }

  @Override
  public String toString() {
    return plain.toString();
  }
}
