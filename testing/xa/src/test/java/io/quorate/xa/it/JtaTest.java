package io.quorate.xa.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.client.QuorateClient;
import io.quorate.system.Store;
import io.quorate.xa.Transactions;
import io.quorate.xa.jdbc.XaResource;
import io.quorate.xa.jta.JakartaTransactions;
import jakarta.transaction.HeuristicMixedException;
import jakarta.transaction.HeuristicRollbackException;
import jakarta.transaction.InvalidTransactionException;
import jakarta.transaction.NotSupportedException;
import jakarta.transaction.RollbackException;
import jakarta.transaction.Status;
import jakarta.transaction.Synchronization;
import jakarta.transaction.SystemException;
import jakarta.transaction.Transaction;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.transaction.xa.XAException;
import javax.transaction.xa.XAResource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What Jakarta Transactions promises, over two databases that answer by a script. */
@Timeout(value = 30, unit = TimeUnit.SECONDS)
class JtaTest {
  private static final AtomicInteger NUMBER = new AtomicInteger();

  private final ScriptedXa left = new ScriptedXa();
  private final ScriptedXa right = new ScriptedXa();
  private final XaResource leftResource = XaResource.of("left", left.source());
  private final XaResource rightResource = XaResource.of("right", right.source());
  private final QuorateClient client = Store.QUORATE.connect();
  private final Transactions transactions =
      Transactions.builder(
              client, "jta" + ProcessHandle.current().pid() + "_" + NUMBER.incrementAndGet())
          .resource(leftResource)
          .resource(rightResource)
          .open();
  private final JakartaTransactions manager = new JakartaTransactions(transactions);
  private final List<String> heard = new ArrayList<>();

  @BeforeEach
  void nothing_was_called_yet() {
    left.clearCalls();
    right.clearCalls();
  }

  @AfterEach
  void close() {
    transactions.close();
    client.close();
  }

  private static XAResource opened(ScriptedXa database) throws SQLException {
    return database.source().getXAConnection().getXAResource();
  }

  private Transaction present() {
    return Objects.requireNonNull(manager.getTransaction());
  }

  private void enlistBoth() throws Exception {
    Transaction transaction = present();
    assertThat(transaction.enlistResource(opened(left))).isTrue();
    assertThat(transaction.enlistResource(opened(right))).isTrue();
  }

  /** One that notes what it hears, and does something before completion. */
  private final class Listener implements Synchronization {
    private final String name;
    private final Runnable before;

    Listener(String name, Runnable before) {
      this.name = name;
      this.before = before;
    }

    @Override
    public void beforeCompletion() {
      assertThat(manager.getStatus()).isEqualTo(Status.STATUS_ACTIVE);
      heard.add("before " + name);
      before.run();
    }

    @Override
    public void afterCompletion(int status) {
      heard.add("after " + name + " " + status);
    }
  }

  private Listener listener(String name) {
    return new Listener(name, () -> {});
  }

  // ---- two phases ------------------------------------------------------------------------------

  /** Shows the calls that two enlisted resources see. */
  @Test
  void what_is_enlisted_is_prepared_and_committed() throws Exception {
    manager.begin();
    enlistBoth();
    manager.commit();
    assertThat(left.calls()).containsExactly("start", "end", "prepare", "commit");
    assertThat(right.calls()).containsExactly("start", "end", "prepare", "commit");
    assertThat(manager.getStatus()).isEqualTo(Status.STATUS_NO_TRANSACTION);
    assertThat(manager.getTransaction()).isNull();
  }

  /** Shows that a single resource needs no second phase. */
  @Test
  void a_single_resource_commits_in_one_phase() throws Exception {
    manager.begin();
    present().enlistResource(opened(left));
    manager.commit();
    assertThat(left.calls()).containsExactly("start", "end", "commit one phase");
  }

  /** Shows what resources see of a rollback. */
  @Test
  void what_is_rolled_back_is_not_prepared() throws Exception {
    manager.begin();
    enlistBoth();
    manager.rollback();
    assertThat(left.calls()).containsExactly("start", "end fail", "rollback");
    assertThat(right.calls()).containsExactly("start", "end fail", "rollback");
  }

