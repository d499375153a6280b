package io.quorate.xa.jdbc;

import io.quorate.xa.branch.BranchId;
import io.quorate.xa.branch.Finish;
import io.quorate.xa.branch.Resource;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import javax.transaction.xa.XAResource;

/**
 * A resource, by way of an XA resource that somebody else has opened: its branches begin there.
 *
 * @param resource who recovers what it leaves
 */
record EnlistedXa(XaResource resource, XAResource xa) implements Resource<XaBranch> {
  @Override
  public String name() {
    return resource.name();
  }

  @Override
  public XaBranch begin(BranchId id) throws SQLException {
    return begin(id, Duration.ZERO);
  }

  @Override
  public XaBranch begin(BranchId id, Duration within) throws SQLException {
    XaCalls.start(xa, id, within);
    return new XaBranch(resource, id, xa);
  }

  @Override
  public CompletableFuture<String> check() {
    return resource.check();
  }

  @Override
  public CompletableFuture<List<BranchId>> prepared(long domain) {
    return resource.prepared(domain);
  }

  @Override
  public CompletableFuture<Finish> commit(BranchId id, String evidence) {
    return resource.commit(id, evidence);
  }

  @Override
  public CompletableFuture<Finish> abort(BranchId id) {
    return resource.abort(id);
  }
}
