package io.quorate.client;

import io.quorate.base.Bytes;
import io.quorate.client.LeaseTimes.Life;
import io.quorate.client.LeaseTimes.Moment;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/** Leases: what etcd's Lease service does. Keys that go with a lease are deleted when it ends. */
public final class Lease {
  static final Rpc<LeaseGrantResponse> GRANT =
      new Rpc<>("etcdserverpb.Lease/LeaseGrant", Decode::leaseGrant);
  static final Rpc<Done> REVOKE = new Rpc<>("etcdserverpb.Lease/LeaseRevoke", Decode::done);
  static final Rpc<LeaseKeepAliveResponse> KEEP_ALIVE =
      new Rpc<>("etcdserverpb.Lease/LeaseKeepAlive", Decode::leaseKeepAlive);
  static final Rpc<LeaseTimeToLiveResponse> TIME_TO_LIVE =
      new Rpc<>("etcdserverpb.Lease/LeaseTimeToLive", Decode::leaseTimeToLive);
  static final Rpc<LeaseLeasesResponse> LEASES =
      new Rpc<>("etcdserverpb.Lease/LeaseLeases", Decode::leaseLeases);

  private final Calls calls;
  private final LeaseTimes times = new LeaseTimes();

  Lease(Calls calls) {
    this.calls = calls;
  }

  /** Begins a lease, under an id that the member draws. It lives at least as long as asked for. */
  public CompletableFuture<LeaseGrantResponse> grantAsync(long ttlSeconds) {
    return grantAsync(ttlSeconds, 0);
  }

  /**
   * Begins a lease, under an id that the member draws. It lives at least as long as asked for;
   * waits for it.
   */
  public LeaseGrantResponse grant(long ttlSeconds) {
    return calls.await(grantAsync(ttlSeconds));
  }

  /** Begins a lease under an id of one's own; 0 lets the member draw one. */
  public CompletableFuture<LeaseGrantResponse> grantAsync(long ttlSeconds, long id) {
    Moment asked = Moment.now(calls.timer());
    return calls.write(
        noting(GRANT, granted -> times.put(granted.id(), Life.of(granted.ttlSeconds(), asked))),
        Encode.leaseGrant(ttlSeconds, id));
  }

  /** Begins a lease under an id of one's own; 0 lets the member draw one; waits for it. */
  public LeaseGrantResponse grant(long ttlSeconds, long id) {
    return calls.await(grantAsync(ttlSeconds, id));
  }

  /** Ends a lease, and deletes all keys that go with it. */
  public CompletableFuture<Done> revokeAsync(long id) {
    times.remove(id);
    return calls.write(REVOKE, Encode.id(id));
  }

  /** Ends a lease, and deletes all keys that go with it; waits for it. */
  public Done revoke(long id) {
    return calls.await(revokeAsync(id));
  }

  /** Renews a lease once. An answer with a TTL of 0 says that there is no such lease any more. */
  public CompletableFuture<LeaseKeepAliveResponse> keepAliveOnceAsync(long id) {
    Moment asked = Moment.now(calls.timer());
    return calls.read(
        noting(
            KEEP_ALIVE,
            kept -> {
              if (kept.ttlSeconds() > 0) {
                times.put(id, Life.of(kept.ttlSeconds(), asked));
              } else {
                times.remove(id);
              }
            }),
        Encode.id(id));
  }

  /**
   * Renews a lease once. An answer with a TTL of 0 says that there is no such lease any more; waits
   * for it.
   */
  public LeaseKeepAliveResponse keepAliveOnce(long id) {
    return calls.await(keepAliveOnceAsync(id));
  }

  /** How long a lease has left, with its keys if asked for. A TTL of -1 says that there is none. */
  public CompletableFuture<LeaseTimeToLiveResponse> timeToLiveAsync(long id, boolean keys) {
    return calls.read(TIME_TO_LIVE, Encode.leaseTimeToLive(id, keys));
  }

  /**
   * How long a lease has left, with its keys if asked for. A TTL of -1 says that there is none;
   * waits for it.
   */
  public LeaseTimeToLiveResponse timeToLive(long id, boolean keys) {
    return calls.await(timeToLiveAsync(id, keys));
  }

  /** All leases. */
  public CompletableFuture<LeaseLeasesResponse> leasesAsync() {
    return calls.read(LEASES, Bytes.EMPTY);
  }

  /** All leases; waits for it. */
  public LeaseLeasesResponse leases() {
    return calls.await(leasesAsync());
  }

  /**
   * Renews a lease, three times in its life, until it is closed or the lease is lost. The listener
   * runs on the channel's thread and must not block.
   *
   * <p>How long it tries is the lease's time, counted from when its grant or last renewal by this
   * client was asked for. Of a lease that this client doesn't know yet, the first renewal must be
   * answered within the {@link ClientOptions#timeout}.
   */
  public LeaseKeeper keepAlive(long id, LeaseListener listener) {
    return keepAlive(id, listener, Runnable::run);
  }

  /**
   * Renews a lease, as above.
   *
   * @param executor runs the listener, which may block there
   */
  public LeaseKeeper keepAlive(long id, LeaseListener listener, Executor executor) {
    LeaseKeeper keeper = new LeaseKeeper(calls, times, id, listener, executor);
    keeper.begin();
    return keeper;
  }

  /** What this client knows of a lease's life. */
  LeaseTimes times() {
    return times;
  }

  /** Takes note of the answer before anybody else is told of it. */
  private static <T> Rpc<T> noting(Rpc<T> rpc, Consumer<T> note) {
    return new Rpc<>(
        rpc.method(),
        message -> {
          T response = rpc.decode().apply(message);
          note.accept(response);
          return response;
        });
  }
}