  /** Shows that who refuses undoes the others too. */
  @Test
  void a_refusal_rolls_all_back() throws Exception {
    right.answer("prepare", XAException.XA_RBINTEGRITY);
    manager.begin();
    enlistBoth();
    assertThatThrownBy(manager::commit)
        .isInstanceOf(RollbackException.class)
        .hasMessageContaining("XA_RBINTEGRITY")
        .hasCauseInstanceOf(SQLException.class);
    assertThat(left.prepared()).isEmpty();
    assertThat(left.calls()).doesNotContain("commit").contains("rollback");
  }

  /** Shows that work which has ended is joined, not begun again, and that nothing is suspended. */
  @Test
  void what_is_delisted_and_enlisted_again_is_one_branch() throws Exception {
    manager.begin();
    Transaction transaction = present();
    XAResource xa = opened(left);
    transaction.enlistResource(xa);
    assertThat(transaction.delistResource(xa, XAResource.TMSUSPEND)).isTrue();
    transaction.enlistResource(xa);
    assertThat(transaction.delistResource(xa, XAResource.TMSUCCESS)).isTrue();
    transaction.enlistResource(xa);
    assertThat(transaction.delistResource(xa, XAResource.TMSUCCESS)).isTrue();
    assertThat(transaction.delistResource(opened(right), XAResource.TMSUCCESS)).isFalse();
    manager.commit();
    assertThat(left.calls())
        .containsExactly("start", "end", "start join", "end", "commit one phase");
  }

  /** Shows that work that has failed can't be committed. */
  @Test
  void what_is_delisted_as_failed_rolls_back() throws Exception {
    manager.begin();
    Transaction transaction = present();
    XAResource xa = opened(left);
    transaction.enlistResource(xa);
    transaction.delistResource(xa, XAResource.TMFAIL);
    assertThat(manager.getStatus()).isEqualTo(Status.STATUS_MARKED_ROLLBACK);
    assertThatThrownBy(() -> transaction.enlistResource(opened(right)))
        .isInstanceOf(RollbackException.class);
    assertThatThrownBy(manager::commit).isInstanceOf(RollbackException.class);
    assertThat(left.calls()).containsExactly("start", "end fail", "rollback");
  }

  /** Shows that nothing is enlisted that nobody would recover, and what there is to do about it. */
  @Test
  void what_nobody_recovers_is_refused() throws Exception {
    ScriptedXa stranger = new ScriptedXa();
    manager.begin();
    assertThatThrownBy(() -> present().enlistResource(opened(stranger)))
        .isInstanceOf(SystemException.class)
        .hasMessageContaining("XaResource.of(");
    assertThat(stranger.calls()).isEmpty();
    manager.rollback();
  }

  /** Shows that a pool's connections say themselves whose they are. */
  @Test
  void what_comes_from_a_resource_is_known() throws Exception {
    left.neverSame();
    manager.begin();
    XAResource xa = leftResource.xaDataSource().getXAConnection().getXAResource();
    present().enlistResource(xa);
    assertThatThrownBy(() -> present().enlistResource(opened(left)))
        .isInstanceOf(SystemException.class);
    manager.commit();
    assertThat(left.calls()).containsExactly("start", "end", "commit one phase");
  }

  // ---- heuristic outcomes ----------------------------------------------------------------------

  /** Shows that one that did otherwise makes it mixed. */
  @Test
  void one_that_rolled_back_by_itself_is_told_as_mixed() throws Exception {
    right.answer("commit", XAException.XA_HEURRB);
    manager.begin();
    enlistBoth();
    assertThatThrownBy(manager::commit)
        .isInstanceOf(HeuristicMixedException.class)
        .hasMessageContaining("right");
  }

