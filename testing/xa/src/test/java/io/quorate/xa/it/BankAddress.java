package io.quorate.xa.it;

import io.quorate.xa.jdbc.MariaDbResource;
import io.quorate.xa.jdbc.PostgreSqlResource;
import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.util.List;
import java.util.logging.Logger;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** Where a bank is, as one word: a process hands it to another. */
record BankAddress(String domain, Place postgreSql, Place mariaDb) {
  /** A database, for its driver. */
  record Place(String url, String user, String password) {
    DataSource dataSource() {
      return new Driven(this);
    }
  }

  String written() {
    return String.join(
        "|",
        domain,
        postgreSql.url,
        postgreSql.user,
        postgreSql.password,
        mariaDb.url,
        mariaDb.user,
        mariaDb.password);
  }

  static BankAddress parse(String written) {
    List<String> parts = List.of(written.split("\\|", -1));
    return new BankAddress(
        parts.get(0),
        new Place(parts.get(1), parts.get(2), parts.get(3)),
        new Place(parts.get(4), parts.get(5), parts.get(6)));
  }

  PostgreSqlResource checking() {
    return PostgreSqlResource.of("checking", postgreSql.dataSource());
  }

  MariaDbResource savings() {
    return MariaDbResource.of("savings", mariaDb.dataSource());
  }

  /** Every connection is a new one. */
  private record Driven(Place place) implements DataSource {
    @Override
    public Connection getConnection() throws SQLException {
      return DriverManager.getConnection(place.url, place.user, place.password);
    }

    @Override
    public Connection getConnection(String user, String password) throws SQLException {
      return DriverManager.getConnection(place.url, user, password);
    }

    @Override
    public @Nullable PrintWriter getLogWriter() {
      return null;
    }

    @Override
    public void setLogWriter(@Nullable PrintWriter out) {}

    @Override
    public void setLoginTimeout(int seconds) {}

    @Override
    public int getLoginTimeout() {
      return 0;
    }

    @Override
    public Logger getParentLogger() throws SQLFeatureNotSupportedException {
      throw new SQLFeatureNotSupportedException();
    }

    @Override
    public <T> T unwrap(Class<T> type) throws SQLException {
      throw new SQLException("wraps nothing");
    }

    @Override
    public boolean isWrapperFor(Class<?> type) {
      return false;
    }
  }
}
