package io.quorate.client;

import io.quorate.base.Bytes;
import io.quorate.base.QuorateException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;

/**
 * Keys and values: what etcd's KV service does.
 *
 * <p>The waiting forms throw {@link QuorateException}; the futures of the others complete with it.
 */
public final class Kv {
  private static final Rpc<PutResponse> PUT = new Rpc<>("etcdserverpb.KV/Put", Decode::putResponse);
  private static final Rpc<RangeResponse> RANGE =
      new Rpc<>("etcdserverpb.KV/Range", Decode::rangeResponse);
  private static final Rpc<DeleteResponse> DELETE =
      new Rpc<>("etcdserverpb.KV/DeleteRange", Decode::deleteResponse);
  private static final Rpc<TxnResponse> TXN = new Rpc<>("etcdserverpb.KV/Txn", Decode::txnResponse);
  private static final Rpc<CompactResponse> COMPACT =
      new Rpc<>("etcdserverpb.KV/Compact", Decode::compactResponse);

  private final Calls calls;
  private final Namespace namespace;

  Kv(Calls calls, Namespace namespace) {
    this.calls = calls;
    this.namespace = namespace;
  }

  /** What a call brings, as it is called here; cancelling it cancels the call. */
  private <T> CompletableFuture<T> out(CompletableFuture<T> call, UnaryOperator<T> renamed) {
    if (namespace.isWhole()) {
      return call;
    }
    CompletableFuture<T> named = call.thenApply(renamed);
    var unused =
        named.whenComplete((response, failure) -> {
          if (named.isCancelled()) {
            call.cancel(false);
          }
        });
    return named;
  }

  /** Writes a key. Sent again only where the first sending was surely not processed. */
  public CompletableFuture<PutResponse> putAsync(Put put) {
    return out(calls.write(PUT, Encode.put(namespace.into(put))), namespace::out);
  }

  /** Writes a key, and waits for it. */
  public PutResponse put(Put put) {
    return calls.await(putAsync(put));
  }

  /** Writes a text under a key, both as UTF-8, and waits for it. */
  public PutResponse put(String key, String value) {
    return put(Put.of(key, value));
  }

  /** Reads keys; tried again until the deadline. */
  public CompletableFuture<RangeResponse> rangeAsync(Range range) {
    return out(calls.read(RANGE, Encode.range(namespace.into(range))), namespace::out);
  }

  /** Reads keys, and waits for them. */
  public RangeResponse range(Range range) {
    return calls.await(rangeAsync(range));
  }

  /** Reads one key, and waits for it. */
  public Optional<KeyValue> get(Bytes key) {
    return range(Range.key(key)).first();
  }

  /** Reads one key, given as UTF-8, and waits for it. */
  public Optional<KeyValue> get(String key) {
    return get(Bytes.utf8(key));
  }

  /** Deletes keys. Sent again only where the first sending was surely not processed. */
  public CompletableFuture<DeleteResponse> deleteAsync(Delete delete) {
    return out(calls.write(DELETE, Encode.delete(namespace.into(delete))), namespace::out);
  }

  /** Deletes keys, and waits for it. */
  public DeleteResponse delete(Delete delete) {
    return calls.await(deleteAsync(delete));
  }

  /**
   * Carries out a transaction. One that only reads is tried again until the deadline; another only
   * where the first sending was surely not processed.
   */
  public CompletableFuture<TxnResponse> txnAsync(Txn txn) {
    Bytes request = Encode.txn(namespace.into(txn));
    return out(
        txn.readOnly() ? calls.read(TXN, request) : calls.write(TXN, request), namespace::out);
  }

  /** Carries out a transaction, and waits for it. */
  public TxnResponse txn(Txn txn) {
    return calls.await(txnAsync(txn));
  }

  /**
   * Drops all history below a revision; what is readable at that revision stays.
   *
   * @param physical whether to answer only when the space is really free
   */
  public CompletableFuture<CompactResponse> compactAsync(long revision, boolean physical) {
    return calls.write(COMPACT, Encode.compact(revision, physical));
  }

  /** Drops all history below a revision, and waits for it. */
  public CompactResponse compact(long revision, boolean physical) {
    return calls.await(compactAsync(revision, physical));
  }
}
