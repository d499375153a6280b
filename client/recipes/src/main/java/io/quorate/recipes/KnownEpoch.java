package io.quorate.recipes;

import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.client.Event;
import io.quorate.client.KeyValue;
import io.quorate.client.Range;
import io.quorate.client.Session;
import io.quorate.client.WatchEnd;
import io.quorate.client.WatchListener;
import io.quorate.client.WatchRequest;
import io.quorate.client.WatchResponse;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * The epoch as one session knows it: read once, and followed from there. Whoever may not read the
 * key goes without, as if it never was raised.
 */
final class KnownEpoch {
  private final CompletableFuture<Long> read;
  private volatile long raised;

  private KnownEpoch(Session session) {
    read = read(session);
  }

  private CompletableFuture<Long> read(Session session) {
    return session
        .client()
        .whole()
        .kv()
        .rangeAsync(Range.key(Epoch.KEY))
        .thenApply(response -> {
          follow(session, response.header().revision());
          return number(response.first());
        })
        .exceptionallyCompose(failure -> {
          boolean passes =
              QuorateException.reason(failure).code().kind() == ErrorCode.Kind.UNAVAILABLE
                  && !session.client().isClosed();
          return passes ? readLater(session) : CompletableFuture.completedFuture(0L);
        });
  }

  private CompletableFuture<Long> readLater(Session session) {
    CompletableFuture<Long> later = new CompletableFuture<>();
    session
        .client()
        .timer()
        .after(
            Place.RETRY_NANOS,
            () -> {
              var unused = read(session).thenAccept(later::complete);
            });
    return later;
  }

  static KnownEpoch of(Session session) {
    return session.companion(KnownEpoch.class, KnownEpoch.class, () -> new KnownEpoch(session));
  }

  /** The epoch, once it is known. */
  CompletableFuture<Long> get() {
    return read.thenApply(first -> Math.max(first, raised));
  }

  private void follow(Session session, long revision) {
    var watcher =
        session
            .client()
            .whole()
            .watch()
            .start(
                WatchRequest.key(Epoch.KEY).from(revision + 1),
                new WatchListener() {
                  @Override
                  public void events(WatchResponse response) {
                    for (Event each : response.events()) {
                      raised = Math.max(raised, number(Optional.of(each.kv())));
                    }
                  }

                  @Override
                  public void ended(WatchEnd end) {
                    // Who began before goes on with what it knows: a token that is too old is
                    // refused.
                  }
                });
    var unused = session.whenLost(why -> watcher.close());
  }

  private static long number(Optional<KeyValue> known) {
    return known.map(each -> Epoch.parse(each.value())).orElse(0L);
  }
}
