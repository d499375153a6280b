package io.quorate.xa.jdbc;

import io.quorate.xa.branch.Ballot;
import io.quorate.xa.branch.BranchId;
import io.quorate.xa.branch.ConnectionBranch;
import io.quorate.xa.branch.Finish;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A branch at a database, with the connection that it is on until the connection is given back or
 * lost. What the database is told, its kinds say.
 */
public abstract class JdbcBranch extends HeldBranch implements ConnectionBranch {
  private final Connection raw;
  private final GuardedConnection guarded;

  /** Whether its statement is being cancelled: drivers take a connection for that. */
  private final AtomicBoolean cancels = new AtomicBoolean();

  JdbcBranch(JdbcResource resource, BranchId id, Connection raw) {
    super(resource, id);
    this.raw = raw;
    guarded = new GuardedConnection(this, raw);
  }

  @Override
  public final Connection connection() {
    return guarded.connection();
  }

  // ---- what its kinds say ----------------------------------------------------------------------

  /** As {@link HeldBranch#prepareHeld}, on its connection. */
  abstract Ballot prepareOn(Connection connection) throws SQLException;

  /** As {@link HeldBranch#commitHeldOnePhase}, on its connection. */
  abstract void commitOnePhaseOn(Connection connection) throws SQLException;

  /** As {@link HeldBranch#finishHeld}, on its connection. */
  abstract Finish finishOn(Connection connection, boolean commits) throws SQLException;

  /** Undoes what isn't prepared, on its connection. */
  abstract void rollBackOn(Connection connection) throws SQLException;

  /** Brings its connection to where it was when it was taken. */
  abstract void restore(Connection connection) throws SQLException;

  /** A statement has failed: what follows from that for the branch. */
  void noted(SQLException e) {}

  /** A statement was executed, with what its method has given. */
  void executed(Statement statement, @Nullable Object result) {}

  /** A setting of the connection is another one than when it was taken. */
  void altered() {}

  // ---- its connection --------------------------------------------------------------------------

  @Override
  final Ballot prepareHeld() throws SQLException {
    bound();
    return prepareOn(raw);
  }

  @Override
  final void commitHeldOnePhase() throws SQLException {
    bound();
    commitOnePhaseOn(raw);
  }

  @Override
  final Finish finishHeld(boolean commits) throws SQLException {
    bound();
    return finishOn(raw, commits);
  }

  /** Behind a statement that doesn't end, a rollback would wait for ever. */
  @Override
  final void rollBackHeld() throws SQLException {
    if (guarded.isRunning()) {
      throw new SQLException("a statement still runs");
    }
    bound();
    rollBackOn(raw);
  }

  private void bound() throws SQLException {
    JdbcResource.bound(raw, resource().executor(), JdbcResource.CALL_MILLIS_MAX);
  }

  @Override
  final void takeNoWork(String reason) {
    guarded.close(reason);
  }

  @Override
  public final void doom(String reason) {
    guarded.close(reason);
    if (guarded.isRunning() && cancels.compareAndSet(false, true)) {
      resource()
          .executor()
          .execute(() -> {
            try {
              guarded.cancel();
            } finally {
              cancels.set(false);
            }
          });
    }
  }

  @Override
  void giveBack() throws SQLException {
    restore(raw);
    raw.close();
  }

  @Override
  boolean discard() {
    resource().discard(raw);
    return true;
  }
}
