package io.quorate.xa.jdbc;

import java.lang.reflect.Method;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.sql.ConnectionEvent;
import javax.sql.ConnectionEventListener;
import javax.sql.XAConnection;
import javax.transaction.xa.XAResource;
import org.jspecify.annotations.Nullable;

/**
 * One session at a database: a driver's {@code XAConnection}, and what is used of it. It is used by
 * one at a time.
 */
final class XaSession implements ConnectionEventListener {
  private static final int VALID_SECONDS_MAX = 5;

  private final XAConnection raw;
  private final XAResource xa;
  private final Connection connection;
  private final int networkTimeout;
  private volatile boolean broken;
  private volatile boolean altered;
  private volatile long idleSince = System.nanoTime();

  XaSession(XAConnection raw) throws SQLException {
    this.raw = raw;
    xa = raw.getXAResource();
    connection = raw.getConnection();
    networkTimeout = JdbcResource.networkTimeout(connection);
    raw.addConnectionEventListener(this);
  }

  XAResource xa() {
    return xa;
  }

  Connection connection() {
    return connection;
  }

  /** It isn't as it was opened: nobody else is given it. */
  void altered() {
    altered = true;
  }

  /** Brings it to where it was opened. Gives whether it is fit for the next one who needs it. */
  boolean becomesIdle(Executor executor) {
    if (broken || altered) {
      return false;
    }
    try {
      if (!connection.getAutoCommit()) {
        connection.rollback();
        connection.setAutoCommit(true);
      }
      connection.clearWarnings();
      JdbcResource.bound(connection, executor, networkTimeout);
    } catch (SQLException e) {
      return false;
    }
    idleSince = System.nanoTime();
    return !broken;
  }

  /** Whether it can be used still; the server is asked if it was idle for longer than that. */
  boolean isUsable(long trustedNanos) {
    try {
      return !broken
          && (System.nanoTime() - idleSince < trustedNanos
              || connection.isValid(VALID_SECONDS_MAX));
    } catch (SQLException e) {
      return false;
    }
  }

  void close() {
    try {
      raw.close();
    } catch (SQLException | RuntimeException e) {
      JdbcResource.LOG.log(System.Logger.Level.DEBUG, "close failed", e);
    }
  }

  @Override
  public void connectionClosed(ConnectionEvent event) {
    broken = true; // its user gives it back, and closes nothing
  }

  @Override
  public void connectionErrorOccurred(ConnectionEvent event) {
    broken = true;
  }

  /** Its connection for work outside of transactions: closing it gives the session back. */
  Connection plain(XaSessions sessions) {
    AtomicBoolean open = new AtomicBoolean(true);
    return GuardedConnection.proxy(
        Connection.class, (self, method, arguments) -> onPlain(sessions, open, method, arguments));
  }

  private @Nullable Object onPlain(
      XaSessions sessions, AtomicBoolean open, Method method, Object @Nullable [] arguments)
      throws Throwable {
    switch (method.getName()) {
      case "close" -> {
        if (open.getAndSet(false)) {
          sessions.giveBack(this);
        }
        return null;
      }
      case "isClosed" -> {
        return !open.get() || connection.isClosed();
      }
      case "abort" -> {
        broken = true;
      }
      default -> {}
    }
    if (!open.get() && !method.getName().equals("abort")) {
      throw new SQLException("the connection is closed", "08003");
    }
    if (GuardedConnection.isSetting(method) && !method.getName().equals("setAutoCommit")) {
      altered = true;
    }
    return GuardedConnection.invoke(connection, method, arguments);
  }
}
