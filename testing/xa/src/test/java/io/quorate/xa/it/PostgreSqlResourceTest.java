package io.quorate.xa.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.databases.Database;
import io.quorate.databases.PostgreSqlServer;
import io.quorate.txn.Vote;
import io.quorate.xa.branch.Ballot;
import io.quorate.xa.branch.BranchId;
import io.quorate.xa.branch.Finish;
import io.quorate.xa.branch.OnePhase;
import io.quorate.xa.jdbc.JdbcBranch;
import io.quorate.xa.jdbc.PostgreSqlResource;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.ds.PGSimpleDataSource;

/** What PostgreSQL and its driver do to two-phase commit, and what becomes of it here. */
class PostgreSqlResourceTest extends ResourceCase {
  private final PostgreSqlResource resource = bank.checking();

  private static String pid(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("SELECT pg_backend_pid()")) {
      rows.next();
      return rows.getString(1);
    }
  }

  @Test
  void what_has_only_read_votes_so_and_leaves_nothing() throws Exception {
    JdbcBranch branch = resource.begin(id(resource));
    execute(branch.connection(), "SELECT * FROM account");
    assertThat(get(branch.prepare()).vote()).isEqualTo(Vote.READ_ONLY);
    assertThat(get(resource.prepared(domain))).isEmpty();
  }

  /** Foreign tables are written without a number here, and such a branch is no reader. */
  @Test
  void who_has_locked_to_write_has_not_only_read() throws Exception {
    JdbcBranch branch = resource.begin(id(resource));
    execute(branch.connection(), "LOCK TABLE account IN ROW EXCLUSIVE MODE");
    assertThat(prepared(branch).evidence()).isEmpty();
    assertThat(get(branch.commit())).isEqualTo(Finish.DONE);
    assertThat(get(resource.prepared(domain))).isEmpty();
  }

  @Test
  void a_rollback_does_not_wait_behind_a_statement() throws Exception {
    JdbcBranch branch = worked(resource);
    String pid = pid(branch.connection());
    CompletableFuture<Void> stuck =
        CompletableFuture.runAsync(() -> {
          try {
            execute(branch.connection(), "SELECT pg_sleep(60)");
          } catch (SQLException e) {
            throw new CompletionException(e);
          }
        });
    again(() ->
        awaited(
            "SELECT 1/count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND pid = "
                + pid));
    assertThat(get(branch.abort())).isEqualTo(Finish.DONE);
    assertThatThrownBy(() -> get(stuck)).hasCauseInstanceOf(SQLException.class);
    aside(bank.postgreSql(), "SELECT pg_terminate_backend(" + pid + ")");
    assertThat(bank.balance(bank.postgreSql(), 1)).isEqualTo(Bank.EACH);
  }

  /** Fails until the query doesn't. */
  private CompletableFuture<Void> awaited(String query) {
    try {
      aside(bank.postgreSql(), query);
      return CompletableFuture.completedFuture(null);
    } catch (SQLException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  /** pgjdbc#1729: in a failed transaction PREPARE rolls back, and doesn't say so. */
  @Test
  void a_failure_that_was_swallowed_votes_no() throws Exception {
    JdbcBranch branch = worked(resource);
    assertThatThrownBy(() -> execute(branch.connection(), "SELECT 1/0"))
        .isInstanceOf(SQLException.class);
    Ballot ballot = get(branch.prepare());
    assertThat(ballot.vote()).isEqualTo(Vote.NO);
    assertThat(get(resource.prepared(domain))).isEmpty();
    assertThat(bank.balance(bank.postgreSql(), 1)).isEqualTo(Bank.EACH);
  }

  @Test
  void a_failure_that_was_swallowed_does_not_commit_in_one_phase() throws Exception {
    JdbcBranch branch = worked(resource);
    assertThatThrownBy(() -> execute(branch.connection(), "SELECT 1/0"))
        .isInstanceOf(SQLException.class);
    assertThat(get(branch.commitOnePhase()).outcome()).isEqualTo(OnePhase.Outcome.ABORTED);
    assertThat(bank.balance(bank.postgreSql(), 1)).isEqualTo(Bank.EACH);
  }

  /** pgjdbc#3897, #4114: the driver's XA calls a branch on such a connection read-only. */
  @ParameterizedTest
  @ValueSource(strings = {"transaction", "ignore"})
  void a_connection_marked_read_only_is_asked_what_it_has_written(String mode) throws Exception {
    PGSimpleDataSource source = new PGSimpleDataSource();
    source.setUrl(bank.postgreSql().jdbcUrl(bank.domain()));
    source.setUser(bank.postgreSql().user());
    source.setPassword(bank.postgreSql().password());
    source.setReadOnly(true);
    source.setReadOnlyMode(mode);
    PostgreSqlResource marked = PostgreSqlResource.of("checking", source);

    JdbcBranch reads = marked.begin(id(marked));
    execute(reads.connection(), "SELECT * FROM account");
    assertThat(get(reads.prepare()).vote()).isEqualTo(Vote.READ_ONLY);

    JdbcBranch writes = marked.begin(id(marked));
    try {
      Bank.add(writes.connection(), 1, 5);
      prepared(writes);
      assertThat(get(marked.prepared(domain))).containsExactly(writes.id());
      assertThat(get(writes.commit())).isEqualTo(Finish.DONE);
      assertThat(bank.balance(bank.postgreSql(), 1)).isEqualTo(Bank.EACH + 5);
    } catch (SQLException e) { // the mode that forbids it
      assertThat(mode).isEqualTo("transaction");
      assertThat(get(writes.prepare()).vote()).isEqualTo(Vote.NO);
    }
    assertThat(get(marked.prepared(domain))).isEmpty();
  }

  /** pgjdbc#3123: what fails as it prepares is refused, and no more than that. */
  @Test
  void what_a_constraint_refuses_as_it_prepares_votes_no() throws Exception {
    aside(
        bank.postgreSql(),
        "CREATE TABLE once (n INT UNIQUE DEFERRABLE INITIALLY DEFERRED);"
            + " INSERT INTO once VALUES (1)");
    JdbcBranch branch = worked(resource);
    execute(branch.connection(), "INSERT INTO once VALUES (1)");
    Ballot ballot = get(branch.prepare());
    assertThat(ballot.vote()).isEqualTo(Vote.NO);
    assertThat(ballot.reason()).hasMessageContaining("once_n_key");
    assertThat(get(branch.abort())).isEqualTo(Finish.DONE);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "CREATE TEMPORARY TABLE scratch (n INT)",
        "LISTEN news",
        "NOTIFY news",
        "DECLARE c CURSOR WITH HOLD FOR SELECT 1"
      })
  void what_can_not_be_prepared_votes_no_and_says_why(String sql) throws Exception {
    JdbcBranch branch = worked(resource);
    execute(branch.connection(), sql);
    Ballot ballot = get(branch.prepare());
    assertThat(ballot.vote()).isEqualTo(Vote.NO);
    assertThat(ballot.reason()).hasMessageContaining("cannot PREPARE");
  }

  /** pgjdbc#4438, #4445: the backend is terminated between the phases. */
  @Test
  void a_backend_that_is_terminated_between_the_phases_loses_nothing() throws Exception {
    JdbcBranch branch = resource.begin(id(resource));
    String pid = pid(branch.connection());
    Bank.add(branch.connection(), 1, 5);
    prepared(branch);
    aside(bank.postgreSql(), "SELECT pg_terminate_backend(" + pid + ")");
    assertThat(again(branch::commit)).isEqualTo(Finish.DONE);
    assertThat(bank.balance(bank.postgreSql(), 1)).isEqualTo(Bank.EACH + 5);
  }

  @Test
  void a_backend_that_is_terminated_before_it_prepares_votes_no() throws Exception {
    JdbcBranch branch = resource.begin(id(resource));
    String pid = pid(branch.connection());
    aside(bank.postgreSql(), "SELECT pg_terminate_backend(" + pid + ")");
    assertThat(get(branch.prepare()).vote()).isEqualTo(Vote.NO);
    assertThat(get(branch.abort())).isEqualTo(Finish.DONE);
  }

  /** Who has written is asked for its number and told to prepare in one message. */
  @Test
  void a_backend_that_is_terminated_as_it_prepares_is_aborted() throws Exception {
    JdbcBranch branch = resource.begin(id(resource));
    String pid = pid(branch.connection());
    Bank.add(branch.connection(), 1, 5);
    aside(bank.postgreSql(), "SELECT pg_terminate_backend(" + pid + ")");
    assertThatThrownBy(() -> get(branch.prepare())).hasCauseInstanceOf(SQLException.class);
    assertThat(get(branch.abort())).isEqualTo(Finish.DONE);
    assertThat(bank.balance(bank.postgreSql(), 1)).isEqualTo(Bank.EACH);
  }

  /** citus#2095: one of them finds it busy, or gone. */
  @Test
  void two_who_finish_the_same_branch_both_say_so() throws Exception {
    for (int i = 0; i < 20; i++) {
      JdbcBranch branch = worked(resource);
      String evidence = prepared(branch).evidence();
      CompletableFuture<Finish> other =
          CompletableFuture.supplyAsync(
              () -> again(() -> bank.address().checking().commit(branch.id(), evidence)));
      assertThat(again(branch::commit)).isEqualTo(Finish.DONE);
      assertThat(get(other)).isEqualTo(Finish.DONE);
    }
    assertThat(bank.balance(bank.postgreSql(), 1)).isEqualTo(Bank.EACH + 100);
  }

  /** citus#6548, pgjdbc#3450: other databases' and users' branches can't be finished from here. */
  @Test
  void what_is_prepared_elsewhere_is_not_listed() throws Exception {
    Bank other = Bank.open(PostgreSqlResourceTest.class);
    PostgreSqlResource elsewhere = other.checking();
    JdbcBranch branch = elsewhere.begin(id(elsewhere));
    Bank.add(branch.connection(), 1, 5);
    prepared(branch);
    assertThat(get(resource.prepared(domain))).isEmpty();
    assertThat(get(elsewhere.prepared(domain))).containsExactly(branch.id());
    assertThat(get(elsewhere.prepared(domain + 1))).isEmpty();
    assertThat(get(branch.abort())).isEqualTo(Finish.DONE);
  }

  /** An operator, or a server that took this one's place without what was prepared. */
  @Test
  void what_was_rolled_back_by_hand_is_told_by_its_number() throws Exception {
    JdbcBranch branch = worked(resource);
    String evidence = prepared(branch).evidence();
    aside(bank.postgreSql(), "ROLLBACK PREPARED '" + branch.id().toText() + "'");
    assertThat(get(resource.commit(branch.id(), evidence))).isEqualTo(Finish.OTHERWISE);
    assertThat(get(branch.commit())).isEqualTo(Finish.OTHERWISE);
  }

  @Test
  void what_a_server_has_never_heard_of_was_not_committed_there() {
    String future = Long.toString(1L << 40);
    assertThat(get(resource.commit(id(resource), future))).isEqualTo(Finish.OTHERWISE);
  }

  /** pgjdbc#510: whether a commit whose answer was lost has happened. */
  @Test
  void a_lost_answer_of_one_phase_is_looked_for() throws Exception {
    JdbcBranch branch = resource.begin(id(resource));
    String pid = pid(branch.connection());
    Bank.add(branch.connection(), 1, 5);
    aside(bank.postgreSql(), "SELECT pg_terminate_backend(" + pid + ")");
    assertThat(get(branch.commitOnePhase()).outcome()).isEqualTo(OnePhase.Outcome.ABORTED);
    assertThat(bank.balance(bank.postgreSql(), 1)).isEqualTo(Bank.EACH);
  }

  @Test
  void committing_and_closing_are_the_transactions() throws Exception {
    JdbcBranch branch = worked(resource);
    Connection connection = branch.connection();
    connection.close();
    assertThat(connection.isClosed()).isFalse();
    assertThatThrownBy(connection::commit).hasMessageContaining("the transaction's");
    assertThatThrownBy(connection::rollback).hasMessageContaining("the transaction's");
    assertThatThrownBy(() -> connection.setAutoCommit(true))
        .hasMessageContaining("the transaction's");
    try (Statement statement = connection.createStatement()) {
      assertThat(statement.getConnection()).isSameAs(connection);
    }
    assertThat(connection.getMetaData().getConnection()).isSameAs(connection);
    assertThat(get(branch.abort())).isEqualTo(Finish.DONE);
    assertThat(connection.isClosed()).isTrue();
    assertThatThrownBy(connection::createStatement).hasMessageContaining("no work any more");
  }

  @Test
  void a_server_without_room_for_prepared_transactions_is_refused_with_the_way_out()
      throws Exception {
    try (Database server = PostgreSqlServer.start("max_prepared_transactions=0")) {
      server.createDatabase("d");
      PostgreSqlResource without = PostgreSqlResource.of("without", server.dataSource("d"));
      assertThatThrownBy(() -> get(without.check()))
          .hasMessageContaining("ALTER SYSTEM SET max_prepared_transactions");
    }
  }

  @Test
  void its_identity_is_the_same_from_everywhere() {
    assertThat(get(resource.check())).isEqualTo(get(bank.address().checking().check()));
    assertThat(get(resource.check())).startsWith("postgresql ").contains(bank.domain());
  }

  @Test
  void names_of_others_are_passed_over() throws Exception {
    aside(bank.postgreSql(), "BEGIN; DELETE FROM account WHERE id = 9; PREPARE TRANSACTION 'x'");
    aside(
        bank.postgreSql(),
        "BEGIN; DELETE FROM account WHERE id = 8; PREPARE TRANSACTION '1364738353_AAAA_AAAA'");
    BranchId ours = worked(resource).id();
    assertThat(get(resource.prepared(domain))).isEmpty();
    assertThat(ours.domain()).isEqualTo(domain);
    aside(bank.postgreSql(), "ROLLBACK PREPARED 'x'");
    aside(bank.postgreSql(), "ROLLBACK PREPARED '1364738353_AAAA_AAAA'");
  }
}
