package io.quorate.xa.jdbc;

import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.xa.branch.Ballot;
import io.quorate.xa.branch.BranchId;
import io.quorate.xa.branch.Finish;
import io.quorate.xa.branch.OnePhase;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * A PostgreSQL database, from version 13 on, over any {@code DataSource}: its two-phase commit is
 * plain SQL, so any pool's connections will do, and the driver's {@code XADataSource} isn't needed.
 *
 * <p>Before it prepares, a branch asks for the number of its transaction there. A transaction that
 * a failed statement has broken can't answer that, and votes no, where {@code PREPARE TRANSACTION}
 * would roll back and not say so. One that has no number, and no lock to write, has written
 * nothing: it commits at once, and has no second phase; what it {@code NOTIFY}s without writing
 * anything is told then. And by its number PostgreSQL tells years later whether it has committed
 * ({@code pg_xact_status}), which is how the answer is found that a broken connection has lost.
 *
 * <p>Transactions that have used temporary tables, {@code LISTEN}, {@code NOTIFY} or a cursor
 * {@code WITH HOLD} can't be prepared; they are rolled back with PostgreSQL's reason.
 *
 * <p>Needs {@code max_prepared_transactions} of at least as many as there are transactions at a
 * time ({@link #check} refuses 0, the default).
 */
public final class PostgreSqlResource extends JdbcResource {
  private static final String UNDEFINED_OBJECT = "42704";
  private static final int VERSION_MIN = 130_000;

  private PostgreSqlResource(String name, DataSource dataSource, Executor executor) {
    super(name, dataSource::getConnection, executor);
  }

  /**
   * One that carries out what waits on threads of its own.
   *
   * @param name as in {@link io.quorate.xa.branch.Resource#name}
   */
  public static PostgreSqlResource of(String name, DataSource dataSource) {
    return new PostgreSqlResource(name, dataSource, ownThreads());
  }

  /**
   * One that carries out what waits on an executor, with as many threads as there are transactions
   * at a time, or virtual ones.
   */
  public static PostgreSqlResource of(String name, DataSource dataSource, Executor executor) {
    return new PostgreSqlResource(name, dataSource, executor);
  }

  @Override
  public JdbcBranch begin(BranchId id) throws SQLException {
    Connection connection = connect();
    try {
      boolean commits = connection.getAutoCommit();
      int timeout = connection.getNetworkTimeout();
      connection.setAutoCommit(false);
      return new Branch(this, id, connection, commits, timeout);
    } catch (SQLException | RuntimeException e) {
      discard(connection);
      throw e;
    }
  }

  @Override
  public CompletableFuture<String> check() {
    return connected(connection -> {
      int version = Integer.parseInt(value(connection, "SHOW server_version_num"));
      if (version < VERSION_MIN) {
        throw unfit(name(), "it runs PostgreSQL " + version / 10_000 + "; 13 or newer is needed");
      }
      if (value(connection, "SHOW max_prepared_transactions").equals("0")) {
        throw unfit(
            name(),
            "max_prepared_transactions is 0. Set it to at least the number of connections, as by"
                + " ALTER SYSTEM SET max_prepared_transactions = 100, and restart PostgreSQL");
      }
      if (value(connection, "SELECT pg_is_in_recovery()").equals("t")) {
        throw unfit(name(), "it is a standby, which takes no writes. Connect to its primary");
      }
      if (value(connection, "SHOW fsync").equals("off")) {
        LOG.log(
            System.Logger.Level.WARNING,
            "resource={0} runs with fsync off: when its machine crashes, transactions may be torn",
            name());
      }
      return "postgresql "
          + value(connection, "SELECT system_identifier FROM pg_control_system()")
          + " "
          + value(connection, "SELECT current_database()")
          + " "
          + value(connection, "SELECT current_user");
    });
  }

  @Override
  public CompletableFuture<List<BranchId>> prepared(long domain) {
    return connected(connection ->
        column(
                connection,
                "SELECT gid FROM pg_prepared_xacts"
                    + " WHERE database = current_database() AND owner = current_user")
            .stream()
            .map(BranchId::ofText)
            .flatMap(Optional::stream)
            .filter(id -> isOurs(id, domain))
            .toList());
  }

  @Override
  public CompletableFuture<Finish> commit(BranchId id, String evidence) {
    return connected(connection -> {
      try {
        execute(connection, "COMMIT PREPARED '" + id.toText() + "'");
        return Finish.DONE;
      } catch (SQLException e) {
        if (!UNDEFINED_OBJECT.equals(e.getSQLState())) {
          throw e; // busy, refused, or lost: again
        }
        return evidence.isEmpty() ? Finish.DONE : outcome(connection, evidence, e);
      }
    });
  }

  /** What became of a transaction that isn't prepared any more, by its number. */
  private Finish outcome(Connection connection, String number, SQLException why)
      throws SQLException {
    return switch (status(connection, number)) {
      case "committed" -> Finish.DONE;
      case "in progress" -> throw why; // somebody else is just finishing it
      default -> Finish.OTHERWISE; // rolled back, or unknown to a server that took this one's place
    };
  }

  /** Empty if it is too old to be known, or from a future that this server hasn't seen. */
  private String status(Connection connection, String number) throws SQLException {
    try {
      return value(connection, "SELECT pg_xact_status('" + Long.parseUnsignedLong(number) + "')");
    } catch (SQLException e) {
      if (isUnsure(e)) {
        throw e;
      }
      LOG.log(System.Logger.Level.WARNING, "resource={0} {1}", name(), e.getMessage());
      return "";
    }
  }

  @Override
  public CompletableFuture<Finish> abort(BranchId id) {
    return connected(connection -> {
      try {
        execute(connection, "ROLLBACK PREPARED '" + id.toText() + "'");
      } catch (SQLException e) {
        if (!UNDEFINED_OBJECT.equals(e.getSQLState())) {
          throw e;
        }
      }
      return Finish.DONE;
    });
  }

  /** A branch, on a connection that doesn't commit by itself. */
  private static final class Branch extends JdbcBranch {
    private static final String WRITE_LOCKS =
        "SELECT EXISTS (SELECT FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'relation'"
            + " AND mode NOT IN ('AccessShareLock', 'RowShareLock'))";

    private static final String NUMBER = "SELECT pg_current_xact_id_if_assigned()";

    private final PostgreSqlResource resource;
    private final boolean commitsByItself;
    private final int networkTimeout;

    /** Whether it most likely has a number: a statement told that it has changed rows. */
    private volatile boolean hasWritten;

    Branch(
        PostgreSqlResource resource,
        BranchId id,
        Connection raw,
        boolean commitsByItself,
        int networkTimeout) {
      super(resource, id, raw);
      this.resource = resource;
      this.commitsByItself = commitsByItself;
      this.networkTimeout = networkTimeout;
    }

    @Override
    void executed(Statement statement, @Nullable Object result) {
      try {
        hasWritten = hasWritten || hasChangedRows(statement, result);
      } catch (SQLException e) { // closed by somebody else: it is asked for its number then
        LOG.log(System.Logger.Level.DEBUG, "no update count", e);
      }
    }

    private static boolean hasChangedRows(Statement statement, @Nullable Object result)
        throws SQLException {
      if (result instanceof Boolean isRows) {
        return !isRows && statement.getUpdateCount() > 0;
      }
      return (result instanceof Number count && count.longValue() > 0)
          || (result instanceof int[] counts && counts.length > 0 && counts[0] > 0);
    }

    @Override
    Ballot prepareOn(Connection connection) throws SQLException {
      String prepare = "PREPARE TRANSACTION '" + id().toText() + "'";
      if (hasWritten) {
        return Ballot.yes(numberAnd(connection, prepare));
      }
      String number = number(connection);
      if (number.isEmpty() && !mayHaveWritten(connection)) {
        try {
          connection.commit();
        } catch (SQLException e) {
          throw new SQLException(e.getMessage(), "40000", e); // nothing was written: no harm
        }
        return Ballot.readOnly();
      }
      execute(connection, prepare);
      return Ballot.yes(number);
    }

    /**
     * Both in one round trip: the order isn't carried out if there is no answer to the question.
     * What fails behind the order leaves it unsure whether it was.
     */
    private static String numberAnd(Connection connection, String order) throws SQLException {
      try (Statement statement = connection.createStatement()) {
        statement.execute(NUMBER + "; " + order);
        try (ResultSet rows = statement.getResultSet()) {
          String number = rows.next() ? rows.getString(1) : null;
          return number == null ? "" : number;
        } catch (SQLException | RuntimeException e) {
          throw new SQLException("prepared, and its number can't be read", null, e);
        }
      }
    }

    /** Foreign tables are written elsewhere, without a number here: these can't be prepared. */
    private static boolean mayHaveWritten(Connection connection) throws SQLException {
      return value(connection, WRITE_LOCKS).equals("t");
    }

    /** As long as nothing was prepared, a lost connection is a transaction that is rolled back. */
    private static String number(Connection connection) throws SQLException {
      try {
        return value(connection, NUMBER);
      } catch (SQLException e) {
        throw isUnsure(e) ? new SQLException(e.getMessage(), "40000", e) : e;
      }
    }

    private static boolean isUnsure(SQLException e) {
      return JdbcResource.isUnsure(e);
    }

    private static String value(Connection connection, String sql) throws SQLException {
      return JdbcResource.value(connection, sql);
    }

    private static void execute(Connection connection, String sql) throws SQLException {
      JdbcResource.execute(connection, sql);
    }

    @Override
    void commitOnePhaseOn(Connection connection) throws SQLException {
      evidence(number(connection));
      connection.commit();
    }

    @Override
    OnePhase outcomeOf(String knownEvidence, SQLException lost) throws SQLException {
      if (knownEvidence.isEmpty()) { // it has written nothing, or nothing that could be asked for
        return OnePhase.lost(lost);
      }
      return resource.withConnection(connection ->
          switch (resource.status(connection, knownEvidence)) {
            case "committed" -> OnePhase.committed();
            case "aborted" -> OnePhase.aborted(lost);
            case "in progress" -> throw lost; // the server doesn't know yet that we are gone
            default ->
                OnePhase.lost(
                    QuorateException.of(
                        ErrorCode.OUTCOME_UNKNOWN,
                        "the answer was lost, and the server that answers now doesn't know the"
                            + " transaction",
                        lost));
          });
    }

    @Override
    Finish finishOn(Connection connection, boolean commits) throws SQLException {
      connection.setAutoCommit(true); // these are refused within a transaction
      execute(connection, (commits ? "COMMIT" : "ROLLBACK") + " PREPARED '" + id().toText() + "'");
      return Finish.DONE;
    }

    @Override
    void rollBackOn(Connection connection) throws SQLException {
      connection.rollback();
    }

    @Override
    void restore(Connection connection) throws SQLException {
      connection.setNetworkTimeout(resource.executor(), networkTimeout);
      connection.setAutoCommit(commitsByItself);
    }
  }
}
