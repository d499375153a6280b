package io.quorate.recipes;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.client.Listening;
import io.quorate.client.Op;
import io.quorate.client.Put;
import io.quorate.client.Txn;
import io.quorate.client.TxnResponse;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/**
 * A leadership that was won, until it is resigned or lost. Any thread may use it. What is done in
 * it is made safe as under a lock: see {@link LockHandle}.
 */
public final class LeaderHandle implements AutoCloseable {
  private final LockHandle held;

  LeaderHandle(LockHandle held) {
    this.held = held;
  }

  /** The same, as what is held: for what takes that of a lock. */
  public LockHandle asLock() {
    return held;
  }

  /** Rises with each leader of this election. */
  public FencingToken token() {
    return held.token();
  }

  /** Whether it surely leads at this moment. */
  public boolean isLeader() {
    return held.isHeld();
  }

  /** How long it surely leads still, if nobody deletes its key; zero if it may not. */
  public Duration remaining() {
    return held.remaining();
  }

  /**
   * Fails unless it surely leads at this moment.
   *
   * @throws QuorateException.Conflict with {@link ErrorCode#OWNERSHIP_LOST}
   */
  public void requireLeader() {
    held.requireHeld();
  }

  /**
   * Carries out operations if it still leads, in one step: see {@link LockHandle#guarded(Op...)}.
   */
  public TxnResponse guarded(Op... operations) {
    return held.guarded(operations);
  }

  /** Carries out a transaction if it still leads, in one step. */
  public CompletableFuture<TxnResponse> guardedAsync(Txn txn) {
    return held.guardedAsync(txn);
  }

  /**
   * Says something else to those who observe, if it still leads.
   *
   * @throws QuorateException.Conflict with {@link ErrorCode#OWNERSHIP_LOST} if it doesn't
   */
  public void proclaim(String value) {
    var unused =
        held.guarded(Put.of(held.place().key(), Bytes.utf8(value)).lease(held.session().lease()));
  }

  /** Tells what becomes of it: see {@link LockHandle#onEvent(Consumer, Executor)}. */
  public Listening onEvent(Consumer<? super OwnershipEvent> listener, Executor executor) {
    return held.onEvent(listener, executor);
  }

  /** Tells what becomes of it, on the common pool. */
  public Listening onEvent(Consumer<? super OwnershipEvent> listener) {
    return held.onEvent(listener);
  }

  /**
   * Gives it back.
   *
   * @return whether it led until then
   */
  public CompletableFuture<Released> resignAsync() {
    return held.releaseAsync();
  }

  /** Gives it back, and waits for that. */
  public Released resign() {
    return held.release();
  }

  /** Resigns if it leads. Idempotent. */
  @Override
  public void close() {
    held.close();
  }
}
