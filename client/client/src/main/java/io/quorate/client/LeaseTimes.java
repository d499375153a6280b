package io.quorate.client;

import io.quorate.client.channel.Timer;
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

  /** A moment, by both clocks. */
  record Moment(long nanos, long wallMillis) {
    static Moment now(Timer timer) {
      return new Moment(timer.nanoTime(), timer.wallMillis());
    }
  }

  /**
   * A lease's life as its last answer told.
   *
   * @param asked when the request of that answer was sent: it began no earlier
   */
  record Life(long ttlNanos, Moment asked) {
    Life {
      ttlNanos = Math.min(ttlNanos, TTL_NANOS_MAX);
    }

    static Life of(long ttlSeconds, Moment asked) {
      return new Life(TimeUnit.SECONDS.toNanos(ttlSeconds), asked);
    }

    /** From when on it may be over, by the monotonic clock. */
    long endNanos() {
      return asked.nanos() + ttlNanos;
    }

    /**
     * How much of it surely remains; 0 or less if it may be over. The clock that has come further
     * counts: monotonic time may stand still while a machine is suspended, and the wall's may have
     * been set.
     */
    long remainingNanos(Moment now) {
      long byWall = TimeUnit.MILLISECONDS.toNanos(now.wallMillis() - asked.wallMillis());
      return ttlNanos - Math.max(now.nanos() - asked.nanos(), byWall);
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
