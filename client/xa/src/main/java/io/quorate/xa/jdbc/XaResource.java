package io.quorate.xa.jdbc;

import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.xa.branch.Ballot;
import io.quorate.xa.branch.BranchId;
import io.quorate.xa.branch.Finish;
import io.quorate.xa.branch.OnePhase;
import io.quorate.xa.branch.Resource;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import javax.sql.XADataSource;
import javax.transaction.xa.XAException;
import javax.transaction.xa.XAResource;
import org.jspecify.annotations.Nullable;

/**
 * Any database whose driver has an {@code XADataSource}: Oracle, Db2, SQL Server, H2 and others.
 *
 * <p><b>For PostgreSQL and MariaDB take {@link PostgreSqlResource} and {@link MariaDbResource}.</b>
 * Their drivers work here as well as they do: PostgreSQL's votes yes for a transaction that a
 * failed statement has broken, and tells of a branch on a connection marked read-only that it has
 * ended when it is prepared; MariaDB's commits a deadlock's victim. And neither says what became of
 * a commit whose answer was lost.
 *
 * <p>It needs no pool, and can have none: connections that nobody uses are kept for the next, at
 * most {@value XaSessions#IDLE_MAX}; there are as many as there are transactions at a time. A
 * branch stays on its connection until it is finished; a branch is never suspended ({@code
 * TMSUSPEND}), and never joined by another connection.
 *
 * <p>What XA's codes are taken to mean: {@code XA_RB*} is a refusal, and after preparing it is a
 * heuristic outcome, as are {@code XA_HEURMIX}, {@code XA_HEURHAZ}, and {@code XA_HEURRB} for a
 * commit; what has ended by itself as it was to is done; {@code XAER_NOTA} is final if {@code
 * recover} doesn't list the branch; whatever else there is, is asked again.
 *
 * <p>Each call ends within half a minute if the driver has network timeouts ({@link
 * Connection#setNetworkTimeout}). Give one that hasn't a socket timeout of its own.
 */
public final class XaResource extends JdbcResource implements AutoCloseable {
  private final XADataSource source;
  private final XaSessions sessions;
  private final @Nullable String identityQuery;

  private XaResource(
      String name,
      XADataSource source,
      XaSessions sessions,
      Executor executor,
      @Nullable String identityQuery) {
    super(name, sessions, executor);
    this.source = source;
    this.sessions = sessions;
    this.identityQuery = identityQuery;
  }

  /**
   * One that carries out what waits on threads of its own.
   *
   * @param name as in {@link io.quorate.xa.branch.Resource#name}
   */
  public static XaResource of(String name, XADataSource source) {
    return of(name, source, ownThreads());
  }

  /**
   * One that carries out what waits on an executor, with as many threads as there are transactions
   * at a time, or virtual ones.
   */
  public static XaResource of(String name, XADataSource source, Executor executor) {
    return new XaResource(name, source, new XaSessions(source, executor), executor, null);
  }

  /**
   * The same, whose database is told from all others by the only value of a query, such as {@code
   * SELECT dbid FROM v$database}. Without one, only its product and its catalog's name are known of
   * it: an equally named database on another server isn't noticed to be another.
   */
  public XaResource identifiedBy(String query) {
    return new XaResource(name(), source, sessions, executor(), query);
  }

  /**
   * The driver's source of connections, for a pool that enlists by itself: of its connections it is
   * known that this resource recovers them.
   */
  public XADataSource xaDataSource() {
    return EnlistableSource.of(this, source);
  }

  /**
   * Whether a driver's XA resource is at this database, so that what it leaves is found here: if it
   * comes from {@link #xaDataSource}, or if the driver says so ({@link XAResource#isSameRM}), which
   * many never do.
   */
  public boolean recovers(XAResource enlisted) {
    if (enlisted instanceof EnlistableSource.Known known) {
      return known.resource().name().equals(name());
    }
    try {
      return withSession(session -> {
        try {
          return session.xa().isSameRM(enlisted);
        } catch (XAException e) {
          return false;
        }
      });
    } catch (SQLException e) {
      return false;
    }
  }

  /**
   * Branches on a driver's XA resource that somebody else has opened, and closes after the
   * transaction has ended; what it leaves is finished here.
   *
   * @param enlisted one that this resource {@link #recovers}
   */
  public Resource<XaBranch> on(XAResource enlisted) {
    return new EnlistedXa(this, enlisted);
  }

  @Override
  public JdbcBranch begin(BranchId id) throws SQLException {
    return begin(id, Duration.ZERO);
  }

