package io.quorate.databases;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.sql.DataSource;
import javax.sql.XADataSource;
import org.mariadb.jdbc.MariaDbDataSource;

/**
 * A MariaDB server of a test's own, as Debian's packages have installed it. Without a binary log,
 * unless it is asked for. It allows 300 connections.
 */
public final class MariaDbServer extends Database {
  private static final Account ACCOUNT = Account.of("mysql");

  /** Milliseconds. */
  private static final int ANSWER_MAX = 10_000;

  private MariaDbServer(Path directory, int port, List<String> commandLine) {
    super(directory, port, commandLine);
  }

  /**
   * Starts a server with a binary log that is synced at each commit, and waits until it accepts
   * connections.
   *
   * @param options more of its command line's options
   * @throws IllegalStateException if it isn't installed, or doesn't start
   */
  public static MariaDbServer startWithBinaryLog(String... options) {
    return start(
        Stream.concat(
                Stream.of("--log-bin=binary-log", "--server-id=1", "--sync-binlog=1"),
                Stream.of(options))
            .toArray(String[]::new));
  }

  /**
   * Starts a server, and waits until it accepts connections.
   *
   * @param options more of its command line's options
   * @throws IllegalStateException if it isn't installed, or doesn't start
   */
  public static MariaDbServer start(String... options) {
    Path server = program("mariadbd");
    Path initialize = program("mariadb-install-db");
    return start(port -> {
      Path directory = ACCOUNT.directory(Account.home(), "mariadb-");
      Template.unpack(server, ACCOUNT, data -> initialize(initialize, data), directory);
      List<String> line =
          new ArrayList<>(
              List.of(
                  server.toString(),
                  "--no-defaults",
                  "--datadir=" + directory,
                  "--port=" + port,
                  "--bind-address=127.0.0.1",
                  "--socket=" + directory.resolve("socket"),
                  "--pid-file=" + directory.resolve("pid"),
                  "--skip-name-resolve",
                  "--max-connections=600",
                  "--performance-schema=OFF",
                  "--innodb-flush-log-at-trx-commit=1",
                  "--innodb-log-file-size=32M",
                  "--innodb-buffer-pool-size=64M"));
      line.addAll(List.of(options));
      return new MariaDbServer(directory, port, ACCOUNT.runs(line));
    });
  }

  private static List<String> initialize(Path program, Path data) {
    return List.of(
        program.toString(),
        "--no-defaults",
        "--datadir=" + data,
        "--auth-root-authentication-method=normal",
        "--skip-test-db",
        "--skip-name-resolve",
        "--innodb-log-file-size=32M");
  }

  private static Path program(String name) {
    return Stream.of("/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin")
        .map(folder -> Path.of(folder, name))
        .filter(Files::isExecutable)
        .findFirst()
        .orElseThrow(() ->
            new IllegalStateException(
                "MariaDB isn't installed: there is no "
                    + name
                    + " (on Debian: apt-get install mariadb-server)"));
  }

  /** Without TLS, which Connector/J expects from 4.0 on unless it is told. */
  @Override
  String forced() {
    return "";
  }

  @Override
  public String jdbcUrl(String database) {
    return "jdbc:mariadb://127.0.0.1:" + port() + "/" + database + "?sslMode=disable";
  }

  @Override
  public String user() {
    return "root";
  }

  @Override
  public String password() {
    return "";
  }

  @Override
  public DataSource dataSource(String database) {
    return source(jdbcUrl(database));
  }

  @Override
  public XADataSource xaDataSource(String database) {
    return source(jdbcUrl(database));
  }

  private MariaDbDataSource source(String url) {
    try {
      MariaDbDataSource source = new MariaDbDataSource(url);
      source.setUser(user());
      source.setPassword(password());
      return source;
    } catch (SQLException e) {
      throw new IllegalArgumentException(url, e);
    }
  }

  @Override
  Connection connect() throws SQLException {
    return source(jdbcUrl("") + "&connectTimeout=" + ANSWER_MAX + "&socketTimeout=" + ANSWER_MAX)
        .getConnection();
  }

  @Override
  public List<String> prepared() {
    return column("XA RECOVER FORMAT='SQL'", 4);
  }

  /** Those of InnoDB's other files are among them. */
  @Override
  public long syncs() {
    return Long.parseLong(column("SHOW GLOBAL STATUS LIKE 'Innodb_data_fsyncs'", 2).getFirst());
  }
}
