package io.quorate.xa.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.quorate.client.QuorateClient;
import io.quorate.databases.Database;
import io.quorate.system.Store;
import io.quorate.xa.Transactions;
import io.quorate.xa.branch.BranchId;
import io.quorate.xa.branch.ConnectionBranch;
import io.quorate.xa.branch.ConnectionResource;
import io.quorate.xa.branch.Finish;
import io.quorate.xa.jdbc.JdbcBranch;
import io.quorate.xa.jdbc.MariaDbResource;
import io.quorate.xa.jdbc.PostgreSqlResource;
import io.quorate.xa.jdbc.XaResource;
import io.quorate.xa.jta.JakartaTransactions;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import javax.sql.XAConnection;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Code that knows of data sources or of Jakarta Transactions only, over both databases: with a pool
 * and the dialects, and with their drivers' own XA.
 */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class EnlistingTest {
  private static final BranchId ANY = new BranchId(7, 1, 1, BranchId.hash("checking"), 0, 0);

  /** How the databases are reached. */
  enum Way {
    HIKARI {
      @Override
      Resources resources(Bank bank) {
        return new Resources(
            PostgreSqlResource.of("checking", pool(bank.postgreSql(), bank)),
            MariaDbResource.of("savings", pool(bank.mariaDb(), bank)));
      }
    },
    DRIVERS_XA {
      @Override
      Resources resources(Bank bank) {
        return new Resources(
            XaResource.of("checking", bank.postgreSql().xaDataSource(bank.domain())),
            XaResource.of("savings", bank.mariaDb().xaDataSource(bank.domain())));
      }
    };

    abstract Resources resources(Bank bank);
  }

  /** Both. */
  record Resources(
      ConnectionResource<? extends ConnectionBranch> checking,
      ConnectionResource<? extends ConnectionBranch> savings) {
    Transactions open(QuorateClient client, Bank bank) {
      return Transactions.builder(client, bank.domain())
          .resource(checking)
          .resource(savings)
          .open();
    }
  }

  private static HikariDataSource pool(Database database, Bank bank) {
    HikariConfig config = new HikariConfig();
    config.setDataSource(database.dataSource(bank.domain()));
    config.setMaximumPoolSize(3);
    return new HikariDataSource(config);
  }

  /** As a template or an object mapper does: each statement takes a connection, and closes it. */
  private static void add(DataSource source, int account, int amount) throws SQLException {
    try (Connection connection = source.getConnection()) {
      Bank.add(connection, account, amount);
    }
  }

  /** Shows that what is done by data sources is one transaction, many times on few connections. */
  @ParameterizedTest
  @EnumSource
  void statements_of_one_thread_are_one_transaction(Way way) throws Exception {
    Bank bank = Bank.open();
    Resources resources = way.resources(bank);
    try (QuorateClient client = Store.QUORATE.connect();
        Transactions transactions = resources.open(client, bank)) {
      DataSource checking = transactions.dataSource(resources.checking());
      DataSource savings = transactions.dataSource(resources.savings());
      for (int i = 0; i < 10; i++) {
        transactions.run(transaction -> {
          add(checking, 1, -5);
          add(checking, 1, -5);
          add(savings, 2, 10);
        });
        assertThatThrownBy(() ->
                transactions.run(transaction -> {
                  add(checking, 1, -5);
                  add(savings, 2, 5);
                  throw new IllegalStateException("no");
                }))
            .hasMessage("no");
      }
      assertThat(bank.balance(bank.postgreSql(), 1)).isEqualTo(Bank.EACH - 100);
      assertThat(bank.balance(bank.mariaDb(), 2)).isEqualTo(Bank.EACH + 100);
    }
    assertThat(bank.postgreSql().prepared()).isEmpty();
    assertThat(bank.mariaDb().prepared()).isEmpty();
  }

  /**
   * Shows that without a transaction each statement is committed by itself, or as its user says.
   */
  @ParameterizedTest
  @EnumSource
  void without_a_transaction_connections_are_plain(Way way) throws Exception {
    Bank bank = Bank.open();
    Resources resources = way.resources(bank);
    try (QuorateClient client = Store.QUORATE.connect();
        Transactions transactions = resources.open(client, bank)) {
      for (ConnectionResource<?> each :
          new ConnectionResource<?>[] {resources.checking(), resources.savings()}) {
        DataSource source = transactions.dataSource(each);
        add(source, 1, 1);
        try (Connection connection = source.getConnection()) {
          connection.setAutoCommit(false);
          Bank.add(connection, 1, 1);
          connection.commit();
          Bank.add(connection, 1, 1);
        }
        add(source, 1, 1);
      }
      assertThat(bank.balance(bank.postgreSql(), 1)).isEqualTo(Bank.EACH + 3);
      assertThat(bank.balance(bank.mariaDb(), 1)).isEqualTo(Bank.EACH + 3);
    }
  }

  /** Shows that a suspended transaction neither sees nor commits what is done meanwhile. */
  @ParameterizedTest
  @EnumSource
  void what_is_done_while_it_is_suspended_is_not_its_own(Way way) throws Exception {
    Bank bank = Bank.open();
    Resources resources = way.resources(bank);
    try (QuorateClient client = Store.QUORATE.connect();
        Transactions transactions = resources.open(client, bank)) {
      JakartaTransactions manager = new JakartaTransactions(transactions);
      DataSource checking = transactions.dataSource(resources.checking());
      manager.begin();
      add(checking, 1, 10);
      var suspended = manager.suspend();
      add(checking, 2, 1);
      manager.begin();
      add(checking, 3, 1);
      manager.commit();
      manager.resume(suspended);
      manager.rollback();
      assertThat(bank.balance(bank.postgreSql(), 1)).isEqualTo(Bank.EACH);
      assertThat(bank.balance(bank.postgreSql(), 2)).isEqualTo(Bank.EACH + 1);
      assertThat(bank.balance(bank.postgreSql(), 3)).isEqualTo(Bank.EACH + 1);
    }
  }

  /** Shows that the transaction's connection can't be committed by itself. */
  @ParameterizedTest
  @EnumSource
  void a_connection_does_not_commit_by_itself(Way way) throws Exception {
    Bank bank = Bank.open();
    Resources resources = way.resources(bank);
    try (QuorateClient client = Store.QUORATE.connect();
        Transactions transactions = resources.open(client, bank)) {
      DataSource checking = transactions.dataSource(resources.checking());
      transactions.run(transaction -> {
        try (Connection connection = checking.getConnection()) {
          assertThatThrownBy(connection::commit).isInstanceOf(SQLException.class);
          assertThatThrownBy(connection::rollback).isInstanceOf(SQLException.class);
          assertThatThrownBy(() -> connection.setAutoCommit(true)).isInstanceOf(SQLException.class);
          Bank.add(connection, 1, 1);
        }
        transaction.setRollbackOnly("enough");
        assertThatThrownBy(checking::getConnection).hasMessageContaining("enough");
        transaction.rollBack();
      });
    } catch (IllegalStateException e) {
      assertThat(e).hasMessageContaining("ended");
    }
    assertThat(bank.balance(bank.postgreSql(), 1)).isEqualTo(Bank.EACH);
  }

  /** Shows that connections which somebody else has opened are enlisted, and committed together. */
  @Test
  void connections_of_others_are_enlisted_by_their_xa_resources() throws Exception {
    Bank bank = Bank.open();
    XaResource checking = XaResource.of("checking", bank.postgreSql().xaDataSource(bank.domain()));
    XaResource savings = XaResource.of("savings", bank.mariaDb().xaDataSource(bank.domain()));
    try (QuorateClient client = Store.QUORATE.connect();
        Transactions transactions = new Resources(checking, savings).open(client, bank)) {
      JakartaTransactions manager = new JakartaTransactions(transactions);
      XAConnection first = checking.xaDataSource().getXAConnection();
      XAConnection second = savings.xaDataSource().getXAConnection();
      for (int i = 0; i < 3; i++) {
        manager.begin();
        var transaction = Objects.requireNonNull(manager.getTransaction());
        assertThat(transaction.enlistResource(first.getXAResource())).isTrue();
        assertThat(transaction.enlistResource(second.getXAResource())).isTrue();
        try (Connection from = first.getConnection();
            Connection to = second.getConnection()) {
          Bank.add(from, 1, -5);
          Bank.add(to, 2, 5);
        }
        if (i == 1) {
          manager.rollback();
        } else {
          manager.commit();
        }
      }
      assertThat(bank.balance(bank.postgreSql(), 1)).isEqualTo(Bank.EACH - 10);
      assertThat(bank.balance(bank.mariaDb(), 2)).isEqualTo(Bank.EACH + 10);
      first.close();
      second.close();
    }
    assertThat(bank.postgreSql().prepared()).isEmpty();
    assertThat(bank.mariaDb().prepared()).isEmpty();
  }

  /** Shows that what a driver's XA has prepared is found by another resource, and finished. */
  @Test
  void what_is_left_prepared_is_found_and_finished() throws Exception {
    Bank bank = Bank.open();
    for (Database database : new Database[] {bank.postgreSql(), bank.mariaDb()}) {
      XaResource dead = XaResource.of("checking", database.xaDataSource(bank.domain()));
      XaResource survivor = XaResource.of("checking", database.xaDataSource(bank.domain()));
      JdbcBranch branch = dead.begin(ANY);
      Bank.add(branch.connection(), 1, 5);
      assertThat(branch.prepare().get().vote().name()).isEqualTo("YES");
      branch.leave();
      assertThat(survivor.prepared(7).get()).containsExactly(ANY);
      while (true) { // a session that has just ended may hold it for a moment
        var finish = survivor.commit(ANY, "").exceptionally(e -> null).get();
        if (finish != null) {
          assertThat(finish).isEqualTo(Finish.DONE);
          break;
        }
      }
      assertThat(survivor.commit(ANY, "").get()).isEqualTo(Finish.DONE);
      assertThat(survivor.prepared(7).get()).isEmpty();
      assertThat(bank.balance(database, 1)).isEqualTo(Bank.EACH + 5);
      dead.close();
      survivor.close();
    }
  }

  /** Shows that nobody works where nobody would recover. */
  @Test
  void a_resource_that_is_not_registered_is_refused() throws Exception {
    Bank bank = Bank.open();
    XaResource stranger = XaResource.of("stranger", bank.postgreSql().xaDataSource(bank.domain()));
    try (QuorateClient client = Store.QUORATE.connect();
        Transactions transactions = bank.transactions(client).open()) {
      assertThatThrownBy(() -> transactions.dataSource(stranger))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("builder");
      assertThatThrownBy(() -> transactions.run(transaction -> transaction.enlist(stranger)))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }
}
