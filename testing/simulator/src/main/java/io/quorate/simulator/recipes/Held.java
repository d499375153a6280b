package io.quorate.simulator.recipes;

import io.quorate.client.Txn;
import io.quorate.client.TxnResponse;
import io.quorate.recipes.FencingToken;
import io.quorate.recipes.LeaderHandle;
import io.quorate.recipes.LockHandle;
import io.quorate.recipes.Released;
import java.util.concurrent.CompletableFuture;

/** What somebody has got of a recipe, as far as all recipes have it in common. */
interface Held {
  FencingToken token();

  /** Whether it takes itself for the owner at this moment. */
  boolean isHeld();

  CompletableFuture<TxnResponse> guarded(Txn txn);

  CompletableFuture<Released> release();

  static Held of(LockHandle handle) {
    return new Held() {
      @Override
      public FencingToken token() {
        return handle.token();
      }

      @Override
      public boolean isHeld() {
        return handle.isHeld();
      }

      @Override
      public CompletableFuture<TxnResponse> guarded(Txn txn) {
        return handle.guardedAsync(txn);
      }

      @Override
      public CompletableFuture<Released> release() {
        return handle.releaseAsync();
      }
    };
  }

  static Held of(LeaderHandle handle) {
    return new Held() {
      @Override
      public FencingToken token() {
        return handle.token();
      }

      @Override
      public boolean isHeld() {
        return handle.isLeader();
      }

      @Override
      public CompletableFuture<TxnResponse> guarded(Txn txn) {
        return handle.guardedAsync(txn);
      }

      @Override
      public CompletableFuture<Released> release() {
        return handle.resignAsync();
      }
    };
  }
}