  @Override
  public JdbcBranch begin(BranchId id, Duration within) throws SQLException {
    XaSession session = sessions.session();
    try {
      XaCalls.start(session.xa(), id, within);
      return new SessionBranch(this, id, session);
    } catch (SQLException | RuntimeException e) {
      session.close();
      throw e;
    }
  }

  @Override
  public CompletableFuture<String> check() {
    return later(() -> {
      XaSession session = sessions.session();
      try {
        String identity = identity(session.connection());
        try {
          var unused = XaCalls.recover(session.xa());
        } catch (SQLException e) {
          if (session.isUsable(0)) {
            throw unfit(
                name(),
                "it doesn't list what is prepared. Let its user do so, as XA's recovery needs it: "
                    + e.getMessage());
          }
          throw e;
        }
        sessions.giveBack(session);
        return identity;
      } catch (SQLException | RuntimeException e) {
        session.close();
        throw e;
      }
    });
  }

  private String identity(Connection connection) throws SQLException {
    DatabaseMetaData about = connection.getMetaData();
    if (identityQuery != null) {
      return about.getDatabaseProductName() + " " + value(connection, identityQuery);
    }
    return about.getDatabaseProductName()
        + " "
        + Objects.requireNonNullElse(connection.getCatalog(), "");
  }

  @Override
  public CompletableFuture<List<BranchId>> prepared(long domain) {
    return later(() ->
        withSession(session ->
            XaCalls.recover(session.xa()).stream().filter(id -> isOurs(id, domain)).toList()));
  }

  @Override
  public CompletableFuture<Finish> commit(BranchId id, String evidence) {
    return later(() -> withSession(session -> XaCalls.finish(session.xa(), id, true)));
  }

  @Override
  public CompletableFuture<Finish> abort(BranchId id) {
    return later(() -> withSession(session -> XaCalls.finish(session.xa(), id, false)));
  }

  @Override
  public void forget(BranchId id) {
    var unused =
        later(() ->
            withSession(session -> {
              XaCalls.forget(session.xa(), id);
              return id;
            }));
  }

  /** A call that waits, with a session. */
  private interface SessionCall<T> {
    T run(XaSession session) throws SQLException;
  }

  /** One that fails costs its session: nothing is known of that any more. */
  private <T> T withSession(SessionCall<T> call) throws SQLException {
    XaSession session = sessions.session();
    T result;
    try {
      bound(session.connection(), executor(), CALL_MILLIS_MAX);
      result = call.run(session);
    } catch (SQLException | RuntimeException e) {
      session.close();
      throw e;
    }
    sessions.giveBack(session);
    return result;
  }

  /** Closes the connections that nobody uses; each other one closes when it is given back. */
  @Override
  public void close() {
    sessions.close();
  }

  /** What became of a commit in one phase, whose answer was lost: nobody can tell. */
  static OnePhase lost(SQLException why) {
    return OnePhase.lost(
        QuorateException.of(
            ErrorCode.OUTCOME_UNKNOWN,
            "the answer was lost, and XA doesn't tell what became of a transaction",
            why));
  }

  /** A branch on a session of the resource's own. */
  private static final class SessionBranch extends JdbcBranch {
    private final XaResource resource;
    private final XaSession session;
    private boolean ended; // for the thread that carries out an order

    SessionBranch(XaResource resource, BranchId id, XaSession session) {
      super(resource, id, session.connection());
      this.resource = resource;
      this.session = session;
    }

    private void end() throws SQLException {
      ended = true;
      XaCalls.end(session.xa(), id(), XAResource.TMSUCCESS);
    }

    @Override
    Ballot prepareOn(Connection connection) throws SQLException {
      end();
      return XaCalls.prepare(session.xa(), id());
    }

    @Override
    void commitOnePhaseOn(Connection connection) throws SQLException {
      end();
      XaCalls.commitOnePhase(session.xa(), id());
    }

    @Override
    OnePhase outcomeOf(String knownEvidence, SQLException why) {
      return lost(why);
    }

    @Override
    Finish finishOn(Connection connection, boolean commits) throws SQLException {
      return XaCalls.finish(session.xa(), id(), commits);
    }

    @Override
    void rollBackOn(Connection connection) throws SQLException {
      XaCalls.rollBack(session.xa(), id(), !ended);
    }

    @Override
    public void forget() {
      resource.forget(id());
    }

    @Override
    void altered() {
      session.altered();
    }

    @Override
    void restore(Connection connection) {}

    @Override
    void giveBack() {
      resource.sessions.giveBack(session);
    }

    @Override
    boolean discard() {
      session.close();
      return true;
    }
  }
}
