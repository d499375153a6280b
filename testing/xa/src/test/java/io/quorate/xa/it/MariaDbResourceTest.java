package io.quorate.xa.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.txn.Vote;
import io.quorate.xa.branch.Ballot;
import io.quorate.xa.branch.BranchId;
import io.quorate.xa.branch.Finish;
import io.quorate.xa.branch.OnePhase;
import io.quorate.xa.jdbc.JdbcBranch;
import io.quorate.xa.jdbc.MariaDbResource;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

/** What MariaDB and its driver do to two-phase commit, and what becomes of it here. */
class MariaDbResourceTest extends ResourceCase {
  private final MariaDbResource resource = bank.savings();

  /** Another process's: its connections are others. */
  private final MariaDbResource another = bank.address().savings();

  @Test
  void what_prepares_commits() throws Exception {
    JdbcBranch branch = worked(resource);
    prepared(branch);
    assertThat(get(another.prepared(domain))).containsExactly(branch.id());
    assertThat(get(branch.commit())).isEqualTo(Finish.DONE);
    assertThat(get(another.prepared(domain))).isEmpty();
    assertThat(bank.balance(bank.mariaDb(), 1)).isEqualTo(Bank.EACH + 5);
  }

  /** dble#1084: the session of who is dead lives on, and nobody else can finish its branch. */
  @Test
  void a_branch_that_a_living_session_holds_is_committed_by_another() throws Exception {
    JdbcBranch branch = worked(resource);
    String evidence = prepared(branch).evidence();
    assertThatThrownBy(() -> get(another.commit(branch.id(), evidence)))
        .isInstanceOf(CompletionException.class); // which ends that session
    assertThat(again(() -> another.commit(branch.id(), evidence))).isEqualTo(Finish.DONE);
    assertThat(bank.balance(bank.mariaDb(), 1)).isEqualTo(Bank.EACH + 5);
    assertThat(again(branch::commit)).isEqualTo(Finish.DONE);
  }

  /** The first time, whoever has it may just be finishing it. */
  @Test
  void a_session_is_ended_when_it_has_a_branch_at_the_second_look_as_well() throws Exception {
    JdbcBranch branch = worked(resource);
    prepared(branch);
    assertThatThrownBy(() -> get(another.abort(branch.id())))
        .isInstanceOf(CompletionException.class);
    assertThat(isThere(branch.id().session())).isTrue();
    assertThatThrownBy(() -> get(another.abort(branch.id())))
        .isInstanceOf(CompletionException.class);
    assertThat(again(() -> another.abort(branch.id()))).isEqualTo(Finish.DONE);
    assertThat(isThere(branch.id().session())).isFalse();
    assertThat(again(branch::abort)).isEqualTo(Finish.DONE);
  }

