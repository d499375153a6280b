package io.quorate.kv;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A request that looks at the store to decide what it does: a step of the state machine like any
 * other, for those who build on the store and know better than a transaction's conditions can say.
 *
 * <p>Same store, same request: same outcome, on every member. It never throws for what a client
 * sent.
 */
public non-sealed interface ComputedRequest extends KvRequest {
  /** Why it can't be carried out whatever the store holds, or null; see {@link KvValidator}. */
  @Nullable KvError invalid(int maxTxnOps);

  /**
   * All that it may read, as ranges, and write, as puts and deletions: who may do that, may this.
   */
  List<KvOp> touches();

  /** How many bytes it may add to the state, roughly; see {@link KvStore#growth}. */
  long growth();

  /** Decides, and does it. */
  KvResult carryOut(KvStep step);
}
