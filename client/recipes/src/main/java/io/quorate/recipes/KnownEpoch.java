package io.quorate.recipes;

import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.client.Event;
import io.quorate.client.KeyValue;
import io.quorate.client.Range;
import io.quorate.client.Session;
import io.quorate.client.SessionState;
import io.quorate.client.WatchEnd;
import io.quorate.client.WatchListener;
import io.quorate.client.WatchRequest;
import io.quorate.client.WatchResponse;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The epoch as one session knows it: read once, and followed from there. Whoever may not read the
 * key goes without, as if it never was raised.
 */
final class KnownEpoch {
  private final CompletableFuture<Long> read = new CompletableFuture<>();
  private final AtomicBoolean begun = new AtomicBoolean();
  private final AtomicLong newest = new AtomicLong();

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
    return read.thenApply(first -> Math.max(first, newest.get()));
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
                learnt(first);
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
                      learnt(number(Optional.of(each.kv())));
                    }
                  }

                  @Override
                  public void ended(WatchEnd end) {
                    if (end.code() == ErrorCode.REVISION_COMPACTED) {
                      session.client().timer().after(Place.RETRY_NANOS, () -> readAgain(session));
                    }
                    // Otherwise who began before goes on with what it knows: a token that is too
                    // old is refused.
                  }
                });
    var unused = session.whenLost(why -> watcher.close());
  }

  /** What a gap in history hides is read. */
  private void readAgain(Session session) {
    if (!(session.state() instanceof SessionState.Lost)) {
      read(session);
    }
  }

  private void learnt(long epoch) {
    newest.accumulateAndGet(epoch, Math::max);
  }

  private static long number(Optional<KeyValue> known) {
    return known.map(each -> Epoch.parse(each.value())).orElse(0L);
  }
}
