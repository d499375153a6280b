package io.quorate.databases;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import javax.sql.DataSource;
import javax.sql.XADataSource;

/**
 * A database server of a test's own: a child process with a temporary data directory, on a port of
 * 127.0.0.1, that syncs what it says is durable. It ends with this JVM, however that ends.
 *
 * <p>Safe for use by many threads; starts, kills and pauses take turns.
 */
public abstract sealed class Database implements AutoCloseable
    permits PostgreSqlServer, MariaDbServer {
  /**
   * Below the range that outgoing connections are given ports of: a server that is down for a while
   * finds its port free when it returns.
   */
  private static final int PORT_MIN = 12_000;

  private static final int PORT_COUNT = 18_000;
  private static final AtomicInteger NEXT_PORT =
      new AtomicInteger((int) (ProcessHandle.current().pid() * 67 % PORT_COUNT));
  private static final int START_TRIES = 5;
  private static final int LOG_LINES = 20;

  private final Path directory;
  private final int port;
  private final Keeper keeper;
  private long pid; // 0: killed

  Database(Path directory, int port, List<String> commandLine) {
    this.directory = directory;
    this.port = port;
    keeper = Keeper.of(directory, commandLine);
  }

  /** Starts what a description makes of a port, on one that is free. */
  static <D extends Database> D start(IntFunction<D> description) {
    for (int tries = 1; ; tries++) {
      D database = description.apply(freePort());
      try {
        ((Database) database).begin();
        return database;
      } catch (RuntimeException e) {
        boolean taken = String.valueOf(e.getMessage()).contains("already in use");
        database.close();
        if (!taken || tries == START_TRIES) {
          throw e;
        }
      }
    }
  }

  /** A loopback port that nobody listens on; another process may be quicker to take it. */
  private static int freePort() {
    for (int tries = 0; tries < PORT_COUNT; tries++) {
      int port = PORT_MIN + Math.floorMod(NEXT_PORT.getAndIncrement(), PORT_COUNT);
      try (ServerSocket socket = new ServerSocket()) {
        socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        return port;
      } catch (IOException e) {
        // taken
      }
    }
    throw new IllegalStateException("no port is free");
  }

  /** Where a database of this server is, for its driver; without user and password. */
  public abstract String jdbcUrl(String database);

  /** Who may do everything. */
  public abstract String user();

  /** This user's password. */
  public abstract String password();

  /** The driver's own data source: every connection is a new one. */
  public abstract DataSource dataSource(String database);

  /** The driver's own source of connections with an {@code XAResource}. */
  public abstract XADataSource xaDataSource(String database);

  /** A connection for what this class asks, to a database that is always there. Bounded in time. */
  abstract Connection connect() throws SQLException;

  /**
   * The transactions that are prepared and not finished, in all databases of this server, by the
   * names that its own statements take: {@code COMMIT PREPARED 'NAME'} in PostgreSQL, {@code XA
   * COMMIT NAME} in MariaDB.
   */
  public abstract List<String> prepared();

  /** How often the server has synced its log since it started; some of it is told a second late. */
  public abstract long syncs();

  /**
   * Makes a database.
   *
   * @param name a plain word in lower case
   */
  public void createDatabase(String name) {
    if (!name.matches("[a-z][a-z0-9_]*")) {
      throw new IllegalArgumentException("not a plain word in lower case: " + name);
    }
    execute("CREATE DATABASE " + name);
  }

  /** Drops a database, and ends all sessions that are in it. */
  public final void dropDatabase(String name) {
    execute("DROP DATABASE " + name + forced());
  }

  /** What makes it drop a database that is in use. */
  abstract String forced();

  /** The port on 127.0.0.1; the same after every restart. */
  public final int port() {
    return port;
  }

  /** The process that the server's others are children of; 0 if it was killed. */
  public final synchronized long pid() {
    return pid;
  }

  /** What the server has logged so far. */
  public final Path log() {
    return directory.resolve("server.log");
  }

  /** Kills all processes of the server with SIGKILL; when this returns, they are gone. */
  public final synchronized void kill() {
    keeper.kill();
    pid = 0;
  }

  /**
   * Stops all processes of the server where they are, with SIGSTOP: connections stay open, and
   * nobody answers.
   *
   * @throws IllegalStateException if it was killed
   */
  public final synchronized void pause() {
    requireStarted();
    keeper.pause();
  }

  /**
   * Lets a paused server go on, with SIGCONT.
   *
   * @throws IllegalStateException if it was killed
   */
  public final synchronized void resume() {
    requireStarted();
    keeper.resume();
  }

  /**
   * Starts the server again, on the same directory and port, and waits until it accepts
   * connections. If it still runs, it is killed first.
   *
   * @throws IllegalStateException if it doesn't start; with the end of its log
   */
  public final synchronized void restart() {
    kill();
    begin();
  }

  private synchronized void begin() {
    pid = keeper.start();
    long deadline = System.nanoTime() + Command.SECONDS_MAX * 1_000_000_000L;
    while (true) {
      try (Connection _ = connect()) {
        return;
      } catch (SQLException e) {
        if (!runs() || System.nanoTime() - deadline > 0) {
          throw new IllegalStateException("the server doesn't start; its log ends: " + logEnd(), e);
        }
      }
      try {
        Thread.sleep(5); // a server has no way to call back
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted while the server started", e);
      }
    }
  }

  private void requireStarted() {
    if (pid == 0) {
      throw new IllegalStateException("the server was killed; restart it first");
    }
  }

  private boolean runs() {
    try {
      String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
      return stat.charAt(stat.lastIndexOf(')') + 2) != 'Z';
    } catch (IOException e) {
      return false;
    }
  }

  private String logEnd() {
    try {
      List<String> lines = Files.readAllLines(log());
      return String.join("\n", lines.subList(Math.max(0, lines.size() - LOG_LINES), lines.size()));
    } catch (IOException e) {
      return e.toString();
    }
  }

  /** Kills the server and deletes its directory. */
  @Override
  public final synchronized void close() {
    keeper.close();
  }

  final void execute(String statement) {
    try (Connection connection = connect();
        Statement made = connection.createStatement()) {
      var _ = made.execute(statement);
    } catch (SQLException e) {
      throw new IllegalStateException(statement + " failed", e);
    }
  }

  /** One column of all rows, as text. */
  final List<String> column(String query, int column) {
    try (Connection connection = connect();
        Statement made = connection.createStatement();
        ResultSet rows = made.executeQuery(query)) {
      List<String> values = new ArrayList<>();
      while (rows.next()) {
        values.add(rows.getString(column));
      }
      return values;
    } catch (SQLException e) {
      throw new IllegalStateException(query + " failed", e);
    }
  }
}
