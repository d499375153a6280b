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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * A MariaDB server, from version 10.5 on, over any {@code DataSource}: XA is plain SQL there.
 *
 * <p><b>Unknown isn't unknown.</b> A prepared branch belongs to its session for as long as that
 * lives. To any other it is unknown ({@code XAER_NOTA}), though {@code XA RECOVER} lists it. So
 * after that error the list is looked at. A branch that is on it is held by a session of somebody
 * who is dead as far as anybody knows; that session is ended, by the number that is in the branch's
 * name, if it is one of the same user's. Only a branch that isn't on the list is gone.
 *
 * <p>That a branch was rolled back when it should commit ({@code XA_RBROLLBACK}) says no more than
 * that it had changed nothing, and its session had ended before: one that has isn't rolled back.
 *
 * <p>A branch that was the victim of a deadlock can't commit, whatever is done in it later.
 *
 * <p>MariaDB can't say whether a branch has changed anything, nor, after a lost answer, whether a
 * transaction of this one resource was committed: that is told as unknown. Galera refuses XA.
 */
public final class MariaDbResource extends JdbcResource {
  private static final int UNKNOWN_BRANCH = 1397;
  private static final int ROLLED_BACK = 1402;
  private static final int NO_SUCH_SESSION = 1094;
  private static final int DEADLOCK = 1213;
  private static final int VERSION_MIN = 1005;

  private static final HexFormat HEX = HexFormat.of();

  /** Branches that another session had when they were to be finished. */
  private final Set<BranchId> held = ConcurrentHashMap.newKeySet();

  /** The numbers of sessions, by the drivers' connections. */
  private final Map<Object, Long> sessions = Collections.synchronizedMap(new WeakHashMap<>());

  private final DataSource dataSource;
  private final @Nullable String identity;

  private MariaDbResource(
      String name, DataSource dataSource, Executor executor, @Nullable String identity) {
    super(name, dataSource::getConnection, executor);
    this.dataSource = dataSource;
    this.identity = identity;
  }

  /**
   * One that carries out what waits on threads of its own.
   *
   * @param name as in {@link io.quorate.xa.branch.Resource#name}
   */
  public static MariaDbResource of(String name, DataSource dataSource) {
    return new MariaDbResource(name, dataSource, ownThreads(), null);
  }

  /**
   * One that carries out what waits on an executor, with as many threads as there are transactions
   * at a time, or virtual ones.
   */
  public static MariaDbResource of(String name, DataSource dataSource, Executor executor) {
    return new MariaDbResource(name, dataSource, executor, null);
  }

  /**
   * The same, known by this text rather than by the server's own identity. That is made of the
   * server's network address and port (its {@code server_uid}), so a replica that takes its place,
   * or a container that is made anew over the same data, has another one, and would be refused.
   *
   * <p>To be said by all processes from the beginning: where one has said otherwise before, the
   * name is refused until its key is deleted, as the refusal tells. This resource takes the other
   * one's place; don't use both.
   *
   * @param text the same in all processes, and another one for another database: that name and
   *     database belong together is not checked beyond it. Of the form {@link #NAME}
   * @throws IllegalArgumentException if it isn't of that form
   */
  public MariaDbResource identifiedBy(String text) {
    if (!text.matches(NAME)) {
      throw new IllegalArgumentException("an identity is of the form " + NAME + ": " + text);
    }
    return new MariaDbResource(name(), dataSource, executor(), text);
  }

  private static String xid(BranchId id) {
    return "X'%s',X'%s',%d"
        .formatted(HEX.formatHex(id.global()), HEX.formatHex(id.qualifier()), BranchId.FORMAT);
  }

  @Override
  public JdbcBranch begin(BranchId id) throws SQLException {
    Connection connection = connect();
    try {
      BranchId held = id.heldBy(session(connection));
      int timeout = connection.getNetworkTimeout();
      execute(connection, "XA START " + xid(held));
      return new Branch(this, held, connection, timeout);
    } catch (SQLException | RuntimeException e) {
      discard(connection);
      throw e;
    }
  }

  /** Asked once of each connection to the server. */
  private long session(Connection connection) throws SQLException {
    Object physical = connection.unwrap(Connection.class);
    Long known = sessions.get(physical);
    if (known == null) {
      known = Long.valueOf(value(connection, "SELECT CONNECTION_ID()"));
      sessions.put(physical, known);
    }
    return known;
  }

  @Override
  public CompletableFuture<String> check() {
    return connected(connection -> {
      String version = value(connection, "SELECT VERSION()");
      String[] numbers = version.split("[^0-9]+", -1);
      int major = Integer.parseInt(numbers[0]) * 100 + Integer.parseInt(numbers[1]);
      if (!version.contains("MariaDB") || major < VERSION_MIN) {
        throw unfit(
            name(),
            "it runs "
                + version
                + "; MariaDB 10.5 or newer is needed. For other databases take XaResource");
      }
      if (value(connection, "SELECT @@wsrep_on").equals("1")) {
        throw unfit(name(), "it is a Galera cluster, which refuses XA. Take a single server");
      }
      if (!value(connection, "SELECT @@innodb_flush_log_at_trx_commit").equals("1")) {
        LOG.log(
            System.Logger.Level.WARNING,
            "resource={0} runs with innodb_flush_log_at_trx_commit other than 1: when its machine"
                + " crashes, transactions may be torn",
            name());
      }
      if (identity != null) {
        return "mariadb " + identity;
      }
      return "mariadb "
          + (major >= 1010
              ? value(connection, "SELECT @@server_uid")
              : value(connection, "SELECT CONCAT(@@hostname, ':', @@port)"));
    });
  }

