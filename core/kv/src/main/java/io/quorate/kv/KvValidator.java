package io.quorate.kv;

import org.jspecify.annotations.Nullable;

/**
 * What can be refused without looking at the store, before a request is proposed: as etcd does it,
 * in etcd's order, recursively and in both branches of a transaction.
 *
 * <p>Stateless; safe from any thread.
 */
@SuppressWarnings("DoNotCallSuggester")
public final class KvValidator {
  private KvValidator() {}

  /**
   * Checks a request.
   *
   * @param request what a client asks
   * @param maxTxnOps most operations in one list of a transaction
   * @return why it can't be carried out whatever the store holds, or null if it may
   */
  public static @Nullable KvError validate(KvRequest request, int maxTxnOps) {
    throw new UnsupportedOperationException();
  }
}
