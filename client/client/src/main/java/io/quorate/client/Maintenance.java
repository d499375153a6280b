package io.quorate.client;

import io.quorate.base.Bytes;
import java.util.concurrent.CompletableFuture;

/** How a member is: what etcd's Maintenance service does. Best over a channel to one member. */
public final class Maintenance {
  private static final Rpc<StatusResponse> STATUS =
      new Rpc<>("etcdserverpb.Maintenance/Status", Decode::statusResponse);

  private final Calls calls;

  Maintenance(Calls calls) {
    this.calls = calls;
  }

  /** The state of the member that the channel leads to. */
  public CompletableFuture<StatusResponse> statusAsync() {
    return calls.read(STATUS, Bytes.EMPTY);
  }

  /** The state of the member that the channel leads to; waits for it. */
  public StatusResponse status() {
    return calls.await(statusAsync());
  }
}
