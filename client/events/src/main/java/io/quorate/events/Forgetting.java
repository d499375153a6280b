package io.quorate.events;

import io.quorate.base.Bytes;
import io.quorate.client.Compare;
import io.quorate.client.Delete;
import io.quorate.client.DeleteResponse;
import io.quorate.client.KeyValue;
import io.quorate.client.Keys;
import io.quorate.client.QuorateClient;
import io.quorate.client.Range;
import io.quorate.client.Txn;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Drops what is kept of appends that named no version and were done before a position. Those that
 * follow each other go in one step, which takes effect only if no younger one has come between.
 */
final class Forgetting {
  private static final int PAGE = 1_000;

  private final QuorateClient client;
  private final Bytes end;
  private final long before;
  private long dropped;

  /** Keys that go together. */
  private record Run(Bytes first, Bytes behind) {}

  /**
   * @param before the first revision whose appends aren't forgotten
   */
  private Forgetting(EventStore store, long before) {
    this.before = before;
    client = store.client();
    end = Keys.prefixEnd(store.layout().done());
  }

  static CompletableFuture<Long> begin(EventStore store, Position before) {
    boolean isBehindAll = before.equals(Position.after(before.revision()));
    long first = before.revision() + (isBehindAll ? 1 : 0);
    return new Forgetting(store, first).from(store.layout().done());
  }

  private CompletableFuture<Long> from(Bytes from) {
    return client
        .kv()
        .rangeAsync(Range.between(from, end).limit(PAGE).withoutCount().withKeysOnly())
        .thenCompose(response -> {
          List<KeyValue> kvs = response.kvs();
          CompletableFuture<Void> all = CompletableFuture.completedFuture(null);
          for (Run run : runs(kvs)) {
            all = all.thenCompose(unused -> drop(run));
          }
          return all.thenCompose(unused ->
              response.more()
                  ? from(Keys.after(kvs.get(kvs.size() - 1).key()))
                  : CompletableFuture.completedFuture(dropped));
        });
  }

  private List<Run> runs(List<KeyValue> kvs) {
    List<Run> runs = new ArrayList<>();
    int first = 0;
    for (int i = 0; i <= kvs.size(); i++) {
      boolean goesOn = i < kvs.size() && kvs.get(i).createRevision() < before;
      if (!goesOn) {
        if (i > first) {
          Bytes last = kvs.get(i - 1).key();
          runs.add(new Run(kvs.get(first).key(), Keys.after(last)));
        }
        first = i + 1;
      }
    }
    return runs;
  }

  /** If a younger one has come between, they stay until the next time. */
  private CompletableFuture<Void> drop(Run run) {
    return client
        .kv()
        .txnAsync(
            Txn.when(Compare.createRevision(run.first()).lessThan(before).upTo(run.behind()))
                .then(Delete.between(run.first(), run.behind())))
        .thenAccept(response -> {
          if (response.succeeded()) { // others may do the same at the same time
            dropped += ((DeleteResponse) response.responses().get(0)).deleted();
          }
        });
  }
}
