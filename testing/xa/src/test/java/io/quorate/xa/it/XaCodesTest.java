package io.quorate.xa.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.txn.Vote;
import io.quorate.xa.branch.BranchId;
import io.quorate.xa.branch.Finish;
import io.quorate.xa.branch.OnePhase;
import io.quorate.xa.jdbc.JdbcBranch;
import io.quorate.xa.jdbc.XaResource;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.transaction.xa.XAException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the codes of XA are taken to mean, against a database that answers by a script. */
@Timeout(value = 30, unit = TimeUnit.SECONDS)
class XaCodesTest {
  private static final long DOMAIN = 7;

  private final ScriptedXa xa = new ScriptedXa();
  private final XaResource resource = XaResource.of("scripted", xa.source());
  private int branches;

  private BranchId next() {
    return new BranchId(DOMAIN, 1, 1, BranchId.hash("scripted"), branches++, 0);
  }

  private JdbcBranch begun() throws Exception {
    return resource.begin(next());
  }

  private JdbcBranch prepared() throws Exception {
    JdbcBranch branch = begun();
    assertThat(branch.prepare().get().vote()).isEqualTo(Vote.YES);
    return branch;
  }

  /** Shows the calls of a commit in two phases. */
  @Test
  void two_phases_are_start_end_prepare_commit() throws Exception {
    assertThat(prepared().commit().get()).isEqualTo(Finish.DONE);
    assertThat(xa.calls()).containsExactly("start", "end", "prepare", "commit");
  }

  /** Shows the calls of a commit in one phase. */
  @Test
  void one_phase_is_start_end_commit() throws Exception {
    assertThat(begun().commitOnePhase().get()).isEqualTo(OnePhase.committed());
    assertThat(xa.calls()).containsExactly("start", "end", "commit one phase");
  }

  /** Shows the calls of what is rolled back before it is prepared, and after. */
  @Test
  void what_works_ends_by_failure_and_what_is_prepared_only_rolls_back() throws Exception {
    assertThat(begun().abort().get()).isEqualTo(Finish.DONE);
    assertThat(xa.calls()).containsExactly("start", "end fail", "rollback");
    assertThat(prepared().abort().get()).isEqualTo(Finish.DONE);
    assertThat(xa.calls().subList(3, 7)).containsExactly("start", "end", "prepare", "rollback");
  }

  /** Shows that what has changed nothing has no second phase. */
  @Test
  void what_is_read_only_has_ended() throws Exception {
    xa.answer("prepare", XAException.XA_RDONLY);
    JdbcBranch branch = begun();
    assertThat(branch.prepare().get().vote()).isEqualTo(Vote.READ_ONLY);
    assertThat(branch.commit().get()).isEqualTo(Finish.DONE);
    assertThat(xa.calls()).containsExactly("start", "end", "prepare");
  }

  /** Shows that all codes of a rollback refuse. */
  @ParameterizedTest
  @ValueSource(
      ints = {
        XAException.XA_RBROLLBACK,
        XAException.XA_RBDEADLOCK,
        XAException.XA_RBINTEGRITY,
        XAException.XA_RBTIMEOUT,
        XAException.XA_RBTRANSIENT
      })
  void what_was_rolled_back_refuses(int code) throws Exception {
    xa.answer("prepare", code);
    assertThat(begun().prepare().get().vote()).isEqualTo(Vote.NO);
    xa.answer("end", code);
    assertThat(begun().prepare().get().vote()).isEqualTo(Vote.NO);
    xa.answer("commit", code);
    assertThat(begun().commitOnePhase().get().outcome()).isEqualTo(OnePhase.Outcome.ABORTED);
  }

  /** Shows that a session is used again after a refusal that has left nothing on it. */
  @Test
  void a_refusal_costs_no_session() throws Exception {
    xa.answer("prepare", XAException.XA_RBDEADLOCK).answer("rollback", XAException.XAER_NOTA);
    assertThat(begun().prepare().get().vote()).isEqualTo(Vote.NO);
    assertThat(xa.openNow()).isEqualTo(1);
    assertThat(prepared().commit().get()).isEqualTo(Finish.DONE);
    assertThat(xa.opened()).isEqualTo(1);
  }

  /** Shows that other errors say nothing of whether it has prepared: it is undone elsewhere. */
  @ParameterizedTest
  @ValueSource(
      ints = {
        XAException.XAER_RMERR,
        XAException.XAER_RMFAIL,
        XAException.XAER_NOTA,
        XAException.XAER_PROTO,
        12_345
      })
  void an_error_that_says_nothing_leaves_it_unsure(int code) throws Exception {
    xa.answer("prepare", code);
    JdbcBranch branch = begun();
    assertThatThrownBy(() -> branch.prepare().get()).hasMessageContaining("prepare");
    assertThat(branch.abort().get()).isEqualTo(Finish.DONE);
    assertThat(xa.opened()).isEqualTo(2);
    assertThat(xa.calls()).endsWith("rollback");
  }

  /** Shows that a failed finish is asked for again, from another session, until it is answered. */
  @ParameterizedTest
  @ValueSource(
      ints = {
        XAException.XAER_RMERR,
        XAException.XAER_RMFAIL,
        XAException.XAER_PROTO,
        XAException.XA_RETRY,
        0x7FFF
      })
  void a_finish_that_fails_is_asked_again(int code) throws Exception {
    JdbcBranch branch = prepared();
    xa.answer("commit", code).answer("commit", code);
    assertThatThrownBy(() -> branch.commit().get()).hasMessageContaining("commit");
    assertThat(branch.commit().get()).isEqualTo(Finish.DONE);
    assertThat(xa.prepared()).isEmpty();
  }

