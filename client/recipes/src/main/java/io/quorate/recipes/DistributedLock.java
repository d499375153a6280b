package io.quorate.recipes;

import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * Something that is held by who acquires it, among all clients of a store, until it is released or
 * lost. Safe for use by many threads.
 */
public interface DistributedLock {
  /** Its name. */
  String name();

  /**
   * Waits for it, for as long as it takes.
   *
   * @throws QuorateException.Conflict with {@link ErrorCode#SESSION_LOST} if the session ends, or
   *     {@link ErrorCode#OWNERSHIP_LOST} if somebody deletes its place in the queue
   * @throws QuorateException.Unavailable with {@link ErrorCode#INTERRUPTED}; the place is given up
   */
  LockHandle acquire();

  /** Waits for it, for so long at most; then the place in the queue is given up. */
  Optional<LockHandle> tryAcquire(Duration atMost);

  /**
   * Waits for it, for so long at most.
   *
   * @throws QuorateException.Unavailable with {@link ErrorCode#LOCK_BUSY} if the time is over
   */
  default LockHandle acquire(Duration atMost) {
    return tryAcquire(atMost)
        .orElseThrow(() ->
            QuorateException.of(
                ErrorCode.LOCK_BUSY, "the lock " + name() + " was not free within " + atMost));
  }

  /** Waits for it; cancelling the future gives the place up. */
  CompletableFuture<LockHandle> acquireAsync();

  /**
   * Takes it if it is free at this moment: in one round trip, which writes nothing if it isn't. A
   * semaphore looks first. Where one look can't tell, since something else is kept below the name,
   * it queues, and leaves again. What this session is just giving back is not free.
   */
  Optional<LockHandle> tryAcquire();

  /** Takes it if it is free at this moment. */
  CompletableFuture<Optional<LockHandle>> tryAcquireAsync();
}
