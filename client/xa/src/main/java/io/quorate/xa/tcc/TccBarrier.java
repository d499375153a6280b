package io.quorate.xa.tcc;

import io.quorate.base.Bytes;
import io.quorate.xa.branch.BranchId;
import io.quorate.xa.branch.Finish;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Lets each order that a service gets take effect once, in whatever order they arrive: in a
 * database of the service's, in the same local transaction as what the service does.
 *
 * <p>A branch is one row, whose state says what has become of it:
 *
 * <pre>
 *              no row             TRIED            CONFIRMED      CANCELLED
 * Try          reserves           as before        as before      refused
 * Confirm      contradiction      confirms         done           contradiction
 * Cancel       marks CANCELLED    gives back       contradiction  done
 * </pre>
 *
 * So a Cancel that overtakes its Try leaves a row that the Try finds. A branch that was confirmed
 * as its transaction's only one, {@code CONFIRMED_ALONE}, is no contradiction to a Cancel: recovery
 * may send one that finds nothing to be done.
 *
 * <p><b>Locks.</b> Each order locks its branch's row first, and no other row of this table; whoever
 * is next waits for it, so whatever the service locks behind it is locked in that order. It reads
 * committed data: InnoDB locks no gaps then, but where a Try that is refused has others waiting
 * behind it. A deadlock, there or in the service's own tables, is tried again from the beginning.
 *
 * <p>The table is made by {@link #POSTGRESQL_TABLE} or {@link #MARIADB_TABLE}. Rows stay until
 * {@link #forget} is called.
 *
 * <p>Safe for use by many threads.
 */
public final class TccBarrier {
  /** What makes the table in PostgreSQL: two statements. */
  public static final String POSTGRESQL_TABLE =
      """
      CREATE TABLE quorate_tcc (
        transaction_id VARCHAR(50) NOT NULL,
        branch_id VARCHAR(44) NOT NULL,
        state VARCHAR(15) NOT NULL,
        answer BYTEA,
        repeats INT NOT NULL,
        changed TIMESTAMP NOT NULL,
        PRIMARY KEY (transaction_id, branch_id));
      CREATE INDEX quorate_tcc_state ON quorate_tcc (state, transaction_id)
      """;

  /** What makes the table in MariaDB: one statement. */
  public static final String MARIADB_TABLE =
      """
      CREATE TABLE quorate_tcc (
        transaction_id VARCHAR(50) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
        branch_id VARCHAR(44) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
        state VARCHAR(15) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
        answer MEDIUMBLOB,
        repeats INT NOT NULL,
        changed DATETIME(3) NOT NULL,
        PRIMARY KEY (transaction_id, branch_id),
        INDEX quorate_tcc_state (state, transaction_id)) ENGINE = InnoDB
      """;

  /** What was done may be asked for again for so long: recovery keeps what it knows for a day. */
  public static final Duration KEPT_MIN = Duration.ofDays(2);

  private static final System.Logger LOG = System.getLogger(TccBarrier.class.getName());

  private static final int TRIES = 10;
  private static final int FORGET_ROWS = 1_000;

  /** Under which the table says which one it is; no branch has this name. */
  private static final String IDENTITY = "identity";

  private static final String INSERT =
      "INSERT INTO quorate_tcc (transaction_id, branch_id, state, answer, repeats, changed)"
          + " VALUES (?, ?, ?, ?, 0, ?)";
  private static final String SELECT =
      "SELECT state, answer, repeats FROM quorate_tcc WHERE transaction_id = ? AND branch_id = ?";

  /** How far a branch is. */
  private enum State {
    TRIED,
    CONFIRMED,
    CONFIRMED_ALONE,
    CANCELLED
  }

  private final DataSource dataSource;
  private final String insertOrLock;
  private final String forget;

  private TccBarrier(DataSource dataSource, String ifThere, String forget) {
    this.dataSource = dataSource;
    insertOrLock = INSERT + ifThere;
    this.forget = forget;
  }

  /** One in a PostgreSQL database, of version 9.5 or newer. */
  public static TccBarrier postgreSql(DataSource dataSource) {
    return new TccBarrier(
        dataSource,
        " ON CONFLICT (transaction_id, branch_id)"
            + " DO UPDATE SET repeats = quorate_tcc.repeats + 1",
        "DELETE FROM quorate_tcc WHERE ctid IN (SELECT ctid FROM quorate_tcc"
            + " WHERE state = ? AND changed < ? LIMIT "
            + FORGET_ROWS
            + ")");
  }

  /** One in a MariaDB or MySQL database. */
  public static TccBarrier mariaDb(DataSource dataSource) {
    return new TccBarrier(
        dataSource,
        " ON DUPLICATE KEY UPDATE repeats = repeats + 1",
        "DELETE FROM quorate_tcc WHERE state = ? AND changed < ? LIMIT " + FORGET_ROWS);
  }

  // ---- orders ----------------------------------------------------------------------------------

  /**
   * What a service does, in the local transaction that the barrier has begun.
   *
   * @param <T> what it gives
   */
  @FunctionalInterface
  public interface Action<T> {
    /** Does it; neither commits nor rolls back. Whatever is thrown undoes it. */
    T in(Connection connection) throws Exception;
  }

  /** What a service does, and gives nothing. */
  @FunctionalInterface
  public interface VoidAction {
    /** Does it; neither commits nor rolls back. Whatever is thrown undoes it. */
    void in(Connection connection) throws Exception;
  }

  /**
   * Tries, unless that was done before, or the branch was cancelled.
   *
   * @return what the action gave, now or then
   * @throws TccRefusal as the action refuses; or if the branch was cancelled
   * @throws Exception of the database, or of the action: whether it is reserved isn't known
   */
  public Bytes tryOnce(BranchId id, Action<Bytes> action) throws Exception {
    return committed(connection -> {
      Row row = insertOrLock(connection, id, State.TRIED);
      if (row.isNew()) {
        Bytes answer = action.in(connection);
        update(connection, id, State.TRIED, answer);
        return answer;
      }
      if (row.state == State.CANCELLED) {
        throw new TccRefusal("the transaction was rolled back before the Try arrived");
      }
      return row.answer;
    });
  }

  /**
   * Confirms, unless that was done before.
   *
   * @param alone as of {@link TccParticipant#confirm}
   * @return {@link Finish#OTHERWISE} if it was cancelled, or never tried
   * @throws Exception of the database, or of the action: whether it is confirmed isn't known
   */
  public Finish confirmOnce(BranchId id, boolean alone, VoidAction action) throws Exception {
    return committed(connection -> {
      Row row = lock(connection, id);
      if (row == null || row.state == State.CANCELLED) {
        return Finish.OTHERWISE;
      }
      if (row.state == State.TRIED) {
        action.in(connection);
        update(connection, id, alone ? State.CONFIRMED_ALONE : State.CONFIRMED, row.answer);
      }
      return Finish.DONE;
    });
  }

  /**
   * Cancels, unless that was done before. Where nothing was tried the action isn't called, and a
   * Try that comes later is refused.
   *
   * @return {@link Finish#OTHERWISE} if it was confirmed, and not alone
   * @throws Exception of the database, or of the action: whether it is cancelled isn't known
   */
  public Finish cancelOnce(BranchId id, VoidAction action) throws Exception {
    return committed(connection -> {
      Row row = insertOrLock(connection, id, State.CANCELLED);
      if (row.isNew()) {
        return Finish.DONE;
      }
      if (row.state == State.TRIED) {
        action.in(connection);
        update(connection, id, State.CANCELLED, Bytes.EMPTY);
      }
      return row.state == State.CONFIRMED ? Finish.OTHERWISE : Finish.DONE;
    });
  }

  /** The branches of a domain that are tried, and neither confirmed nor cancelled. */
  public List<BranchId> prepared(long domain) throws Exception {
    return committed(connection -> {
      String sql =
          "SELECT transaction_id, branch_id FROM quorate_tcc WHERE state = ? AND transaction_id"
              + " LIKE ?";
      try (PreparedStatement statement = connection.prepareStatement(sql)) {
        statement.setString(1, State.TRIED.name());
        statement.setString(2, prefix(domain) + "%");
        List<BranchId> ids = new ArrayList<>();
        try (ResultSet rows = statement.executeQuery()) {
          while (rows.next()) {
            BranchId.ofHex(rows.getString(1) + "-" + rows.getString(2)).ifPresent(ids::add);
          }
        }
        return ids;
      }
    });
  }

  /** Which table this is: a text that it was given when it was first asked. */
  public String identity() throws Exception {
    return committed(connection -> {
      Bytes proposed = Bytes.utf8(UUID.randomUUID().toString());
      insertOrLock(connection, IDENTITY, "", IDENTITY, proposed);
      Row row = row(connection, SELECT, IDENTITY, "");
      return row == null ? proposed.toUtf8() : row.answer.toUtf8();
    });
  }

  /**
   * Deletes the rows of branches that were confirmed or cancelled so long ago: call it now and
   * then. An order that arrives later than that finds nothing of its branch.
   *
   * @param age {@link #KEPT_MIN} at least
   * @return how many
   */
  public int forget(Duration age) throws Exception {
    if (age.compareTo(KEPT_MIN) < 0) {
      throw new IllegalArgumentException(
          "what was done may be asked for again for " + KEPT_MIN.toDays() + " days: " + age);
    }
    Timestamp before = Timestamp.from(Instant.now().minus(age));
    int all = 0;
    for (State each : List.of(State.CONFIRMED, State.CONFIRMED_ALONE, State.CANCELLED)) {
      int some;
      do {
        some =
            committed(connection -> {
              try (PreparedStatement statement = connection.prepareStatement(forget)) {
                statement.setString(1, each.name());
                statement.setTimestamp(2, before);
                return statement.executeUpdate();
              }
            });
        all += some;
      } while (some == FORGET_ROWS);
    }
    return all;
  }

  // ---- rows ------------------------------------------------------------------------------------

  /**
   * A branch's row, locked.
   *
   * @param state null of the row that says which table this is
   */
  private record Row(@Nullable State state, Bytes answer, int repeats) {
    /** Whether this transaction has inserted it. */
    boolean isNew() {
      return repeats == 0;
    }
  }

  /** Inserts it in that state, or locks the one that is there. */
  private Row insertOrLock(Connection connection, BranchId id, State state) throws SQLException {
    String[] name = name(id);
    insertOrLock(connection, name[0], name[1], state.name(), Bytes.EMPTY);
    Row row = row(connection, SELECT, name[0], name[1]);
    if (row == null) {
      throw new SQLException("a row that was just inserted isn't there");
    }
    return row;
  }

  private void insertOrLock(
      Connection connection, String transaction, String branch, String state, Bytes answer)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(insertOrLock)) {
      statement.setString(1, transaction);
      statement.setString(2, branch);
      statement.setString(3, state);
      statement.setBytes(4, answer.toArray());
      statement.setTimestamp(5, Timestamp.from(Instant.now()));
      statement.executeUpdate();
    }
  }

  private static @Nullable Row lock(Connection connection, BranchId id) throws SQLException {
    String[] name = name(id);
    return row(connection, SELECT + " FOR UPDATE", name[0], name[1]);
  }

  private static @Nullable Row row(
      Connection connection, String sql, String transaction, String branch) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setString(1, transaction);
      statement.setString(2, branch);
      try (ResultSet rows = statement.executeQuery()) {
        if (!rows.next()) {
          return null;
        }
        String state = rows.getString(1);
        byte[] answer = rows.getBytes(2);
        return new Row(
            state.equals(IDENTITY) ? null : State.valueOf(state),
            answer == null ? Bytes.EMPTY : Bytes.wrap(answer),
            rows.getInt(3));
      }
    }
  }

  private static void update(Connection connection, BranchId id, State state, Bytes answer)
      throws SQLException {
    String sql =
        "UPDATE quorate_tcc SET state = ?, answer = ?, changed = ?"
            + " WHERE transaction_id = ? AND branch_id = ?";
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setString(1, state.name());
      statement.setBytes(2, answer.toArray());
      statement.setTimestamp(3, Timestamp.from(Instant.now()));
      String[] name = name(id);
      statement.setString(4, name[0]);
      statement.setString(5, name[1]);
      if (statement.executeUpdate() != 1) {
        throw new SQLException("a row that was just locked isn't there");
      }
    }
  }

  /** What names of a domain's transactions begin with: a version's two digits, and its own. */
  private static String prefix(long domain) {
    return new BranchId(domain, 0, 0, 0, 0, 0).toHex().substring(0, 18);
  }

  private static String[] name(BranchId id) {
    return id.toHex().split("-", -1);
  }

  // ---- transactions ----------------------------------------------------------------------------

  /** Runs it in a transaction of its own, again if that is the victim of a deadlock. */
  private <T> T committed(Action<T> action) throws Exception {
    for (int attempt = 1; ; attempt++) {
      try (Connection connection = dataSource.getConnection()) {
        return committed(connection, action);
      } catch (SQLException e) {
        if (!isDeadlock(e) || attempt == TRIES) {
          throw e;
        }
      }
    }
  }

  private static boolean isDeadlock(SQLException e) {
    String state = e.getSQLState();
    return state != null && (state.equals("40001") || state.equals("40P01"));
  }

  private static <T> T committed(Connection connection, Action<T> action) throws Exception {
    boolean commits = connection.getAutoCommit();
    int isolation = connection.getTransactionIsolation();
    connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
    connection.setAutoCommit(false);
    boolean done = false;
    try {
      T result = action.in(connection);
      connection.commit();
      done = true;
      return result;
    } finally {
      if (!done) {
        rollBack(connection);
      }
      restore(connection, commits, isolation);
    }
  }

  /** What was thrown tells more than what follows from it. */
  private static void rollBack(Connection connection) {
    try {
      connection.rollback();
    } catch (SQLException e) {
      LOG.log(System.Logger.Level.DEBUG, "rollback failed", e);
    }
  }

  /** A connection on which that fails is broken, whatever became of the transaction. */
  private static void restore(Connection connection, boolean commits, int isolation) {
    try {
      connection.setAutoCommit(commits);
      connection.setTransactionIsolation(isolation);
    } catch (SQLException e) {
      LOG.log(System.Logger.Level.DEBUG, "restore failed", e);
    }
  }
}