  /** Shows that all that did otherwise have rolled back. */
  @Test
  void all_that_rolled_back_by_themselves_are_told_as_rolled_back() throws Exception {
    left.answer("commit", XAException.XA_HEURRB);
    right.answer("commit", XAException.XA_HEURRB);
    manager.begin();
    enlistBoth();
    assertThatThrownBy(manager::commit).isInstanceOf(HeuristicRollbackException.class);
  }

  /** Shows that one that has committed though it was to be rolled back is told. */
  @Test
  void one_that_committed_by_itself_is_told_after_a_rollback() throws Exception {
    left.answer("rollback", XAException.XA_HEURMIX);
    right.answer("prepare", XAException.XA_RBROLLBACK);
    manager.begin();
    enlistBoth();
    assertThatThrownBy(manager::commit).isInstanceOf(HeuristicMixedException.class);
  }

  // ---- synchronizations ------------------------------------------------------------------------

  /** Shows the order, with those that come while it is being completed. */
  @Test
  void synchronizations_are_told_in_order() throws Exception {
    manager.begin();
    Transaction transaction = present();
    manager.registerInterposedSynchronization(
        new Listener(
            "interposed", () -> manager.registerInterposedSynchronization(listener("late"))));
    transaction.registerSynchronization(
        new Listener("first", () -> registered(transaction, listener("added"))));
    transaction.registerSynchronization(listener("second"));
    manager.commit();
    assertThat(heard)
        .containsExactly(
            "before first",
            "before second",
            "before added",
            "before interposed",
            "before late",
            "after interposed " + Status.STATUS_COMMITTED,
            "after late " + Status.STATUS_COMMITTED,
            "after first " + Status.STATUS_COMMITTED,
            "after second " + Status.STATUS_COMMITTED,
            "after added " + Status.STATUS_COMMITTED);
  }

  private static void registered(Transaction transaction, Synchronization synchronization) {
    try {
      transaction.registerSynchronization(synchronization);
    } catch (RollbackException | SystemException e) {
      throw new AssertionError(e);
    }
  }

  /** Shows that what fails before completion undoes all, and that nobody else is asked then. */
  @Test
  void one_that_fails_before_completion_rolls_back() throws Exception {
    manager.begin();
    enlistBoth();
    present()
        .registerSynchronization(
            new Listener(
                "failing",
                () -> {
                  throw new IllegalArgumentException("not valid");
                }));
    manager.registerInterposedSynchronization(listener("interposed"));
    assertThatThrownBy(manager::commit)
        .isInstanceOf(RollbackException.class)
        .hasMessageContaining("not valid");
    assertThat(heard)
        .containsExactly(
            "before failing",
            "after interposed " + Status.STATUS_ROLLEDBACK,
            "after failing " + Status.STATUS_ROLLEDBACK);
    assertThat(left.calls()).containsExactly("start", "end fail", "rollback");
  }

  /** Shows that it can be marked before completion. */
  @Test
  void one_that_marks_it_before_completion_rolls_back() throws Exception {
    manager.begin();
    enlistBoth();
    present().registerSynchronization(new Listener("marking", manager::setRollbackOnly));
    present().registerSynchronization(listener("other"));
    assertThatThrownBy(manager::commit).isInstanceOf(RollbackException.class);
    assertThat(heard).startsWith("before marking").doesNotContain("before other");
    assertThat(right.calls()).contains("rollback").doesNotContain("prepare");
  }

  /** Shows that a late resource takes part. */
  @Test
  void one_may_enlist_before_completion() throws Exception {
    manager.begin();
    Transaction transaction = present();
    transaction.enlistResource(opened(left));
    transaction.registerSynchronization(
        new Listener(
            "enlisting",
            () -> {
              try {
                assertThat(transaction.equals(present())).isTrue();
                transaction.enlistResource(opened(right));
              } catch (Exception e) {
                throw new AssertionError(e);
              }
            }));
    manager.commit();
    assertThat(right.calls()).containsExactly("start", "end", "prepare", "commit");
  }

