package io.quorate.events;

import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.client.Compare;
import io.quorate.client.Delete;
import io.quorate.client.KeyValue;
import io.quorate.client.Kv;
import io.quorate.client.Put;
import io.quorate.client.Range;
import io.quorate.client.RangeResponse;
import io.quorate.client.Txn;
import io.quorate.client.TxnResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

/**
 * Closes streams for good: a key at the very last version there can be, behind which nothing is
 * ever appended, since every append asks that no key is behind the version that it goes on from.
 *
 * <p>That key is put first, whatever the stream has by then: so it doesn't matter how fast others
 * append, and nothing is dropped of a stream that isn't closed. Where the stream ended is known
 * only then; the key says it, and is put right if it says less. Events are dropped last. Each step
 * may be done twice, and by several at once: who closes the stream again goes on where another one
 * stopped.
 */
final class Closing {
  private static final int LOOK_MAX = 1_000;

  private final EventStore store;
  private final Kv kv;
  private final Layout layout;
  private final String stream;

  private Closing(EventStore store, String stream) {
    this.store = store;
    this.stream = stream;
    kv = store.client().kv();
    layout = store.layout();
  }

  static CompletableFuture<Boolean> close(EventStore store, String stream) {
    Closing closing = new Closing(store, stream);
    return EndSearch.find(store, stream)
        .thenCompose(end ->
            closing
                .shut(end)
                .thenCompose(wasOpen ->
                    closing
                        .settle(end.version())
                        .thenCompose(settled -> closing.drop())
                        .thenApply(dropped -> wasOpen)));
  }

  /** From here on nothing is appended; completes with whether that is new. */
  private CompletableFuture<Boolean> shut(StreamEnd end) {
    if (end.closed()) {
      return CompletableFuture.completedFuture(false);
    }
    Txn txn =
        Txn.when(Compare.absent(layout.commit(stream, Layout.VERSION_MAX)))
            .then(closing(end.version()), Delete.key(layout.begun(stream)));
    return kv.txnAsync(txn).thenApply(TxnResponse::succeeded);
  }

  /**
   * Sees to it that the key says where the stream ended, while what tells it is still there.
   *
   * @param reached a version that the stream had
   */
  private CompletableFuture<Void> settle(long reached) {
    Range closed = Range.key(layout.commit(stream, Layout.VERSION_MAX));
    Range behind =
        Range.between(layout.commit(stream, reached + 1), layout.commit(stream, Layout.VERSION_MAX))
            .limit(LOOK_MAX)
            .withoutCount()
            .withKeysOnly();
    return kv.txnAsync(Txn.always(closed, behind))
        .thenCompose(response -> {
          KeyValue key =
              ((RangeResponse) response.responses().get(0)).first().orElseThrow(this::isOpen);
          RangeResponse more = (RangeResponse) response.responses().get(1);
          List<KeyValue> kvs = more.kvs();
          long end = kvs.isEmpty() ? reached : Layout.versionOf(kvs.get(kvs.size() - 1).key());
          if (more.more()) {
            return settle(end);
          }
          if (Commit.of(key).firstVersion() > end) {
            return CompletableFuture.completedFuture(null);
          }
          Txn txn =
              Txn.when(Compare.modRevision(key.key()).is(key.modRevision())).then(closing(end));
          return kv.txnAsync(txn)
              .thenCompose(put ->
                  put.succeeded()
                      ? CompletableFuture.completedFuture(null)
                      : settle(end)); // somebody else who closes it was faster
        });
  }

  private QuorateException isOpen() {
    return QuorateException.of(
        ErrorCode.STATE_MOVED,
        stream + " was closed and is open: the store was put back to an earlier state; repeat it");
  }

  /** Snapshots can be kept as long as there are events. */
  private CompletableFuture<TxnResponse> drop() {
    return store
        .truncateAsync(stream, Layout.VERSION_MAX)
        .thenCompose(dropped -> kv.txnAsync(Txn.always(Delete.key(layout.snapshot(stream)))));
  }

  private Put closing(long end) {
    Commit closing =
        new Commit(id(), end + 1, 0, store.client().timer().wallMillis(), "", "", List.of(), true);
    return Put.of(layout.commit(stream, Layout.VERSION_MAX), closing.encode());
  }

  /** Always the same: to close a stream twice is to close it once. */
  private UUID id() {
    return UUID.nameUUIDFromBytes((stream + Layout.END).getBytes(StandardCharsets.UTF_8));
  }
}
