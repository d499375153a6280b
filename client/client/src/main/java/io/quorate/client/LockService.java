package io.quorate.client;

import io.quorate.base.Bytes;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/**
 * Locks kept by the members: etcd's Lock service. The key in the answer exists as long as the lock
 * is held.
 */
public final class LockService {
  static final Rpc<LockResponse> LOCK = new Rpc<>("v3lockpb.Lock/Lock", Decode::lock);
  static final Rpc<Done> UNLOCK = new Rpc<>("v3lockpb.Lock/Unlock", Decode::done);

  private final Calls calls;

  LockService(Calls calls) {
    this.calls = calls;
  }

  /**
   * Waits until the lock of this name is held under this lease.
   *
   * @param lease whose end releases the lock; 0 lets the member keep one of its own, until {@link
   *     #unlock}
   * @param timeout how long to wait at most; giving up removes the claim
   */
  public CompletableFuture<LockResponse> lockAsync(Bytes name, long lease, Duration timeout) {
    return calls.waiting(LOCK, Encode.lock(name, lease), lease != 0, timeout);
  }

  /** Waits until the lock of this name is held under this lease. */
  public LockResponse lock(Bytes name, long lease, Duration timeout) {
    return calls.await(lockAsync(name, lease, timeout));
  }

  /** Releases the lock that is held by this key. */
  public CompletableFuture<Done> unlockAsync(Bytes key) {
    return calls.write(UNLOCK, Encode.bytes(key));
  }

  /** Releases the lock that is held by this key; waits for it. */
  public Done unlock(Bytes key) {
    return calls.await(unlockAsync(key));
  }
}
