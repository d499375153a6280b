package io.quorate.xa.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.quorate.client.QuorateClient;
import io.quorate.databases.Database;
import io.quorate.databases.Databases;
import io.quorate.databases.MariaDbServer;
import io.quorate.databases.PostgreSqlServer;
import io.quorate.xa.Transaction;
import io.quorate.xa.Transactions;
import io.quorate.xa.TransactionsBuilder;
import io.quorate.xa.jdbc.MariaDbResource;
import io.quorate.xa.jdbc.PostgreSqlResource;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import javax.sql.DataSource;

/**
 * Accounts in two databases, between which money goes to and fro: what one has less the other has
 * more. Each has its own databases and domain, on servers that all share.
 */
final class Bank {
  static final int ACCOUNTS = 20;
  static final int EACH = 1_000;

  private static final int CONNECTIONS_MAX = 30;
  private static final long IDLE_MILLIS = 10_000;
  private static final long PATIENCE_MILLIS = 5_000;

  private static final AtomicInteger NUMBER = new AtomicInteger();

  /** They end with this JVM. */
  private static final Map<Class<?>, Servers> SERVERS = new ConcurrentHashMap<>();

  private record Servers(Database postgreSql, Database mariaDb) {}

  private final String domain;
  private final Database postgreSql;
  private final Database mariaDb;
  private final List<HikariDataSource> pools = new ArrayList<>();
  private final PostgreSqlResource checking;
  private final MariaDbResource savings;

  private Bank(String domain, Database postgreSql, Database mariaDb) {
    this.domain = domain;
    this.postgreSql = postgreSql;
    this.mariaDb = mariaDb;
    checking = PostgreSqlResource.of("checking", pool(postgreSql));
    savings = MariaDbResource.of("savings", pool(mariaDb));
  }

  /** As applications have them: a connection of PostgreSQL's is a process, which takes its time. */
  private DataSource pool(Database database) {
    HikariConfig config = new HikariConfig();
    config.setDataSource(database.dataSource(domain));
    config.setMaximumPoolSize(CONNECTIONS_MAX);
    config.setMinimumIdle(0);
    config.setIdleTimeout(IDLE_MILLIS);
    config.setConnectionTimeout(PATIENCE_MILLIS);
    config.setInitializationFailTimeout(-1);
    HikariDataSource pool = new HikariDataSource(config);
    pools.add(pool);
    return pool;
  }

  /** One on the servers that all tests share. */
  static Bank open() throws SQLException {
    return open(Databases.postgreSql(), Databases.mariaDb());
  }

  /**
   * One on servers that tests of one class have for themselves, since a MariaDB lists what is
   * prepared in all of its databases.
   */
  static Bank open(Class<?> test) throws SQLException {
    Servers servers =
        SERVERS.computeIfAbsent(
            test, _ -> new Servers(PostgreSqlServer.start(), MariaDbServer.start()));
    return open(servers.postgreSql, servers.mariaDb);
  }

  /** One on servers of one's own. */
  static Bank open(Database postgreSql, Database mariaDb) throws SQLException {
    String name =
        ("bank" + ProcessHandle.current().pid() + "_" + NUMBER.incrementAndGet())
            .toLowerCase(Locale.ROOT);
    Bank bank = new Bank(name, postgreSql, mariaDb);
    for (Database each : List.of(postgreSql, mariaDb)) {
      each.createDatabase(name);
      try (Connection connection = each.dataSource(name).getConnection();
          Statement statement = connection.createStatement()) {
        statement.execute("CREATE TABLE account (id INT PRIMARY KEY, balance INT NOT NULL)");
        statement.execute("CREATE TABLE transfer (id INT PRIMARY KEY)");
        for (int i = 0; i < ACCOUNTS; i++) {
          statement.execute("INSERT INTO account VALUES (" + i + ", " + EACH + ")");
        }
      }
    }
    return bank;
  }

  /**
   * Nobody uses it any more. A server with fewer databases is sooner back after a crash, as it
   * looks at each of their files.
   */
  void drop() {
    pools.forEach(HikariDataSource::close);
    postgreSql.dropDatabase(domain);
    mariaDb.dropDatabase(domain);
  }

  String domain() {
    return domain;
  }

  Database postgreSql() {
    return postgreSql;
  }

  Database mariaDb() {
    return mariaDb;
  }

  PostgreSqlResource checking() {
    return checking;
  }

  MariaDbResource savings() {
    return savings;
  }

  TransactionsBuilder transactions(QuorateClient client) {
    return Transactions.builder(client, domain).resource(checking).resource(savings);
  }

  /** Moves money from the one database to the other, within a transaction. */
  void move(Transaction transaction, int from, int to, int amount) throws SQLException {
    add(transaction.connection(checking), from, -amount);
    add(transaction.connection(savings), to, amount);
  }

  static void add(Connection connection, int account, int amount) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement("UPDATE account SET balance = balance + ? WHERE id = ?")) {
      statement.setInt(1, amount);
      statement.setInt(2, account);
      assertThat(statement.executeUpdate()).isEqualTo(1);
    }
  }

  int balance(Database database, int account) throws SQLException {
    return number(database, "SELECT balance FROM account WHERE id = " + account);
  }

  int sum() throws SQLException {
    String sum = "SELECT SUM(balance) FROM account";
    return number(postgreSql, sum) + number(mariaDb, sum);
  }

  private int number(Database database, String sql) throws SQLException {
    try (Connection connection = database.dataSource(domain).getConnection();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      rows.next();
      return rows.getInt(1);
    }
  }

  /** Whether a numbered transfer is in that database. */
  boolean has(Database database, int transfer) throws SQLException {
    return number(database, "SELECT COUNT(*) FROM transfer WHERE id = " + transfer) == 1;
  }

  /** Where it is, for another process. */
  BankAddress address() {
    return new BankAddress(domain, place(postgreSql), place(mariaDb));
  }

  private BankAddress.Place place(Database database) {
    return new BankAddress.Place(database.jdbcUrl(domain), database.user(), database.password());
  }

  /** Waits until nothing is prepared in either database. */
  void awaitNothingPrepared(Duration within) {
    long deadline = System.nanoTime() + within.toNanos();
    List<String> left = prepared();
    while (!left.isEmpty() && System.nanoTime() - deadline < 0) {
      LockSupport.parkNanos(2_000_000L);
      left = prepared();
    }
    assertThat(left).as("prepared after %s", within).isEmpty();
  }

  private List<String> prepared() {
    List<String> all = new ArrayList<>(postgreSql.prepared());
    all.addAll(mariaDb.prepared());
    return all;
  }

  void requireConserved() throws SQLException {
    assertThat(sum()).isEqualTo(2 * ACCOUNTS * EACH);
  }
}