  private boolean isThere(long session) throws SQLException {
    try (Connection connection = bank.mariaDb().dataSource(bank.domain()).getConnection();
        Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "SELECT 1 FROM information_schema.processlist WHERE id = " + session)) {
      return rows.next();
    }
  }

  @Test
  void a_branch_that_a_living_session_holds_is_rolled_back_by_another() throws Exception {
    JdbcBranch branch = worked(resource);
    prepared(branch);
    assertThat(again(() -> another.abort(branch.id()))).isEqualTo(Finish.DONE);
    assertThat(get(another.prepared(domain))).isEmpty();
    assertThat(bank.balance(bank.mariaDb(), 1)).isEqualTo(Bank.EACH);
    assertThat(again(branch::abort)).isEqualTo(Finish.DONE);
  }

  /** MDEV-37141: what a deadlock's victim does next is outside of the branch, or refused. */
  @Test
  void a_deadlocks_victim_that_goes_on_votes_no() throws Exception {
    JdbcBranch one = resource.begin(id(resource));
    JdbcBranch other = resource.begin(id(resource));
    Bank.add(one.connection(), 1, 5);
    Bank.add(other.connection(), 2, 5);
    CompletableFuture<Boolean> waits = CompletableFuture.supplyAsync(() -> succeeds(one, 2));
    boolean second = succeeds(other, 1);
    boolean first = waits.get();
    assertThat(first ^ second).as("one is the victim").isTrue();
    JdbcBranch victim = first ? other : one;
    JdbcBranch winner = first ? one : other;
    succeeds(victim, 3); // whatever comes of it
    assertThat(get(victim.prepare()).vote()).isEqualTo(Vote.NO);
    prepared(winner);
    assertThat(get(winner.commit())).isEqualTo(Finish.DONE);
    assertThat(bank.balance(bank.mariaDb(), 3)).isEqualTo(Bank.EACH);
    assertThat(bank.balance(bank.mariaDb(), 1)).isEqualTo(Bank.EACH + 5);
  }

  private static boolean succeeds(JdbcBranch branch, int account) {
    try {
      Bank.add(branch.connection(), account, 5);
      return true;
    } catch (SQLException e) {
      return false;
    }
  }

  /** sql/xa.cc: an empty branch that lost its session is rolled back when it should commit. */
  @Test
  void a_branch_that_has_changed_nothing_commits_without_its_session() throws Exception {
    JdbcBranch branch = resource.begin(id(resource));
    execute(branch.connection(), "SELECT * FROM account");
    Ballot ballot = prepared(branch);
    aside(bank.mariaDb(), "KILL " + branch.id().session());
    assertThat(again(() -> another.commit(branch.id(), ballot.evidence()))).isEqualTo(Finish.DONE);
    assertThat(again(branch::commit)).isEqualTo(Finish.DONE);
  }

  @Test
  void a_session_that_is_killed_between_the_phases_loses_nothing() throws Exception {
    JdbcBranch branch = worked(resource);
    prepared(branch);
    aside(bank.mariaDb(), "KILL " + branch.id().session());
    assertThat(again(branch::commit)).isEqualTo(Finish.DONE);
    assertThat(bank.balance(bank.mariaDb(), 1)).isEqualTo(Bank.EACH + 5);
  }

  @Test
  void a_session_that_is_killed_before_it_prepares_has_not_prepared() throws Exception {
    JdbcBranch branch = worked(resource);
    aside(bank.mariaDb(), "KILL " + branch.id().session());
    try {
      assertThat(get(branch.prepare()).vote()).isEqualTo(Vote.NO);
    } catch (CompletionException e) { // it can't be known: then it is rolled back
      assertThat(again(branch::abort)).isEqualTo(Finish.DONE);
    }
    assertThat(get(another.prepared(domain))).isEmpty();
    assertThat(bank.balance(bank.mariaDb(), 1)).isEqualTo(Bank.EACH);
  }

  @Test
  void one_phase_commits() throws Exception {
    JdbcBranch branch = worked(resource);
    assertThat(get(branch.commitOnePhase()).outcome()).isEqualTo(OnePhase.Outcome.COMMITTED);
    assertThat(bank.balance(bank.mariaDb(), 1)).isEqualTo(Bank.EACH + 5);
  }

  @Test
  void what_isnt_prepared_is_undone() throws Exception {
    JdbcBranch branch = worked(resource);
    assertThat(get(branch.abort())).isEqualTo(Finish.DONE);
    assertThat(bank.balance(bank.mariaDb(), 1)).isEqualTo(Bank.EACH);
    assertThat(get(branch.abort())).isEqualTo(Finish.DONE);
  }

  /** Names are bytes; the list shows some of them as text. */
  @Test
  void all_names_are_read_back() throws Exception {
    List<JdbcBranch> branches = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      JdbcBranch branch = resource.begin(id(resource));
      Bank.add(branch.connection(), i % Bank.ACCOUNTS, 0);
      prepared(branch);
      branches.add(branch);
      assertThat(get(another.prepared(domain))).contains(branch.id());
      assertThat(get(branch.abort())).isEqualTo(Finish.DONE);
    }
    assertThat(branches.stream().map(JdbcBranch::id)).allMatch(each -> each.domain() == domain);
    assertThat(get(another.prepared(domain))).isEmpty();
  }

  @Test
  void its_identity_is_the_same_from_everywhere() {
    assertThat(get(resource.check())).isEqualTo(get(another.check())).startsWith("mariadb ");
    assertThat(get(resource.identifiedBy("stock").check())).isEqualTo("mariadb stock");
    assertThatThrownBy(() -> resource.identifiedBy("two words"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void nothing_is_known_of_what_others_began() {
    BranchId nobodys = id(resource);
    assertThat(get(resource.commit(nobodys, ""))).isEqualTo(Finish.DONE);
    assertThat(get(resource.abort(nobodys))).isEqualTo(Finish.DONE);
  }
}