  /** Shows that a rollback asks nobody before, and that a failing listener harms no other. */
  @Test
  void a_rollback_is_only_told_after() throws Exception {
    manager.begin();
    Transaction transaction = present();
    transaction.registerSynchronization(
        new Synchronization() {
          @Override
          public void beforeCompletion() {
            heard.add("never");
          }

          @Override
          public void afterCompletion(int status) {
            assertThat(manager.getStatus()).isEqualTo(Status.STATUS_NO_TRANSACTION);
            throw new IllegalStateException("nobody cares");
          }
        });
    transaction.registerSynchronization(listener("other"));
    manager.rollback();
    assertThat(heard).containsExactly("after other " + Status.STATUS_ROLLEDBACK);
    assertThat(transaction.getStatus()).isEqualTo(Status.STATUS_ROLLEDBACK);
  }

  // ---- threads ---------------------------------------------------------------------------------

  /** Shows that there are none within one. */
  @Test
  void transactions_are_not_nested() throws Exception {
    manager.begin();
    assertThatThrownBy(manager::begin).isInstanceOf(NotSupportedException.class);
    manager.rollback();
  }

  /** Shows that a suspended transaction waits, while the thread works in another. */
  @Test
  void what_is_suspended_goes_on_when_it_is_resumed() throws Exception {
    manager.begin();
    present().enlistResource(opened(left));
    Transaction outer = present();
    assertThat(outer.equals(manager.suspend())).isTrue();
    assertThat(manager.getTransaction()).isNull();
    assertThat(manager.suspend()).isNull();
    manager.begin();
    present().enlistResource(opened(right));
    assertThatThrownBy(() -> manager.resume(outer)).isInstanceOf(IllegalStateException.class);
    manager.commit();
    manager.resume(outer);
    assertThat(outer.equals(present())).isTrue();
    assertThat(left.calls()).containsExactly("start");
    manager.commit();
    assertThat(left.calls()).containsExactly("start", "end", "commit one phase");
    assertThatThrownBy(() -> manager.resume(outer)).isInstanceOf(InvalidTransactionException.class);
  }

  /** Shows that the plain interface and this one see the same. */
  @Test
  void both_interfaces_see_the_same_transaction() throws Exception {
    transactions.run(plain -> {
      assertThat(manager.getTransactionKey()).isEqualTo(plain.id());
      present().registerSynchronization(listener("one"));
      manager.putResource("key", "value");
      assertThat(manager.getResource("key")).isEqualTo("value");
    });
    assertThat(heard).containsExactly("before one", "after one " + Status.STATUS_COMMITTED);
    manager.begin();
    assertThat(transactions.current().orElseThrow().id()).isEqualTo(manager.getTransactionKey());
    assertThat(manager.getResource("key")).isNull();
    transactions.current().orElseThrow().setRollbackOnly("as wanted");
    assertThat(manager.getRollbackOnly()).isTrue();
    assertThatThrownBy(manager::commit)
        .isInstanceOf(RollbackException.class)
        .hasMessageContaining("as wanted");
  }

  /** Shows what can't be asked without a transaction. */
  @Test
  void without_a_transaction_there_is_nothing_to_end() {
    assertThatThrownBy(manager::commit).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(manager::rollback).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(manager::setRollbackOnly).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(manager::getRollbackOnly).isInstanceOf(IllegalStateException.class);
    assertThat(manager.getTransactionKey()).isNull();
    assertThat(manager.getTransactionStatus()).isEqualTo(Status.STATUS_NO_TRANSACTION);
  }

  /** Shows that a thread's own time-out holds, until it is taken back. */
  @Test
  void a_thread_says_how_long_its_transactions_take() throws Exception {
    assertThatThrownBy(() -> manager.setTransactionTimeout(-1)).isInstanceOf(SystemException.class);
    manager.setTransactionTimeout(1);
    manager.begin();
    manager.setTransactionTimeout(0);
    enlistBoth();
    while (manager.getStatus() == Status.STATUS_ACTIVE) {
      Thread.onSpinWait();
    }
    assertThatThrownBy(manager::commit)
        .isInstanceOf(RollbackException.class)
        .hasMessageContaining("1000 ms");
    assertThat(left.calls()).containsExactly("start", "end fail", "rollback");
  }
}
