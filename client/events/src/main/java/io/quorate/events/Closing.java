package io.quorate.events;

import io.quorate.client.Compare;
import io.quorate.client.Delete;
import io.quorate.client.KeyValue;
import io.quorate.client.Op;
import io.quorate.client.Put;
import io.quorate.client.Range;
import io.quorate.client.Txn;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

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

  /** Takes effect only if the stream has nothing but the end that was left of it. */
  private static CompletableFuture<Boolean> closeAt(EventStore store, String stream, long end) {
    Layout layout = store.layout();
    return store
        .client()
        .kv()
        .rangeAsync(Range.key(layout.commit(stream, end)))
        .thenCompose(response -> {
          KeyValue stub = response.first().orElse(null);
          if (end > 0 && (stub == null || !Commit.of(stub).events().isEmpty())) {
            return close(store, stream); // somebody has appended meanwhile
          }
          Txn txn = closing(store, stream, end, stub);
          return store
              .client()
              .kv()
              .txnAsync(txn)
              .thenCompose(closed ->
                  closed.succeeded()
                      ? CompletableFuture.completedFuture(true)
                      : close(store, stream)); // somebody has appended, or closed it
        });
  }

  private static Txn closing(EventStore store, String stream, long end, @Nullable KeyValue stub) {
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
    if (stub != null) {
      compares.add(Compare.modRevision(stub.key()).is(stub.modRevision()));
      ops.add(Delete.key(stub.key()));
      ops.add(Delete.key(layout.begun(stream)));
      ops.add(Delete.key(layout.snapshot(stream)));
    }
    ops.add(Put.of(layout.commit(stream, Layout.VERSION_MAX), closing.encode()));
    return new Txn(compares, ops, List.of());
  }

  /** Always the same: to close a stream twice is to close it once. */
  private static UUID id(String stream, long end) {
    return UUID.nameUUIDFromBytes((stream + Layout.END + end).getBytes(StandardCharsets.UTF_8));
  }
}
