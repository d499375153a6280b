package io.quorate.xa.jdbc;

import io.quorate.txn.Vote;
import io.quorate.xa.branch.Ballot;
import io.quorate.xa.branch.Branch;
import io.quorate.xa.branch.BranchId;
import io.quorate.xa.branch.Finish;
import io.quorate.xa.branch.OnePhase;
import java.sql.SQLException;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A branch at a database, and how far it is: held by a session there until that is given back or
 * lost, and finished from elsewhere after that. What the session is told, its kinds say.
 *
 * <p>While it takes work, the application's thread has the session; from its first order on, the
 * thread that carries out the order.
 */
abstract class HeldBranch implements Branch {
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

  // Guarded by this.
  private Stage stage = Stage.WORKING;
  private boolean held = true;
  private String evidence = "";
  private @Nullable SQLException failure;

  HeldBranch(JdbcResource resource, BranchId id) {
    this.resource = resource;
    this.id = id;
  }

  @Override
  public final BranchId id() {
    return id;
  }

  final JdbcResource resource() {
    return resource;
  }

  // ---- what its kinds say ----------------------------------------------------------------------

  /**
   * Prepares, and votes. If the error is {@linkplain JdbcResource#isUnsure unsure}, it may have
   * prepared; any other error is a refusal.
   */
  abstract Ballot prepareHeld() throws SQLException;

  /** Commits without preparing. Errors as for preparing. Gives evidence before it is sent. */
  abstract void commitHeldOnePhase() throws SQLException;

  /** What became of a commit in one phase whose answer was lost. */
  abstract OnePhase outcomeOf(String knownEvidence, SQLException lost) throws SQLException;

  /** Finishes what is prepared. Any error leaves it unknown whether it has. */
  abstract Finish finishHeld(boolean commits) throws SQLException;

  /** Undoes what isn't prepared. */
  abstract void rollBackHeld() throws SQLException;

  /** Whoever works in it does nothing there any more, for this reason. */
  abstract void takeNoWork(String reason);

  /** Gives back the session, on which nothing of the branch is left. */
  abstract void giveBack() throws SQLException;

  /**
   * Ends the session, on which something may be left.
   *
   * @return whether it has: one that is somebody else's doesn't end, and is told of the branch
   *     again
   */
  abstract boolean discard();

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

  private synchronized boolean isHeld() {
    return held;
  }

  @Override
  public final CompletableFuture<Ballot> prepare() {
    takeNoWork("the transaction is being committed");
    return resource.later(() -> {
      SQLException undone = failure();
      if (undone != null) {
        rollBack();
        return Ballot.no(undone);
      }
      try {
        Ballot ballot = prepareHeld();
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
    takeNoWork("the transaction is being committed");
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
        commitHeldOnePhase();
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
    if (!isHeld()) {
      return stage() == Stage.ENDED
          ? CompletableFuture.completedFuture(Finish.DONE)
          : resource.commit(id, evidence());
    }
    return finish(true, () -> resource.commit(id, evidence()));
  }

  @Override
  public final CompletableFuture<Finish> abort() {
    takeNoWork("the transaction is rolled back");
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
    if (!isHeld()) {
      return resource.abort(id);
    }
    return finish(false, () -> resource.abort(id));
  }

  private CompletableFuture<Finish> finish(
      boolean commits, Supplier<CompletableFuture<Finish>> elsewhere) {
    return resource
        .<@Nullable Finish>later(() -> {
          try {
            Finish finish = finishHeld(commits);
            become(Stage.ENDED);
            release();
            return finish;
          } catch (SQLException e) { // what became of it, another session finds out
            lose();
            return null;
          }
        })
        .thenCompose(
            known -> known == null ? elsewhere.get() : CompletableFuture.completedFuture(known));
  }

  /** Undoes what isn't prepared. Without its session a database does so by itself. */
  private void rollBack() throws SQLException {
    if (isHeld()) {
      try {
        rollBackHeld();
        release();
      } catch (SQLException e) {
        lose();
        if (isHeld()) { // somebody else's session, which is told again
          throw e;
        }
      }
    }
    become(Stage.ENDED);
  }

  @Override
  public final void leave() {
    takeNoWork("the transaction is over");
    if (isHeld()) {
      resource.executor().execute(this::lose);
    }
  }

  // ---- its session -----------------------------------------------------------------------------

  private void release() {
    synchronized (this) {
      if (!held) {
        return;
      }
      held = false;
    }
    try {
      giveBack();
    } catch (SQLException | RuntimeException e) {
      var unused = discard();
    }
  }

  private void lose() {
    if (isHeld() && discard()) {
      synchronized (this) {
        held = false;
      }
    }
  }
}
