package io.quorate.databases;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;
import javax.sql.XADataSource;
import org.postgresql.ds.PGSimpleDataSource;
import org.postgresql.ds.common.BaseDataSource;
import org.postgresql.xa.PGXADataSource;

/**
 * A PostgreSQL server of a test's own, of the newest version that Debian's packages have installed.
 * It allows 200 prepared transactions, and 300 connections.
 */
public final class PostgreSqlServer extends Database {
  private static final Path VERSIONS = Path.of("/usr/lib/postgresql");
  private static final Account ACCOUNT = Account.of("postgres");
  private static final String USER = "quorate";

  /** Seconds. */
  private static final int ANSWER_MAX = 10;

  private PostgreSqlServer(Path directory, int port, List<String> commandLine) {
    super(directory, port, commandLine);
  }

  /**
   * Starts a server, and waits until it accepts connections.
   *
   * @param settings more of its settings, as {@code name=value}
   * @throws IllegalStateException if it isn't installed, or doesn't start
   */
  public static PostgreSqlServer start(String... settings) {
    Path programs = programs();
    Path server = programs.resolve("postgres");
    return start(port -> {
      Path directory = ACCOUNT.directory(Account.home(), "postgresql-");
      Template.unpack(server, ACCOUNT, data -> initialize(programs, data), directory);
      List<String> line = new ArrayList<>(List.of(server.toString(), "-D", directory.toString()));
      List<String> all =
          new ArrayList<>(
              List.of(
                  "port=" + port,
                  "listen_addresses=127.0.0.1",
                  "unix_socket_directories=",
                  "dynamic_shared_memory_type=mmap", // goes with the directory
                  "max_prepared_transactions=200",
                  "max_connections=600",
                  "shared_buffers=32MB"));
      all.addAll(List.of(settings));
      all.forEach(setting -> line.addAll(List.of("-c", setting)));
      return new PostgreSqlServer(directory, port, ACCOUNT.runs(line));
    });
  }

  private static List<String> initialize(Path programs, Path data) {
    return List.of(
        programs.resolve("initdb").toString(),
        "--pgdata=" + data,
        "--username=" + USER,
        "--auth=trust",
        "--encoding=UTF8",
        "--locale=C.UTF-8",
        "--no-sync");
  }

  private static Path programs() {
    Path newest = null;
    int version = 0;
    if (Files.isDirectory(VERSIONS)) {
      try (DirectoryStream<Path> all = Files.newDirectoryStream(VERSIONS)) {
        for (Path each : all) {
          String name = each.getFileName().toString();
          if (name.matches("[0-9]+")
              && Integer.parseInt(name) > version
              && Files.isExecutable(each.resolve("bin/postgres"))) {
            version = Integer.parseInt(name);
            newest = each.resolve("bin");
          }
        }
      } catch (IOException e) {
        throw new IllegalStateException("can't list " + VERSIONS, e);
      }
    }
    if (newest == null) {
      throw new IllegalStateException(
          "PostgreSQL isn't installed: there is no "
              + VERSIONS
              + "/*/bin/postgres (on Debian: apt-get install postgresql)");
    }
    return newest;
  }

  @Override
  String forced() {
    return " WITH (FORCE)";
  }

  @Override
  public String jdbcUrl(String database) {
    return "jdbc:postgresql://127.0.0.1:" + port() + "/" + database;
  }

  @Override
  public String user() {
    return USER;
  }

  /** Any is right. */
  @Override
  public String password() {
    return USER;
  }

  @Override
  public DataSource dataSource(String database) {
    return described(new PGSimpleDataSource(), database);
  }

  @Override
  public XADataSource xaDataSource(String database) {
    return described(new PGXADataSource(), database);
  }

  private <S extends BaseDataSource> S described(S source, String database) {
    source.setUrl(jdbcUrl(database));
    source.setUser(user());
    source.setPassword(password());
    return source;
  }

  @Override
  Connection connect() throws SQLException {
    PGSimpleDataSource source = described(new PGSimpleDataSource(), "postgres");
    source.setConnectTimeout(ANSWER_MAX);
    source.setSocketTimeout(ANSWER_MAX);
    return source.getConnection();
  }

  @Override
  public List<String> prepared() {
    return column("SELECT gid FROM pg_prepared_xacts ORDER BY prepared, gid", 1);
  }

  @Override
  public long syncs() {
    return Long.parseLong(column("SELECT wal_sync FROM pg_stat_wal", 1).getFirst());
  }
}
