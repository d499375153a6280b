package io.quorate.kv;

import io.quorate.base.Bytes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What all roles of a user allow together. Ranges that overlap or touch are one range: two roles
 * may each allow one half of what is asked.
 *
 * <p>Unchanging; made once for each state of the user's roles.
 */
final class Grants {
  private final Intervals readable;
  private final Intervals writable;

  Grants(List<Permission> permissions) {
    List<Interval> reads = new ArrayList<>();
    List<Interval> writes = new ArrayList<>();
    for (Permission each : permissions) {
      Interval interval = Interval.of(each.key(), each.rangeEnd());
      if (each.reads()) {
        reads.add(interval);
      }
      if (each.writes()) {
        writes.add(interval);
      }
    }
    this.readable = Intervals.of(reads);
    this.writable = Intervals.of(writes);
  }

  boolean mayRead(Bytes key, Bytes rangeEnd) {
    return readable.cover(Interval.of(key, rangeEnd));
  }

  boolean mayWrite(Bytes key, Bytes rangeEnd) {
    return writable.cover(Interval.of(key, rangeEnd));
  }

  /** Keys from one on, up to another; without end if that is null. */
  private record Interval(Bytes from, @Nullable Bytes to) {
    /**
     * The interval of a request's or a permission's range. One that holds no key, for its end is
     * not behind its beginning, is taken for its first key: whoever may do nothing there is told
     * so, and not that nothing is there.
     */
    static Interval of(Bytes key, Bytes rangeEnd) {
      if (KeyRange.isUnbounded(rangeEnd)) {
        return new Interval(key, null);
      }
      return KeyRange.isSingle(rangeEnd) || KeyRange.isEmpty(key, rangeEnd)
          ? new Interval(key, KeyRange.successor(key))
          : new Interval(key, rangeEnd);
    }

    boolean reaches(Bytes key) {
      return to == null || to.compareTo(key) >= 0;
    }
  }

  /** Intervals in order, no two of which overlap or touch. */
  private record Intervals(List<Interval> apart) {
    static Intervals of(List<Interval> any) {
      any.sort(Comparator.comparing(Interval::from));
      List<Interval> apart = new ArrayList<>();
      for (Interval next : any) {
        Interval last = apart.isEmpty() ? null : apart.getLast();
        if (last == null || !last.reaches(next.from())) {
          apart.add(next);
        } else if (last.to() != null && (next.to() == null || last.to().compareTo(next.to()) < 0)) {
          apart.set(apart.size() - 1, new Interval(last.from(), next.to()));
        }
      }
      return new Intervals(apart);
    }

    /** Whether one of them holds all that another does. */
    boolean cover(Interval wanted) {
      int low = 0;
      int high = apart.size() - 1;
      while (low <= high) {
        int middle = (low + high) >>> 1;
        if (apart.get(middle).from().compareTo(wanted.from()) <= 0) {
          low = middle + 1;
        } else {
          high = middle - 1;
        }
      }
      // The last that begins where the wanted does, or before it.
      if (high < 0) {
        return false;
      }
      Bytes end = wanted.to();
      return end == null ? apart.get(high).to() == null : apart.get(high).reaches(end);
    }
  }
}
