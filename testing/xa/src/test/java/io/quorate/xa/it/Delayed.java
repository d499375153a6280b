package io.quorate.xa.it;

import io.quorate.xa.branch.Ballot;
import io.quorate.xa.branch.BranchId;
import io.quorate.xa.branch.ConnectionBranch;
import io.quorate.xa.branch.Finish;
import io.quorate.xa.branch.OnePhase;
import java.sql.Connection;
import java.util.concurrent.CompletableFuture;

/** A branch that votes only once something has happened. */
record Delayed(ConnectionBranch branch, CompletableFuture<Void> until) implements ConnectionBranch {
  @Override
  public Connection connection() {
    return branch.connection();
  }

  @Override
  public BranchId id() {
    return branch.id();
  }

  @Override
  public CompletableFuture<Ballot> prepare() {
    return until.thenCompose(_ -> branch.prepare());
  }

  @Override
  public CompletableFuture<OnePhase> commitOnePhase() {
    return branch.commitOnePhase();
  }

  @Override
  public CompletableFuture<Finish> commit() {
    return branch.commit();
  }

  @Override
  public CompletableFuture<Finish> abort() {
    return branch.abort();
  }

  @Override
  public void doom(String reason) {
    branch.doom(reason);
  }
}
