package io.quorate.xa;

import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.client.LeaseGrantResponse;
import io.quorate.client.QuorateClient;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The lease that bits of the history go with: a new one now and then, so that what is written under
 * it stays for a day at least. Safe for use by many threads.
 */
final class HistoryLease {
  private static final long RENEWED_NANOS = 3_600_000_000_000L;
  private static final long SECONDS = History.KEPT_SECONDS + 2 * 3_600;

  private final QuorateClient client;

  // Guarded by this.
  private long id;
  private long takenNanos;

  HistoryLease(QuorateClient client) {
    this.client = client;
  }

  /** Its id. */
  CompletableFuture<Long> take() {
    long asked = client.timer().nanoTime();
    synchronized (this) {
      if (id != 0 && asked - takenNanos < RENEWED_NANOS) {
        return CompletableFuture.completedFuture(id);
      }
    }
    return client.lease().grantAsync(SECONDS).thenApply(granted -> taken(granted, asked));
  }

  /** Something failed under it. If that is because it is gone, another one is taken next. */
  synchronized void failed(@Nullable Throwable failure) {
    if (failure != null && QuorateException.reason(failure).code() == ErrorCode.NOT_FOUND) {
      id = 0;
    }
  }

  private synchronized long taken(LeaseGrantResponse granted, long asked) {
    id = granted.id();
    takenNanos = asked;
    return id;
  }
}
