package io.quorate.events;

import io.quorate.client.Compare;
import io.quorate.client.Delete;
import io.quorate.client.Op;
import io.quorate.client.Put;
import io.quorate.client.Txn;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

/**
 * Closes streams for good: a key at the very last version there can be, behind which nothing is
 * ever appended, since every append asks that no key is behind the version that it goes on from.
 */
final class Closing {
  private Closing() {}

  static CompletableFuture<Boolean> close(EventStore store, String stream) {
    return store
        .truncateAsync(stream, Layout.VERSION_MAX)
        .thenCompose(dropped -> EndSearch.find(store, stream))
        .thenCompose(end ->
            end.closed()
                ? CompletableFuture.completedFuture(false)
                : closeAt(store, stream, end.version()));
  }

  private static CompletableFuture<Boolean> closeAt(EventStore store, String stream, long end) {
    Layout layout = store.layout();
    Commit closing =
        new Commit(
            id(stream, end),
            end + 1,
            0,
            store.client().timer().wallMillis(),
            "",
            "",
            List.of(),
            true);
    List<Compare> compares = new ArrayList<>();
    compares.add(Compare.absent(layout.commit(stream, end + 1)).upTo(layout.streamEnd(stream)));
    List<Op> ops = new ArrayList<>();
    if (end > 0) {
      compares.add(Compare.exists(layout.commit(stream, end)));
      ops.add(Delete.between(layout.stream(stream), layout.commit(stream, end + 1)));
      ops.add(Delete.key(layout.begun(stream)));
      ops.add(Delete.key(layout.snapshot(stream)));
    }
    ops.add(Put.of(layout.commit(stream, Layout.VERSION_MAX), closing.encode()));
    return store
        .client()
        .kv()
        .txnAsync(new Txn(compares, ops, List.of()))
        .thenCompose(response ->
            response.succeeded()
                ? CompletableFuture.completedFuture(true)
                : close(store, stream)); // somebody has appended, or closed it
  }

  /** Always the same: to close a stream twice is to close it once. */
  private static UUID id(String stream, long end) {
    return UUID.nameUUIDFromBytes((stream + Layout.END + end).getBytes(StandardCharsets.UTF_8));
  }
}
