package io.quorate.xa.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.Executor;
import javax.sql.XAConnection;
import javax.sql.XADataSource;
import org.jspecify.annotations.Nullable;

/**
 * Sessions at a database. As many are open as are used at a time; some that nobody uses wait here
 * for the next one who needs one. Safe for use by many threads.
 */
final class XaSessions implements JdbcResource.Connections {
  /** So many wait at most. */
  static final int IDLE_MAX = 16;

  /** One that was used less than that ago is taken to be alive. */
  private static final long TRUSTED_NANOS = 500_000_000L;

  private final XADataSource source;
  private final Executor executor;

  // Guarded by this.
  private final Deque<XaSession> idle = new ArrayDeque<>();
  private boolean closed;

  XaSessions(XADataSource source, Executor executor) {
    this.source = source;
    this.executor = executor;
  }

  /** One that is alive, as far as is known. */
  XaSession session() throws SQLException {
    XaSession known = last();
    if (known != null) {
      if (known.isUsable(TRUSTED_NANOS)) {
        return known;
      }
      known.close();
      closeIdle(); // what has ended one, such as a restart, has ended them all
    }
    XAConnection opened = source.getXAConnection();
    try {
      return new XaSession(opened);
    } catch (SQLException | RuntimeException e) {
      opened.close();
      throw e;
    }
  }

  private synchronized @Nullable XaSession last() {
    return idle.pollLast();
  }

  /** Nothing of a transaction is left on it. */
  void giveBack(XaSession session) {
    boolean kept = session.becomesIdle(executor);
    synchronized (this) {
      kept = kept && !closed && idle.size() < IDLE_MAX;
      if (kept) {
        idle.addLast(session);
      }
    }
    if (!kept) {
      session.close();
    }
  }

  @Override
  public Connection take() throws SQLException {
    return session().plain(this);
  }

  private void closeIdle() {
    List<XaSession> all;
    synchronized (this) {
      all = new ArrayList<>(idle);
      idle.clear();
    }
    all.forEach(XaSession::close);
  }

  /** No session is kept any more. */
  void close() {
    synchronized (this) {
      closed = true;
    }
    closeIdle();
  }
}
