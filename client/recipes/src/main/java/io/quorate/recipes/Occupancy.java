package io.quorate.recipes;

import io.quorate.base.Bytes;
import io.quorate.client.CachedPrefix;
import io.quorate.client.KeyValue;
import io.quorate.client.Range;
import io.quorate.client.Session;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who has a place below a prefix, as one session sees it: tells all who wait how many came before
 * them, by one watch, however many they are. Events may be lost on the way; so twice in a TTL the
 * places are read once, for all.
 *
 * <p>Thread-safe; calls those who wait without its lock, and may be called with theirs held.
 */
final class Occupancy {
  /** One who waits. */
  interface Waiter {
    /** The revision at which its key was created. */
    long since();

    /**
     * @param earlier how many places are older
     * @param isThere whether its own is among them
     */
    void ranked(int earlier, boolean isThere);
  }

  private final Session session;
  private final Bytes prefix;

  // Guarded by this.
  private final Set<Waiter> waiters = new LinkedHashSet<>();
  private @Nullable CachedPrefix cache;
  private boolean opening;
  private boolean reading;

  /** Nobody joins any more. */
  private boolean retired;

  private Occupancy(Session session, Bytes prefix) {
    this.session = session;
    this.prefix = prefix;
  }

  /** What one of a prefix is known by in its session. */
  private record Of(Bytes prefix) {}

  /** Tells one from now on, until it leaves what is returned. */
  static Occupancy join(Session session, Bytes prefix, Waiter waiter) {
    while (true) {
      Occupancy present =
          session.companion(new Of(prefix), Occupancy.class, () -> new Occupancy(session, prefix));
      if (present.join(waiter)) {
        return present;
      }
    }
  }

  private boolean join(Waiter waiter) {
    boolean opens;
    CachedPrefix present;
    synchronized (this) {
      if (retired) {
        return false;
      }
      waiters.add(waiter);
      present = cache;
      opens = present == null && !opening;
      opening |= opens;
    }
    if (opens) {
      open();
    } else if (present != null) {
      tell(present.view());
    }
    readLater();
    return true;
  }

  void leave(Waiter waiter) {
    CachedPrefix idle;
    synchronized (this) {
      waiters.remove(waiter);
      if (!waiters.isEmpty()) {
        return;
      }
      retired = true;
      idle = cache;
      cache = null;
      session.dismiss(new Of(prefix), this);
    }
    if (idle != null) {
      idle.close();
    }
  }

  private void open() {
    var unused =
        session
            .client()
            .cacheAsync(prefix)
            .whenComplete((opened, failure) -> {
              synchronized (this) {
                opening = false;
                if (failure == null && !waiters.isEmpty()) {
                  cache = opened;
                }
              }
              if (failure != null) {
                return; // what is read now and then has to do
              }
              if (opened.equals(present())) {
                listen(opened);
              } else {
                opened.close();
              }
            });
  }

  private synchronized @Nullable CachedPrefix present() {
    return cache;
  }

  private void listen(CachedPrefix opened) {
    var unused = opened.onChange(this::tell, Runnable::run); // it ends with the cache
    tell(opened.view());
  }

  private void tell(CachedPrefix.View view) {
    tell(view.entries().values(), view.revision());
  }

  private void tell(Collection<KeyValue> places, long revision) {
    List<Waiter> all;
    synchronized (this) {
      all = List.copyOf(waiters);
    }
    long[] since =
        places.stream()
            .filter(kv -> isPlace(prefix, kv))
            .mapToLong(KeyValue::createRevision)
            .sorted()
            .toArray();
    for (Waiter each : all) {
      if (each.since() <= revision) { // what is older than it knows nothing of it
        int rank = Arrays.binarySearch(since, each.since());
        each.ranked(rank < 0 ? -rank - 1 : rank, rank >= 0);
      }
    }
  }

  /** Whether a key with this prefix is of its name, and not of one below it. */
  static boolean isPlace(Bytes prefix, KeyValue kv) {
    return kv.key().slice(prefix.length(), kv.key().length()).toUtf8().indexOf('/') < 0;
  }

  private void readLater() {
    synchronized (this) {
      if (reading || waiters.isEmpty()) {
        return;
      }
      reading = true;
    }
    session
        .client()
        .timer()
        .after(
            Math.max(1, session.ttl().toNanos() / 2),
            () -> {
              synchronized (this) {
                reading = false;
                if (waiters.isEmpty() || session.client().isClosed()) {
                  return;
                }
              }
              read();
              readLater();
            });
  }

  private void read() {
    var unused =
        session
            .client()
            .kv()
            .rangeAsync(Range.prefix(prefix).withKeysOnly())
            .thenAccept(response -> tell(response.kvs(), response.header().revision()));
  }
}