  @Override
  public CompletableFuture<List<BranchId>> prepared(long domain) {
    return connected(connection -> {
      List<BranchId> all = listed(connection);
      held.retainAll(all); // what is gone, nobody has
      return all.stream().filter(id -> isOurs(id, domain)).toList();
    });
  }

  private static List<BranchId> listed(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("XA RECOVER")) {
      List<BranchId> all = new ArrayList<>();
      while (rows.next()) {
        int globalBytes = rows.getInt(2);
        byte[] both = rows.getBytes(4);
        BranchId.of(
                rows.getInt(1),
                Arrays.copyOf(both, Math.min(globalBytes, both.length)),
                Arrays.copyOfRange(both, Math.min(globalBytes, both.length), both.length))
            .ifPresent(all::add);
      }
      return all;
    }
  }

  @Override
  public CompletableFuture<Finish> commit(BranchId id, String evidence) {
    return finish(id, "XA COMMIT ");
  }

  @Override
  public CompletableFuture<Finish> abort(BranchId id) {
    return finish(id, "XA ROLLBACK ");
  }

  private CompletableFuture<Finish> finish(BranchId id, String order) {
    return connected(connection -> {
      try {
        execute(connection, order + xid(id));
      } catch (SQLException e) {
        boolean isUnknown = e.getErrorCode() == UNKNOWN_BRANCH;
        boolean isHeld = isUnknown && listed(connection).contains(id);
        if (isHeld) {
          heldByAnother(connection, id);
        }
        if (isHeld || (!isUnknown && e.getErrorCode() != ROLLED_BACK)) {
          throw e; // again, a little later
        }
      }
      held.remove(id);
      return Finish.DONE;
    });
  }

  /**
   * The first time, somebody else may just be finishing it; if it is still so the next time, a
   * session that nobody drives has it.
   */
  private void heldByAnother(Connection connection, BranchId id) throws SQLException {
    if (!held.add(id)) {
      held.remove(id);
      endSession(connection, id.session());
    }
  }

  /** Ends the session that holds a branch, if it is one of the same user's. */
  private void endSession(Connection connection, long session) throws SQLException {
    String same =
        value(
            connection,
            "SELECT COUNT(*) FROM information_schema.processlist WHERE id = "
                + session
                + " AND id <> CONNECTION_ID() AND user = SUBSTRING_INDEX(CURRENT_USER(), '@', 1)");
    if (same.equals("0")) {
      return;
    }
    LOG.log(
        System.Logger.Level.WARNING,
        "resource={0} ends session={1}, which holds a branch that nobody drives any more",
        name(),
        session);
    try {
      execute(connection, "KILL CONNECTION " + session);
    } catch (SQLException e) {
      if (e.getErrorCode() != NO_SUCH_SESSION) {
        throw e;
      }
    }
  }

  /** A branch, on the connection that it was started on. */
  private static final class Branch extends JdbcBranch {
    private final MariaDbResource resource;
    private final int networkTimeout;

    Branch(MariaDbResource resource, BranchId id, Connection raw, int networkTimeout) {
      super(resource, id, raw);
      this.resource = resource;
      this.networkTimeout = networkTimeout;
    }

    @Override
    void noted(SQLException e) {
      if (e.getErrorCode() == DEADLOCK) {
        undone(e);
      }
    }

    /** Two statements in one round trip. */
    private void endAnd(Connection connection, String order, String more) throws SQLException {
      String xid = xid(id());
      execute(connection, "BEGIN NOT ATOMIC XA END " + xid + "; " + order + xid + more + "; END");
    }

    @Override
    Ballot prepareOn(Connection connection) throws SQLException {
      endAnd(connection, "XA PREPARE ", "");
      return Ballot.yes("");
    }

    @Override
    void commitOnePhaseOn(Connection connection) throws SQLException {
      endAnd(connection, "XA COMMIT ", " ONE PHASE");
    }

    @Override
    OnePhase outcomeOf(String knownEvidence, SQLException lost) {
      return OnePhase.lost(
          QuorateException.of(
              ErrorCode.OUTCOME_UNKNOWN,
              "the answer was lost, and MariaDB doesn't tell what became of a transaction",
              lost));
    }

    @Override
    Finish finishOn(Connection connection, boolean commits) throws SQLException {
      execute(connection, (commits ? "XA COMMIT " : "XA ROLLBACK ") + xid(id()));
      return Finish.DONE;
    }

    @Override
    void rollBackOn(Connection connection) throws SQLException {
      try {
        execute(connection, "XA END " + xid(id()));
      } catch (SQLException e) {
        if (isUnsure(e)) {
          throw e;
        } // ended before, or a deadlock's victim: it can be rolled back
      }
      execute(connection, "XA ROLLBACK " + xid(id()));
    }

    @Override
    void restore(Connection connection) throws SQLException {
      connection.setNetworkTimeout(resource.executor(), networkTimeout);
    }
  }
}
