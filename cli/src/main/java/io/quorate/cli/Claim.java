package io.quorate.cli;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.client.Compare;
import io.quorate.client.Event;
import io.quorate.client.Header;
import io.quorate.client.KeyValue;
import io.quorate.client.LeaseKeeper;
import io.quorate.client.LeaseListener;
import io.quorate.client.Put;
import io.quorate.client.QuorateClient;
import io.quorate.client.Range;
import io.quorate.client.RangeResponse;
import io.quorate.client.Txn;
import io.quorate.client.TxnResponse;
import io.quorate.client.WatchEnd;
import io.quorate.client.WatchListener;
import io.quorate.client.WatchRequest;
import io.quorate.client.WatchResponse;
import io.quorate.client.Watcher;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * A place in the queue for a name: a key {@code name/lease}, of which the oldest under {@code
 * name/} has the turn. The layout is that of etcd's Go client, so whoever else uses it queues up
 * too.
 *
 * <p>Waits end with {@code over}, which completes with why: an interruption, or a lost lease.
 */
final class Claim implements AutoCloseable {
  private final QuorateClient client;
  private final Bytes prefix;
  private final long lease;
  private final Bytes key;
  private final LeaseKeeper keeper;
  private final CompletableFuture<String> over = new CompletableFuture<>();
  private long createRevision;
  private Header header = Header.NONE;

  Claim(QuorateClient client, String name, long ttlSeconds) {
    this.client = client;
    lease = client.lease().grant(ttlSeconds).id();
    prefix = Session.bytes(name + "/");
    key = Session.bytes(name + "/" + Long.toHexString(lease));
    keeper =
        client
            .lease()
            .keepAlive(
                lease,
                new LeaseListener() {
                  @Override
                  public void lost(ErrorCode code, String reason) {
                    over.complete("session expired");
                  }
                });
  }

  /** Completes when there is nothing to hold or to wait for any more, with why. */
  CompletableFuture<String> over() {
    return over;
  }

  Bytes key() {
    return key;
  }

  /** Of the answer that gave the turn. */
  Header header() {
    return header;
  }

  /** Queues up under a value, and waits for the turn. */
  void await(Bytes value) {
    TxnResponse queued =
        client
            .kv()
            .txn(
                Txn.when(Compare.createRevision(key).is(0))
                    .then(new Put(key, value, lease, false, false, false), oldest())
                    .otherwise(Range.key(key), oldest()));
    header = queued.header();
    createRevision = header.revision();
    if (!queued.succeeded()) {
      KeyValue mine = ((RangeResponse) queued.responses().get(0)).first().orElseThrow();
      createRevision = mine.createRevision();
    }
    Optional<KeyValue> first = ((RangeResponse) queued.responses().get(1)).first();
    if (first.isEmpty() || first.get().createRevision() == createRevision) {
      return;
    }
    while (true) {
      RangeResponse before =
          client
              .kv()
              .range(
                  Range.prefix(prefix)
                      .createRevisions(0, createRevision - 1)
                      .sort(Range.Target.CREATE, Range.Order.DESCEND)
                      .limit(1));
      Optional<KeyValue> next = before.first();
      if (next.isEmpty()) {
        break;
      }
      awaitDeletion(next.get().key(), before.header().revision() + 1);
    }
    RangeResponse mine = client.kv().range(Range.key(key));
    if (mine.first().isEmpty()) {
      throw new Failure(ExitCodes.FAILED, "session expired");
    }
    header = mine.header();
  }

  /** What there is under the own key now. */
  RangeResponse present() {
    return client.kv().range(Range.key(key));
  }

  /** Gives the place up, and all that goes with its lease. */
  @Override
  public void close() {
    keeper.close();
    try {
      var _ = client.lease().revoke(lease);
    } catch (QuorateException _) {
      return; // it is lost already, or will be when its time is over
    }
  }

  private Range oldest() {
    return Range.prefix(prefix).sort(Range.Target.CREATE, Range.Order.ASCEND).limit(1);
  }

  private void awaitDeletion(Bytes of, long fromRevision) {
    CompletableFuture<String> gone = new CompletableFuture<>();
    WatchListener listener =
        new WatchListener() {
          @Override
          public void events(WatchResponse response) {
            if (response.events().stream().anyMatch(e -> e.kind() == Event.Kind.DELETE)) {
              gone.complete("");
            }
          }

          @Override
          public void ended(WatchEnd end) {
            // A gap hides what happened in it: look again.
            gone.complete(end.code() == ErrorCode.REVISION_COMPACTED ? "" : end.reason());
          }
        };
    try (Watcher _ = client.watch().start(WatchRequest.key(of).from(fromRevision), listener)) {
      String why =
          (String)
              CompletableFuture.anyOf(List.of(gone, over).toArray(CompletableFuture[]::new)).join();
      if (!why.isEmpty()) {
        throw new Failure(ExitCodes.FAILED, why);
      }
    }
  }
}
