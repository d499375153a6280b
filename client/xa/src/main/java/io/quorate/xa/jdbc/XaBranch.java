package io.quorate.xa.jdbc;

import io.quorate.xa.branch.Ballot;
import io.quorate.xa.branch.BranchId;
import io.quorate.xa.branch.Finish;
import io.quorate.xa.branch.OnePhase;
import java.sql.SQLException;
import javax.transaction.xa.XAResource;

/**
 * A branch on an XA resource that its user has opened, and closes: work goes through whatever
 * connection that belongs to.
 */
public final class XaBranch extends HeldBranch {
  private final XAResource xa;
  private boolean associated = true; // guarded by this

  XaBranch(XaResource resource, BranchId id, XAResource xa) {
    super(resource, id);
    this.xa = xa;
  }

  /** Its work goes on, after it was {@linkplain #end ended}. Nothing happens if it wasn't. */
  public void join() throws SQLException {
    synchronized (this) {
      if (associated) {
        return;
      }
      associated = true;
    }
    XaCalls.start(xa, id(), XAResource.TMJOIN);
  }

  /**
   * Its work is done, and its connection may be used for something else where the driver bears it.
   *
   * @param failed whether it can only be rolled back
   */
  public void end(boolean failed) throws SQLException {
    synchronized (this) {
      if (!associated) {
        return;
      }
      associated = false;
    }
    XaCalls.end(xa, id(), failed ? XAResource.TMFAIL : XAResource.TMSUCCESS);
  }

  @Override
  Ballot prepareHeld() throws SQLException {
    end(false);
    return XaCalls.prepare(xa, id());
  }

  @Override
  void commitHeldOnePhase() throws SQLException {
    end(false);
    XaCalls.commitOnePhase(xa, id());
  }

  @Override
  OnePhase outcomeOf(String knownEvidence, SQLException why) {
    return XaResource.lost(why);
  }

  @Override
  Finish finishHeld(boolean commits) throws SQLException {
    return XaCalls.finish(xa, id(), commits);
  }

  @Override
  void rollBackHeld() throws SQLException {
    boolean working;
    synchronized (this) {
      working = associated;
      associated = false;
    }
    XaCalls.rollBack(xa, id(), working);
  }

  @Override
  public void forget() {
    resource().forget(id());
  }

  /** Its user's connection goes on: what is done there is up to its driver. */
  @Override
  void takeNoWork(String reason) {}

  @Override
  public boolean endsWork() {
    return false;
  }

  @Override
  void giveBack() {}

  @Override
  boolean discard() {
    return false;
  }
}
