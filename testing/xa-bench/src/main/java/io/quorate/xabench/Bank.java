package io.quorate.xabench;

import io.quorate.databases.MariaDbServer;
import io.quorate.databases.PostgreSqlServer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;

/**
 * Accounts of the same numbers in both databases. Transfers lead from PostgreSQL to MariaDB, so
 * that their sum over both stays what it was if all of them are atomic.
 */
record Bank(PostgreSqlServer postgreSql, MariaDbServer mariaDb, String database, int accounts) {
  /** Enough that two transactions of a thread hardly meet, as no two threads' do. */
  static final int ACCOUNTS_PER_THREAD = 1_000;

  private static final int BALANCE = 1_000;

  /** Makes the accounts of so many threads, in a database of this name on each server. */
  static Bank create(
      PostgreSqlServer postgreSql, MariaDbServer mariaDb, String database, int threads)
      throws SQLException {
    int last = threads * ACCOUNTS_PER_THREAD - 1;
    postgreSql.createDatabase(database);
    mariaDb.createDatabase(database);
    fill(
        postgreSql.dataSource(database),
        "INSERT INTO account SELECT n, " + BALANCE + " FROM generate_series(0, " + last + ") AS n");
    fill(
        mariaDb.dataSource(database),
        "INSERT INTO account SELECT seq, " + BALANCE + " FROM seq_0_to_" + last);
    return new Bank(postgreSql, mariaDb, database, last + 1);
  }

  private static void fill(DataSource source, String accounts) throws SQLException {
    try (Connection connection = source.getConnection();
        Statement statement = connection.createStatement()) {
      var _ = statement.execute("CREATE TABLE account (id INT PRIMARY KEY, balance INT NOT NULL)");
      var _ = statement.execute(accounts);
    }
  }

  /** Adds to the balance of an account, in whatever transaction the connection is. */
  static void add(Connection connection, int account, int amount) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement("UPDATE account SET balance = balance + ? WHERE id = ?")) {
      statement.setInt(1, amount);
      statement.setInt(2, account);
      if (statement.executeUpdate() != 1) {
        throw new IllegalStateException("there is no account " + account);
      }
    }
  }

  /** Whether all the money is still there, neither more nor less. */
  boolean isConserved() throws SQLException {
    long sum = sum(postgreSql.dataSource(database)) + sum(mariaDb.dataSource(database));
    return sum == 2L * accounts * BALANCE;
  }

  /** How much has arrived in MariaDB. */
  long arrived() throws SQLException {
    return sum(mariaDb.dataSource(database)) - (long) accounts * BALANCE;
  }

  private static long sum(DataSource source) throws SQLException {
    try (Connection connection = source.getConnection();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("SELECT SUM(balance) FROM account")) {
      rows.next();
      return rows.getLong(1);
    }
  }
}
