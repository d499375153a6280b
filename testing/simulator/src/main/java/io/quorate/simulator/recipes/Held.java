package io.quorate.simulator.recipes;

import io.quorate.client.Txn;
import io.quorate.client.TxnResponse;
import io.quorate.recipes.FencingToken;
import io.quorate.recipes.LeaderHandle;
import io.quorate.recipes.LockHandle;
import io.quorate.recipes.Released;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * What somebody has got of a recipe, as far as all recipes have it in common.
 *
 * @param believes whether it takes itself for the owner at this moment
 */
record Held(
    FencingToken token,
    BooleanSupplier believes,
    Function<Txn, CompletableFuture<TxnResponse>> guarding,
    Supplier<CompletableFuture<Released>> releasing) {
  static Held of(LockHandle handle) {
    return new Held(handle.token(), handle::isHeld, handle::guardedAsync, handle::releaseAsync);
  }

  static Held of(LeaderHandle handle) {
    return new Held(handle.token(), handle::isLeader, handle::guardedAsync, handle::resignAsync);
  }

  boolean isHeld() {
    return believes.getAsBoolean();
  }

  CompletableFuture<TxnResponse> guarded(Txn txn) {
    return guarding.apply(txn);
  }

  CompletableFuture<Released> release() {
    return releasing.get();
  }
}