  /** Shows that an unknown branch is done only if the database doesn't list it either. */
  @Test
  void unknown_is_not_done_while_it_is_listed() throws Exception {
    JdbcBranch branch = prepared();
    xa.answer("commit", XAException.XAER_NOTA).answer("commit", XAException.XAER_NOTA);
    assertThatThrownBy(() -> branch.commit().get()).hasMessageContaining("XAER_NOTA");
    xa.answer("commit", XAException.XAER_NOTA);
    xa.loseAll();
    assertThat(branch.commit().get()).isEqualTo(Finish.DONE);
  }

  /** Shows what is done and what is a contradiction, of all that a database may do by itself. */
  @ParameterizedTest
  @CsvSource({
    XAException.XA_HEURCOM + ",DONE,OTHERWISE",
    XAException.XA_HEURRB + ",OTHERWISE,DONE",
    XAException.XA_HEURMIX + ",OTHERWISE,OTHERWISE",
    XAException.XA_HEURHAZ + ",OTHERWISE,OTHERWISE",
    XAException.XA_RBROLLBACK + ",OTHERWISE,DONE"
  })
  void a_heuristic_outcome_is_done_or_a_contradiction(int code, Finish ofCommit, Finish ofRollback)
      throws Exception {
    JdbcBranch committed = prepared();
    xa.answer("commit", code);
    assertThat(committed.commit().get()).isEqualTo(ofCommit);
    JdbcBranch rolledBack = prepared();
    xa.answer("rollback", code);
    assertThat(rolledBack.abort().get()).isEqualTo(ofRollback);
  }

  /** Shows that a contradiction is kept by the database until it is written down. */
  @Test
  void a_contradiction_is_forgotten_only_when_told() throws Exception {
    JdbcBranch branch = prepared();
    xa.answer("commit", XAException.XA_HEURRB).answer("commit", XAException.XA_HEURRB);
    assertThat(branch.commit().get()).isEqualTo(Finish.OTHERWISE);
    assertThat(resource.commit(branch.id(), "").get()).isEqualTo(Finish.OTHERWISE);
    assertThat(resource.prepared(DOMAIN).get()).containsExactly(branch.id());
    assertThat(xa.calls()).doesNotContain("forget");
    branch.forget();
    while (!xa.calls().contains("forget")) {
      Thread.onSpinWait();
    }
    assertThat(resource.prepared(DOMAIN).get()).isEmpty();
  }

  /** Shows what is known after a commit in one phase that fails. */
  @ParameterizedTest
  @CsvSource({
    XAException.XA_HEURCOM + ",COMMITTED",
    XAException.XA_HEURRB + ",ABORTED",
    XAException.XA_HEURMIX + ",LOST",
    XAException.XAER_RMFAIL + ",LOST",
    XAException.XAER_NOTA + ",LOST",
    XAException.XAER_RMERR + ",ABORTED"
  })
  void one_phase_that_fails(int code, OnePhase.Outcome outcome) throws Exception {
    xa.answer("commit", code);
    assertThat(begun().commitOnePhase().get().outcome()).isEqualTo(outcome);
  }

  /**
   * Shows that an error of a commit is no rollback if nothing is left that could be rolled back.
   */
  @Test
  void one_phase_that_fails_and_cannot_be_rolled_back_is_lost() throws Exception {
    xa.answer("commit", XAException.XAER_RMERR).answer("rollback", XAException.XAER_NOTA);
    assertThat(begun().commitOnePhase().get().outcome()).isEqualTo(OnePhase.Outcome.LOST);
  }

  /** Shows that a scan in pages gives all, and none of others. */
  @Test
  void a_scan_in_pages_gives_all() throws Exception {
    List<BranchId> left = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      JdbcBranch branch = prepared();
      left.add(branch.id());
      branch.leave();
    }
    xa.pages(2);
    assertThat(resource.prepared(DOMAIN).get()).containsExactlyElementsOf(left);
    assertThat(resource.prepared(DOMAIN + 1).get()).isEmpty();
    assertThat(XaResource.of("other", xa.source()).prepared(DOMAIN).get()).isEmpty();
  }

  /** Shows that a session waits for the next branch, and no more than some do. */
  @Test
  void idle_sessions_are_kept_within_bounds() throws Exception {
    for (int i = 0; i < 3; i++) {
      prepared().commit().get();
    }
    assertThat(xa.opened()).isEqualTo(1);
    List<JdbcBranch> many = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      many.add(begun());
    }
    for (JdbcBranch each : many) {
      each.abort().get();
    }
    assertThat(xa.openNow()).isEqualTo(16);
    resource.close();
    assertThat(xa.openNow()).isZero();
  }

  /** Shows that a broken session isn't used again, nor one whose settings were changed. */
  @Test
  void what_is_broken_or_altered_is_not_kept() throws Exception {
    prepared().commit().get();
    xa.breakAll();
    JdbcBranch branch = begun();
    assertThat(xa.openNow()).isEqualTo(1);
    branch.connection().setTransactionIsolation(Connection.TRANSACTION_SERIALIZABLE);
    branch.abort().get();
    assertThat(xa.openNow()).isZero();
    try (Connection plain = resource.connect()) {
      plain.setReadOnly(true);
    }
    assertThat(xa.openNow()).isZero();
    try (Connection plain = resource.connect()) {
      assertThat(plain.isClosed()).isFalse();
    }
    assertThat(xa.openNow()).isEqualTo(1);
  }
}
