package io.quorate.simulator.transactions;

import io.quorate.simulator.recipes.ClientProcess;
import io.quorate.txn.Decision;
import io.quorate.xa.branch.Ballot;
import io.quorate.xa.branch.Branch;
import io.quorate.xa.branch.BranchId;
import io.quorate.xa.branch.Finish;
import io.quorate.xa.branch.OnePhase;
import io.quorate.xa.branch.Resource;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** A simulated database as one process has it. */
final class SimulatedResource implements Resource<SimulatedResource.Account> {
  private final SimulatedDatabase database;
  private final ClientProcess process;

  SimulatedResource(SimulatedDatabase database, ClientProcess process) {
    this.database = database;
    this.process = process;
  }

  @Override
  public String name() {
    return database.name();
  }

  @Override
  public CompletableFuture<String> check() {
    return CompletableFuture.completedFuture("simulated " + database.name());
  }

  @Override
  public Account begin(BranchId id) {
    return new Account(database.begin(id, process));
  }

  @Override
  public CompletableFuture<List<BranchId>> prepared(long domain) {
    return database.order(process, null, () -> database.listed(domain));
  }

  @Override
  public CompletableFuture<Finish> commit(BranchId id, String evidence) {
    return database.order(process, null, () -> database.finish(process, id, Decision.COMMIT));
  }

  @Override
  public CompletableFuture<Finish> abort(BranchId id) {
    return database.order(process, null, () -> database.finish(process, id, Decision.ABORT));
  }

  /** A branch that changes accounts. */
  final class Account implements Branch {
    private final SimulatedDatabase.Work work;
    private final BranchId id;
    private boolean asked;

    /** Whether its session is gone as far as is known here: others finish what it has prepared. */
    private boolean broken;

    Account(SimulatedDatabase.Work work) {
      this.work = work;
      id = work.id();
    }

    void add(int account, long amount, String transfer) {
      database.add(work, account, amount, transfer);
    }

    @Override
    public BranchId id() {
      return id;
    }

    @Override
    public CompletableFuture<Ballot> prepare() {
      return database
          .order(process, work, () -> database.prepare(work))
          .thenApply(
              done -> done ? Ballot.yes("") : Ballot.no(new SimulatedDatabase.Refused("gone")))
          .whenComplete((ballot, failure) -> broken |= failure != null);
    }

    @Override
    public CompletableFuture<OnePhase> commitOnePhase() {
      if (asked) {
        return database
            .order(
                process,
                null,
                () -> {
                  database.end(work); // or it might be carried out yet
                  return database.hasCommitted(id);
                })
            .thenApply(Account::outcome);
      }
      asked = true;
      return database
          .order(process, work, () -> database.commitOnePhase(work))
          .thenApply(Account::outcome);
    }

    private static OnePhase outcome(boolean committed) {
      return committed
          ? OnePhase.committed()
          : OnePhase.aborted(new SimulatedDatabase.Refused("gone"));
    }

    @Override
    public CompletableFuture<Finish> commit() {
      return SimulatedResource.this.commit(id, "");
    }

    @Override
    public CompletableFuture<Finish> abort() {
      return broken
          ? SimulatedResource.this.abort(id)
          : database
              .order(process, work, () -> database.abort(work))
              .whenComplete((finish, failure) -> broken |= failure != null);
    }
  }
}
