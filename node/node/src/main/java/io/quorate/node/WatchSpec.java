package io.quorate.node;

import io.quorate.base.Bytes;
import io.quorate.kv.Event;
import io.quorate.kv.KeyRange;
import java.util.Comparator;
import java.util.Objects;

/**
 * What a watcher wants to hear of.
 *
 * @param key where its range begins
 * @param rangeEnd as in a range request: empty for the key alone, a zero byte for all from it on
 * @param puts whether it hears of puts
 * @param deletes whether it hears of deletions
 * @param prevKv whether it is told what was there before
 */
public record WatchSpec(Bytes key, Bytes rangeEnd, boolean puts, boolean deletes, boolean prevKv)
    implements Comparable<WatchSpec> {
  private static final Comparator<WatchSpec> ORDER =
      Comparator.comparing(WatchSpec::key)
          .thenComparing(WatchSpec::rangeEnd)
          .thenComparing(WatchSpec::puts)
          .thenComparing(WatchSpec::deletes)
          .thenComparing(WatchSpec::prevKv);

  /** Refuses nulls, and keeps only the bytes of the range. */
  public WatchSpec {
    key = Objects.requireNonNull(key).compact();
    rangeEnd = Objects.requireNonNull(rangeEnd).compact();
  }

  /** All that happens to the keys of a range. */
  public static WatchSpec all(Bytes key, Bytes rangeEnd) {
    return new WatchSpec(key, rangeEnd, true, true, false);
  }

  /** Whether it wants an event of a key in its range. */
  boolean wants(Event event) {
    return event.delete() ? deletes : puts;
  }

  /** Whether it wants an event. */
  boolean matches(Event event) {
    return wants(event) && KeyRange.contains(key, rangeEnd, event.kv().key());
  }

  @Override
  public int compareTo(WatchSpec that) {
    return ORDER.compare(this, that);
  }
}
