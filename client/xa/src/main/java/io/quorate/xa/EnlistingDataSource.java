package io.quorate.xa;

import io.quorate.base.QuorateException;
import io.quorate.xa.branch.ConnectionResource;
import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.util.Optional;
import java.util.logging.Logger;
import javax.sql.DataSource;

/** Gives the connection of a thread's transaction, or else one of the resource's own. */
final class EnlistingDataSource implements DataSource {
  private static final String INVALID_STATE = "25000";

  private final Transactions transactions;
  private final ConnectionResource<?> resource;

  EnlistingDataSource(Transactions transactions, ConnectionResource<?> resource) {
    this.transactions = transactions;
    this.resource = resource;
  }

  @Override
  public Connection getConnection() throws SQLException {
    Optional<Transaction> current = transactions.current();
    if (current.isEmpty()) {
      return resource.connect();
    }
    try {
      return current.get().connection(resource);
    } catch (QuorateException | IllegalStateException e) {
      String state = e.getCause() instanceof SQLException why ? why.getSQLState() : INVALID_STATE;
      throw new SQLException(e.getMessage(), state, e);
    }
  }

  @Override
  public Connection getConnection(String user, String password) throws SQLException {
    throw new SQLFeatureNotSupportedException(
        "the resource " + resource.name() + " is given its user where it is made");
  }

  @Override
  public <T> T unwrap(Class<T> type) throws SQLException {
    if (type.isInstance(this)) {
      return type.cast(this);
    }
    throw new SQLException("it isn't a " + type.getName());
  }

  @Override
  public boolean isWrapperFor(Class<?> type) {
    return type.isInstance(this);
  }

  @Override
  public PrintWriter getLogWriter() throws SQLException {
    throw new SQLFeatureNotSupportedException("it logs by System.Logger");
  }

  @Override
  public void setLogWriter(PrintWriter out) throws SQLException {
    throw new SQLFeatureNotSupportedException("it logs by System.Logger");
  }

  /** None of its own: the resource's pool has one. */
  @Override
  public int getLoginTimeout() {
    return 0;
  }

  @Override
  public void setLoginTimeout(int seconds) throws SQLException {
    throw new SQLFeatureNotSupportedException("set it where the resource's pool is made");
  }

  @Override
  public Logger getParentLogger() throws SQLFeatureNotSupportedException {
    throw new SQLFeatureNotSupportedException("it logs by System.Logger");
  }

  @Override
  public String toString() {
    return "enlisting " + resource.name();
  }
}
