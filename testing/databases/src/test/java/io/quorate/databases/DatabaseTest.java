package io.quorate.databases;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What tests of transactions rely on, of both servers. */
class DatabaseTest {
  private static final String INSERT = "INSERT INTO t VALUES (1)";

  /** Shows that what was committed is there after a kill, and a prepared transaction too. */
  @ParameterizedTest
  @EnumSource
  void what_was_committed_or_prepared_survives_a_kill(Kind kind) throws Exception {
    try (Database database = kind.start()) {
      database.createDatabase("d");
      try (Connection connection = database.dataSource("d").getConnection()) {
        execute(connection, "CREATE TABLE t (n INT)", INSERT);
        execute(connection, kind.prepare("left", "INSERT INTO t VALUES (2)"));
        assertThat(database.prepared()).hasSize(1);
        database.kill();
        assertThatThrownBy(() -> execute(connection, "SELECT 1")).isInstanceOf(SQLException.class);
      }
      int port = database.port();
      database.restart();

      assertThat(database.port()).isEqualTo(port);
      assertThat(database.prepared()).hasSize(1);
      try (Connection connection = database.dataSource("d").getConnection()) {
        assertThat(numbers(connection)).containsExactly(1);
        execute(connection, kind.commit(database.prepared().getFirst()));
        assertThat(numbers(connection)).containsExactly(1, 2);
      }
      assertThat(database.prepared()).isEmpty();
    }
  }

  /** Shows that a kill leaves no process, those of open connections included. */
  @ParameterizedTest
  @EnumSource
  void a_kill_leaves_no_process(Kind kind) throws Exception {
    try (Database database = kind.start();
        Connection _ = database.connect()) {
      List<Long> pids = family(database.pid());
      database.kill();
      assertThat(pids).isNotEmpty().noneMatch(DatabaseTest::runs);
      assertThatThrownBy(database::pause).hasMessageContaining("restart it first");
    }
  }

  /** Shows that a paused server keeps its connections, and answers when it goes on. */
  @ParameterizedTest
  @EnumSource
  void a_paused_server_is_silent_until_it_is_resumed(Kind kind) throws Exception {
    try (Database database = kind.start();
        Connection connection = database.connect()) {
      database.pause();
      CompletableFuture<Void> answer =
          CompletableFuture.runAsync(() -> {
            try {
              execute(connection, "SELECT 1");
            } catch (SQLException e) {
              throw new IllegalStateException(e);
            }
          });
      assertThatThrownBy(() -> answer.get(300, TimeUnit.MILLISECONDS))
          .isInstanceOf(TimeoutException.class);
      database.resume();
      var _ = answer.get(20, TimeUnit.SECONDS);

      // And one that is paused can be killed.
      database.pause();
      database.restart();
      assertThat(database.prepared()).isEmpty();
    }
  }

  /** Shows that no file, process or shared memory is left of a server that is closed. */
  @ParameterizedTest
  @EnumSource
  void nothing_is_left_of_a_closed_server(Kind kind) throws IOException {
    Database database = kind.start();
    Path directory = directory(database);
    long pid = database.pid();
    assertThat(directory).isDirectory();
    assertThat(sharedMemoryCreators().contains(pid)).isEqualTo(kind == Kind.POSTGRESQL);
    database.close();
    assertThat(directory).doesNotExist();
    assertThat(runs(pid)).isFalse();
    assertThat(sharedMemoryCreators()).doesNotContain(pid);
  }

  private static List<Long> sharedMemoryCreators() throws IOException {
    return Files.readAllLines(Path.of("/proc/sysvipc/shm")).stream()
        .skip(1)
        .map(line -> Long.parseLong(line.strip().split(" +", -1)[4])) // cpid
        .toList();
  }

