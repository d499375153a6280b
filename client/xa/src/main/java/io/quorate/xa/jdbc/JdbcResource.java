package io.quorate.xa.jdbc;

import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.xa.branch.BranchId;
import io.quorate.xa.branch.ConnectionResource;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * What databases have in common: calls that wait, made on threads where that does no harm, each
 * with a bound.
 */
abstract class JdbcResource implements ConnectionResource<JdbcBranch> {
  static final System.Logger LOG = System.getLogger(JdbcResource.class.getName());

  /** A call that this package makes by itself is given up after that, with its connection. */
  static final int CALL_MILLIS_MAX = 30_000;

  private final String name;
  private final Connections connections;
  private final Executor executor;

  /** The threads of those who bring none: as many as there are calls at a time. */
  private static final class OwnThreads {
    private static final AtomicInteger NUMBER = new AtomicInteger();
    private static final ExecutorService ALL = Executors.newCachedThreadPool(OwnThreads::thread);

    private static Thread thread(Runnable task) {
      Thread thread = new Thread(task, "quorate-xa-" + NUMBER.incrementAndGet());
      thread.setDaemon(true);
      return thread;
    }
  }

  /** Where connections come from. */
  interface Connections {
    Connection take() throws SQLException;
  }

  JdbcResource(String name, Connections connections, Executor executor) {
    this.name = name;
    this.connections = connections;
    this.executor = executor;
  }

  /** For who brings no threads. */
  static Executor ownThreads() {
    return OwnThreads.ALL;
  }

  @Override
  public final String name() {
    return name;
  }

  final Executor executor() {
    return executor;
  }

  @Override
  public final Connection connect() throws SQLException {
    return connections.take();
  }

  /** Whether a branch that was found is one of this resource's, of that domain. */
  final boolean isOurs(BranchId id, long domain) {
    return id.domain() == domain && id.resource() == BranchId.hash(name);
  }

  /** A call that waits. */
  interface Call<T extends @Nullable Object> {
    T run() throws SQLException;
  }

  /** A call that waits, with a connection. */
  interface ConnectedCall<T> {
    T run(Connection connection) throws SQLException;
  }

  /** Runs a call where it may wait. */
  final <T extends @Nullable Object> CompletableFuture<T> later(Call<T> call) {
    CompletableFuture<T> done = new CompletableFuture<>();
    executor.execute(() -> {
      try {
        done.complete(call.run());
      } catch (SQLException | RuntimeException e) {
        done.completeExceptionally(e);
      } catch (Error e) {
        done.completeExceptionally(e);
        throw e;
      }
    });
    return done;
  }

  /** Runs a call where it may wait, with a connection of its own that commits each statement. */
  final <T> CompletableFuture<T> connected(ConnectedCall<T> call) {
    return later(() -> withConnection(call));
  }

  final <T> T withConnection(ConnectedCall<T> call) throws SQLException {
    try (Connection connection = connect()) {
      boolean commits = connection.getAutoCommit();
      if (!commits) {
        connection.setAutoCommit(true);
      }
      int before = networkTimeout(connection);
      bound(connection, executor, CALL_MILLIS_MAX);
      try {
        return call.run(connection);
      } finally {
        bound(connection, executor, before);
        if (!commits) {
          connection.setAutoCommit(false);
        }
      }
    }
  }

  /** How long its calls may wait; -1 if its driver keeps no time. */
  static int networkTimeout(Connection connection) throws SQLException {
    try {
      return connection.getNetworkTimeout();
    } catch (SQLFeatureNotSupportedException e) {
      return -1;
    }
  }

  /** Sets how long its calls may wait, where its driver keeps time. */
  static void bound(Connection connection, Executor executor, int millis) throws SQLException {
    try {
      if (millis >= 0) {
        connection.setNetworkTimeout(executor, millis);
      }
    } catch (SQLFeatureNotSupportedException e) {
      LOG.log(System.Logger.Level.DEBUG, "no network timeouts", e);
    }
  }

  static void execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  /** The first column of all rows; nulls are left out. */
  static List<String> column(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      List<String> all = new ArrayList<>();
      while (rows.next()) {
        String each = rows.getString(1);
        if (each != null) {
          all.add(each);
        }
      }
      return all;
    }
  }

  /** The only value of a query; empty if it is null or there is no row. */
  static String value(Connection connection, String sql) throws SQLException {
    List<String> all = column(connection, sql);
    return all.isEmpty() ? "" : all.get(0);
  }

  /** Closes a connection that nothing can be done with any more, so that a pool doesn't keep it. */
  final void discard(Connection connection) {
    try {
      connection.abort(Runnable::run);
      connection.createStatement().close(); // which fails, and tells its pool that it is broken
    } catch (SQLException | RuntimeException e) {
      LOG.log(System.Logger.Level.DEBUG, "connection ended", e);
    }
    try {
      connection.close();
    } catch (SQLException | RuntimeException e) {
      LOG.log(System.Logger.Level.DEBUG, "close failed", e);
    }
  }

  static QuorateException unfit(String name, String why) {
    return QuorateException.of(
        ErrorCode.INVALID_REQUEST, "the resource " + name + " can't take part: " + why);
  }

  /**
   * Whether an error says that the connection is gone or going, or that the server is: then nothing
   * is known of what was asked. Drivers tell a lost connection with class 08, with no state at all,
   * or with the code 0.
   */
  static boolean isUnsure(SQLException e) {
    String state = e.getSQLState();
    return state == null
        || state.startsWith("08")
        || state.startsWith("57P")
        || state.startsWith("58")
        || state.equals("70100") // MariaDB: the statement or its session was killed
        || state.startsWith("XX");
  }
}
