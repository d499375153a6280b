package io.quorate.xa.tcc;

import io.quorate.base.Bytes;
import io.quorate.xa.branch.BranchId;
import io.quorate.xa.branch.Finish;
import java.util.List;

/** What a service is asked for, whatever carries it: each order through the barrier, once. */
final class TccOrders {
  private final TccBarrier barrier;
  private final TccService service;

  TccOrders(TccBarrier barrier, TccService service) {
    this.barrier = barrier;
    this.service = service;
  }

  Bytes attempt(BranchId id, Bytes payload) throws Exception {
    return barrier.tryOnce(id, connection -> service.attempt(connection, id, payload));
  }

  Finish confirm(BranchId id, boolean alone) throws Exception {
    return barrier.confirmOnce(id, alone, connection -> service.confirm(connection, id));
  }

  Finish cancel(BranchId id) throws Exception {
    return barrier.cancelOnce(id, connection -> service.cancel(connection, id));
  }

  List<BranchId> prepared(long domain) throws Exception {
    return barrier.prepared(domain);
  }

  String identity() throws Exception {
    return barrier.identity();
  }
}
