package io.quorate.client;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Until when the leases live that this client has begun or renewed, so that whoever begins to keep
 * one knows how long it may try. A lease that isn't here may be any; the oldest are forgotten.
 * Thread-safe.
 */
final class LeaseTimes {
  private static final int LEASES_MAX = 4_096;

  private static final long TTL_NANOS_MAX = TimeUnit.DAYS.toNanos(365 * 50); // adds up in a long

  private final Map<Long, Life> lives =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Long, Life> eldest) {
          return size() > LEASES_MAX;
        }
      };

  /**
   * A lease's life as its last answer told.
   *
   * @param askedAtNanos when the request of that answer was sent: it began no earlier
   */
  record Life(long ttlNanos, long askedAtNanos) {
    Life {
      ttlNanos = Math.min(ttlNanos, TTL_NANOS_MAX);
    }

    static Life of(long ttlSeconds, long askedAtNanos) {
      return new Life(TimeUnit.SECONDS.toNanos(ttlSeconds), askedAtNanos);
    }

    /** From when on it may be over. */
    long endNanos() {
      return askedAtNanos + ttlNanos;
    }
  }

  synchronized void put(long id, Life life) {
    lives.remove(id); // it becomes the newest
    lives.put(id, life);
  }

  synchronized void remove(long id) {
    lives.remove(id);
  }

  synchronized @Nullable Life of(long id) {
    return lives.get(id);
  }
}
