package io.quorate.xa.jdbc;

import io.quorate.txn.Vote;
import io.quorate.xa.branch.Ballot;
import io.quorate.xa.branch.BranchId;
import io.quorate.xa.branch.ConnectionBranch;
import io.quorate.xa.branch.Finish;
import io.quorate.xa.branch.OnePhase;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A branch at a database: where it is, and the connection that it is on until the connection is
 * given back or lost. What the database is told, its kinds say.
 *
 * <p>While it takes work, the application's thread has the connection; from its first order on, the
 * thread that carries out the order.
 */
public abstract class JdbcBranch implements ConnectionBranch {
  /** How far it is. */
  private enum Stage {
    WORKING,
    /** It may have prepared, or committed in one phase: the answer was lost. */
    UNSURE,
    PREPARED,
    ENDED
  }

  private final JdbcResource resource;
  private final BranchId id;
  private final Connection raw;
  private final GuardedConnection guarded;

  // Guarded by this.
  private Stage stage = Stage.WORKING;
  private boolean connected = true;
  private String evidence = "";
  private @Nullable SQLException failure;

  JdbcBranch(JdbcResource resource, BranchId id, Connection raw) {
    this.resource = resource;
    this.id = id;
    this.raw = raw;
    guarded = new GuardedConnection(this, raw);
  }

  @Override
  public final BranchId id() {
    return id;
  }

  @Override
  public final Connection connection() {
    return guarded.connection();
  }

  // ---- what its kinds say ----------------------------------------------------------------------

  /**
   * Prepares on its connection, and votes. If the error is {@linkplain JdbcResource#isUnsure
   * unsure}, it may have prepared; any other error is a refusal.
   */
  abstract Ballot prepareOn(Connection connection) throws SQLException;

  /** Commits on its connection. Errors as for preparing. Gives evidence before it is sent. */
  abstract void commitOnePhaseOn(Connection connection) throws SQLException;

  /** What became of a commit in one phase whose answer was lost. */
  abstract OnePhase outcomeOf(String knownEvidence, SQLException lost) throws SQLException;

  /** Finishes what is prepared, on its connection. */
  abstract void finishOn(Connection connection, boolean commits) throws SQLException;

  /** Undoes what isn't prepared, on its connection. */
  abstract void rollBackOn(Connection connection) throws SQLException;

  /** Brings its connection to where it was when it was taken. */
  abstract void restore(Connection connection) throws SQLException;

  /** A statement has failed: what follows from that for the branch. */
  void noted(SQLException e) {}

  /** A statement says how many rows it has changed; -1 if it doesn't. */
  void changed(long rows) {}

  // ---- orders ----------------------------------------------------------------------------------

  final void evidence(String text) {
    synchronized (this) {
      evidence = text;
    }
  }

  final String evidence() {
    synchronized (this) {
      return evidence;
    }
  }

  /** It can't commit any more: a statement's failure has undone it. */
  final void undone(SQLException e) {
    synchronized (this) {
      failure = e;
    }
  }

  private synchronized Stage stage() {
    return stage;
  }

  private synchronized void become(Stage next) {
    stage = next;
  }

  private synchronized boolean isConnected() {
    return connected;
  }

  @Override
  public final CompletableFuture<Ballot> prepare() {
    guarded.close("the transaction is being committed");
    return resource.later(() -> {
      SQLException undone = failure();
      if (undone != null) {
        rollBack();
        return Ballot.no(undone);
      }
      try {
        bound();
        Ballot ballot = prepareOn(raw);
        if (ballot.vote() == Vote.READ_ONLY) {
          become(Stage.ENDED);
          release();
        } else {
          become(Stage.PREPARED);
          evidence(ballot.evidence());
        }
        return ballot;
      } catch (SQLException e) {
        if (JdbcResource.isUnsure(e)) {
          become(Stage.UNSURE);
          lose();
          throw e;
        }
        rollBack();
        return Ballot.no(e);
      }
    });
  }

  private synchronized @Nullable SQLException failure() {
    return failure;
  }

  @Override
  public final CompletableFuture<OnePhase> commitOnePhase() {
    guarded.close("the transaction is being committed");
    return resource.later(() -> {
      if (stage() == Stage.UNSURE) {
        return outcomeOf(evidence(), new SQLException("the answer was lost"));
      }
      SQLException undone = failure();
      if (undone != null) {
        rollBack();
        return OnePhase.aborted(undone);
      }
      try {
        bound();
        commitOnePhaseOn(raw);
        become(Stage.ENDED);
        release();
        return OnePhase.committed();
      } catch (SQLException e) {
        if (JdbcResource.isUnsure(e)) {
          become(Stage.UNSURE);
          lose();
          return outcomeOf(evidence(), e);
        }
        rollBack();
        return OnePhase.aborted(e);
      }
    });
  }

  @Override
  public final CompletableFuture<Finish> commit() {
    if (!isConnected()) {
      return stage() == Stage.ENDED
          ? CompletableFuture.completedFuture(Finish.DONE)
          : resource.commit(id, evidence());
    }
    return finish(true, () -> resource.commit(id, evidence()));
  }

  @Override
  public final CompletableFuture<Finish> abort() {
    guarded.close("the transaction is rolled back");
    switch (stage()) {
      case WORKING -> {
        return resource.later(() -> {
          rollBack();
          return Finish.DONE;
        });
      }
      case ENDED -> {
        return CompletableFuture.completedFuture(Finish.DONE);
      }
      case UNSURE, PREPARED -> {}
    }
    if (!isConnected()) {
      return resource.abort(id);
    }
    return finish(false, () -> resource.abort(id));
  }

  private CompletableFuture<Finish> finish(
      boolean commits, Supplier<CompletableFuture<Finish>> elsewhere) {
    return resource
        .later(() -> {
          try {
            bound();
            finishOn(raw, commits);
            become(Stage.ENDED);
            release();
            return true;
          } catch (SQLException e) { // what became of it, another connection finds out
            lose();
            return false;
          }
        })
        .thenCompose(
            done -> done ? CompletableFuture.completedFuture(Finish.DONE) : elsewhere.get());
  }

  /** Undoes what isn't prepared. Without its connection a database does so by itself. */
  private void rollBack() {
    become(Stage.ENDED);
    if (!isConnected()) {
      return;
    }
    try {
      bound();
      rollBackOn(raw);
      release();
    } catch (SQLException e) {
      lose();
    }
  }

  @Override
  public final void doom(String reason) {
    guarded.close(reason);
    resource.executor().execute(guarded::cancel);
  }

  @Override
  public final void leave() {
    guarded.close("the transaction is over");
    if (isConnected()) {
      resource.executor().execute(this::lose);
    }
  }

  // ---- its connection --------------------------------------------------------------------------

  private void bound() throws SQLException {
    raw.setNetworkTimeout(resource.executor(), JdbcResource.CALL_MILLIS_MAX);
  }

  private void release() {
    synchronized (this) {
      if (!connected) {
        return;
      }
      connected = false;
    }
    try {
      restore(raw);
      raw.close();
    } catch (SQLException | RuntimeException e) {
      resource.discard(raw);
    }
  }

  private void lose() {
    synchronized (this) {
      if (!connected) {
        return;
      }
      connected = false;
    }
    resource.discard(raw);
  }
}