  /** Shows that tests that are killed leave no server behind, even if it is paused. */
  @ParameterizedTest
  @EnumSource
  void a_server_ends_with_the_jvm_that_started_it(Kind kind) throws Exception {
    Process jvm =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                StartServer.class.getName(),
                kind.name())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (BufferedReader out = jvm.inputReader(StandardCharsets.UTF_8)) {
      String[] said = out.readLine().split(" ", 2);
      List<Long> pids = family(Long.parseLong(said[0]));
      assertThat(pids).isNotEmpty().allMatch(DatabaseTest::runs);
      jvm.destroyForcibly();
      await(() -> !Files.exists(Path.of(said[1])));
      assertThat(pids).noneMatch(DatabaseTest::runs);
    }
  }

  @ParameterizedTest
  @EnumSource
  void a_server_that_does_not_start_says_why(Kind kind) {
    String option = kind == Kind.POSTGRESQL ? "no_such_setting=1" : "--no-such-setting=1";
    assertThatThrownBy(() -> kind.start(option))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageMatching("(?s).*no.such.setting.*");
  }

  /** Shows that the servers sync what they acknowledge. */
  @Test
  void what_is_acknowledged_is_synced() {
    assertThat(Databases.postgreSql().column("SHOW fsync", 1)).containsExactly("on");
    assertThat(Databases.postgreSql().column("SHOW synchronous_commit", 1)).containsExactly("on");
    String mariaDb = "SELECT CONCAT(@@innodb_flush_log_at_trx_commit, @@log_bin + 0)";
    assertThat(Databases.mariaDb().column(mariaDb, 1)).containsExactly("10");
    try (MariaDbServer logging = MariaDbServer.startWithBinaryLog()) {
      String all = "SELECT CONCAT(@@innodb_flush_log_at_trx_commit, @@log_bin + 0, @@sync_binlog)";
      assertThat(logging.column(all, 1)).containsExactly("111");
      long before = logging.syncs();
      logging.createDatabase("d");
      logging.execute("CREATE TABLE d.t (n INT)");
      logging.execute("INSERT INTO d.t VALUES (1)");
      assertThat(logging.syncs()).isGreaterThan(before);
    }
  }

  /** Shows that a test class has a database of its own on the server that all share. */
  @Test
  void a_test_class_has_a_database_of_its_own() throws Exception {
    for (Database server : List.of(Databases.postgreSql(), Databases.mariaDb())) {
      String mine = Databases.databaseOf(server, DatabaseTest.class);
      assertThat(Databases.databaseOf(server, DatabaseTest.class)).isEqualTo(mine);
      assertThat(Databases.databaseOf(server, Kind.class)).isNotEqualTo(mine);
      try (Connection connection = server.dataSource(mine).getConnection()) {
        execute(connection, "CREATE TABLE t (n INT)", INSERT);
        assertThat(numbers(connection)).containsExactly(1);
      }
      assertThatThrownBy(() -> server.createDatabase("d; DROP DATABASE " + mine))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  private static void execute(Connection connection, String... statements) throws SQLException {
    execute(connection, Arrays.asList(statements));
  }

  private static void execute(Connection connection, List<String> statements) throws SQLException {
    try (Statement made = connection.createStatement()) {
      for (String statement : statements) {
        var _ = made.execute(statement);
      }
    }
  }

  private static List<Integer> numbers(Connection connection) throws SQLException {
    List<Integer> numbers = new ArrayList<>();
    try (Statement made = connection.createStatement();
        ResultSet rows = made.executeQuery("SELECT n FROM t ORDER BY n")) {
      while (rows.next()) {
        numbers.add(rows.getInt(1));
      }
    }
    return numbers;
  }

  private static Path directory(Database database) {
    Path directory = database.log().getParent();
    assertThat(directory).isNotNull();
    return directory;
  }

  private static List<Long> family(long pid) {
    List<Long> pids = new ArrayList<>(List.of(pid));
    ProcessHandle.of(pid).orElseThrow().descendants().forEach(each -> pids.add(each.pid()));
    return pids;
  }

  /** Whether a process is more than what its parent hasn't asked for yet. */
  private static boolean runs(long pid) {
    try {
      String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
      return stat.charAt(stat.lastIndexOf(')') + 2) != 'Z';
    } catch (IOException e) {
      return false;
    }
  }

  private interface Condition {
    boolean holds();
  }

  private static void await(Condition condition) throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (!condition.holds()) {
      assertThat(System.nanoTime()).isLessThan(deadline);
      Thread.sleep(5); // another process's directory tells nobody
    }
  }
}
