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
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The epoch as one session knows it: read once, and followed from there. Whoever may not read the
 * key goes without, as if it never was raised.
 */
final class KnownEpoch {
  private final CompletableFuture<Long> read = new CompletableFuture<>();
  private final AtomicBoolean begun = new AtomicBoolean();
  private volatile long raised;

  private KnownEpoch() {}

  static KnownEpoch of(Session session) {
    KnownEpoch known = session.companion(KnownEpoch.class, KnownEpoch.class, KnownEpoch::new);
    if (known.begun.compareAndSet(false, true)) {
      known.read(session);
    }
    return known;
  }

  /** The epoch, once it is known. */
  CompletableFuture<Long> get() {
    return read.thenApply(first -> Math.max(first, raised));
  }

  private void read(Session session) {
    var unused =
        session
            .client()
            .whole()
            .kv()
            .rangeAsync(Range.key(Epoch.KEY))
            .thenApply(response -> {
              follow(session, response.header().revision());
              return number(response.first());
            })
            .whenComplete((first, failure) -> {
              if (failure == null) {
                read.complete(first);
              } else if (passes(failure) && !session.client().isClosed()) {
                session.client().timer().after(Place.RETRY_NANOS, () -> read(session));
              } else {
                read.complete(0L);
              }
            });
  }

  private static boolean passes(Throwable failure) {
    return QuorateException.reason(failure).code().kind() == ErrorCode.Kind.UNAVAILABLE;
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
