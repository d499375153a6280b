package io.quorate.xa.jdbc;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.CallableStatement;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import org.jspecify.annotations.Nullable;

/**
 * A branch's connection as its transaction's work sees it: it can neither be committed nor rolled
 * back nor closed by itself, and does nothing any more once the branch takes no work.
 *
 * <p>Its statements tell the branch what fails. Which one runs is known, so that it can be
 * cancelled from another thread.
 */
final class GuardedConnection {
  private final JdbcBranch branch;
  private final Connection raw;
  private final Connection connection;

  private volatile @Nullable String closed;
  private volatile @Nullable Statement running;

  GuardedConnection(JdbcBranch branch, Connection raw) {
    this.branch = branch;
    this.raw = raw;
    connection =
        proxy(Connection.class, (self, method, arguments) -> onConnection(method, arguments));
  }

  Connection connection() {
    return connection;
  }

  /** It does nothing any more, for this reason. */
  void close(String reason) {
    if (closed == null) {
      closed = reason;
    }
  }

  /** Whether a statement runs, or is about to. */
  boolean isRunning() {
    return running != null;
  }

  /** Ends the statement that runs, if one does and its server has begun it. */
  void cancel() {
    Statement present = running;
    if (present != null) {
      try {
        present.cancel();
      } catch (SQLException e) {
        JdbcResource.LOG.log(System.Logger.Level.DEBUG, "cancel failed", e);
      }
    }
  }

  /** One that is like nothing but itself, and does all else as the handler says. */
  @SuppressWarnings("ReferenceEquality")
  static <T> T proxy(Class<T> type, InvocationHandler handler) {
    InvocationHandler identified =
        (self, method, arguments) ->
            switch (method.getName()) {
              case "equals" -> arguments != null && self == arguments[0];
              case "hashCode" -> System.identityHashCode(self);
              default -> handler.invoke(self, method, arguments);
            };
    return type.cast(
        Proxy.newProxyInstance(
            GuardedConnection.class.getClassLoader(), new Class<?>[] {type}, identified));
  }

  private @Nullable Object onConnection(Method method, Object @Nullable [] arguments)
      throws Throwable {
    switch (method.getName()) {
      case "close" -> {
        return null;
      }
      case "isClosed" -> {
        return closed != null;
      }
      case "getAutoCommit" -> {
        return false;
      }
      case "commit", "setAutoCommit", "abort" -> {
        if (arguments != null && Boolean.FALSE.equals(arguments[0])) {
          return null; // as it is
        }
        throw refused(method.getName());
      }
      case "rollback" -> {
        if (arguments == null) {
          throw refused("rollback");
        }
      }
      case "toString" -> {
        return "a transaction's " + raw;
      }
      default -> {}
    }
    requireOpen();
    if (isSetting(method)) {
      branch.altered();
    }
    Object result = invoke(raw, method, arguments);
    if (result instanceof DatabaseMetaData about) {
      return proxy(DatabaseMetaData.class, onMetaData(about));
    }
    if (result instanceof CallableStatement statement) {
      return proxy(CallableStatement.class, onStatement(statement));
    }
    if (result instanceof PreparedStatement statement) {
      return proxy(PreparedStatement.class, onStatement(statement));
    }
    return result instanceof Statement statement
        ? proxy(Statement.class, onStatement(statement))
        : result;
  }

  /** Whether a connection's method changes what its next user would find. */
  static boolean isSetting(Method method) {
    return method.getName().startsWith("set") && !method.getName().equals("setSavepoint");
  }

  private static SQLException refused(String what) {
    return new SQLException(
        what + " is the transaction's: it commits and rolls back all its branches together",
        "25000");
  }

  private void requireOpen() throws SQLException {
    String reason = closed;
    if (reason != null) {
      throw new SQLException("the connection takes no work any more: " + reason, "25000");
    }
  }

  private InvocationHandler onMetaData(DatabaseMetaData about) {
    return (self, method, arguments) -> {
      if (method.getName().equals("getConnection")) {
        return connection;
      }
      requireOpen();
      return invoke(about, method, arguments);
    };
  }

  private InvocationHandler onStatement(Statement statement) {
    return (self, method, arguments) -> {
      switch (method.getName()) {
        case "getConnection" -> {
          return connection;
        }
        case "close", "isClosed", "cancel" -> {
          return invoke(statement, method, arguments);
        }
        default -> {}
      }
      boolean executes = method.getName().startsWith("execute");
      if (executes) {
        running = statement; // before it is looked whether it may: who forbids it then sees it
      }
      try {
        requireOpen();
        Object result = invoke(statement, method, arguments);
        if (executes) {
          branch.executed(statement, result);
        }
        return result;
      } catch (SQLException e) {
        branch.noted(e);
        throw e;
      } finally {
        if (executes) {
          running = null;
        }
      }
    };
  }

  static @Nullable Object invoke(Object target, Method method, Object @Nullable [] arguments)
      throws Throwable {
    try {
      return method.invoke(target, arguments);
    } catch (InvocationTargetException e) {
      Throwable cause = e.getCause();
      throw cause == null ? e : cause;
    }
  }
}
