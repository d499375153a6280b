package io.quorate.kv;

import io.quorate.base.Bytes;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Stretches in which there is known to be no key: what locks, queues and streams ask for with each
 * of their writes, "if nothing is behind it". To look for it costs a walk through the engine, ten
 * times a put's own reading; here it costs a step in a map.
 *
 * <p>A stretch is learned when a condition has looked through it in vain, and cut when a key is put
 * into it: what lies behind that key stays, since what is appended comes behind it. A deletion cuts
 * nothing. So what is here is always true, and forgetting any of it is allowed. The stretches don't
 * overlap.
 *
 * <p>Owned by the store.
 */
final class KnownGaps {
  /** One costs about two hundred bytes and its keys. */
  static final int GAPS_MAX = 10_000;

  /** Nothing is known, and nothing is learned. */
  static final KnownGaps NONE = new KnownGaps(0);

  /** The bytes of all keys that it keeps: long ones come at the cost of how many. */
  static final long BYTES_MAX = 8L << 20;

  /** Keys that are longer aren't worth it. */
  private static final int KEY_BYTES_MAX = 4_096;

  private final int gapsMax;

  /** By where they end (exclusive): where they begin. */
  private final TreeMap<Bytes, Bytes> beginnings = new TreeMap<>();

  /** Of the keys of all. */
  private long bytes;

  /** Forgetting goes round in the order of keys, and is here. */
  private Bytes hand = Bytes.EMPTY;

  KnownGaps() {
    this(GAPS_MAX);
  }

  private KnownGaps(int gapsMax) {
    this.gapsMax = gapsMax;
  }

  /** Whether a range, which isn't a single key, is known to hold none. */
  boolean covers(Bytes key, Bytes rangeEnd) {
    if (KeyRange.isUnbounded(rangeEnd)) {
      return false;
    }
    Map.Entry<Bytes, Bytes> gap = beginnings.ceilingEntry(rangeEnd);
    return gap != null && gap.getValue().compareTo(key) <= 0;
  }

  /** Whether a key is known not to be there. */
  boolean covers(Bytes key) {
    Map.Entry<Bytes, Bytes> gap = beginnings.higherEntry(key);
    return gap != null && gap.getValue().compareTo(key) <= 0;
  }

  /** Nothing is in a range, which is neither a single key nor empty; one without end is ignored. */
  void learn(Bytes key, Bytes rangeEnd) {
    boolean isShort = Math.max(key.length(), rangeEnd.length()) <= KEY_BYTES_MAX;
    if (gapsMax == 0 || !isShort || KeyRange.isUnbounded(rangeEnd)) {
      return;
    }
    Bytes beginning = key;
    Bytes end = rangeEnd;
    Map.Entry<Bytes, Bytes> other = beginnings.higherEntry(beginning);
    while (other != null && other.getValue().compareTo(end) < 0) {
      forget(other.getKey());
      beginning = other.getValue().compareTo(beginning) < 0 ? other.getValue() : beginning;
      end = other.getKey().compareTo(end) > 0 ? other.getKey() : end;
      other = beginnings.higherEntry(beginning);
    }
    keep(beginning.compact(), end.compact());
    while (beginnings.size() > gapsMax || bytes > BYTES_MAX) {
      forgetOne();
    }
  }

  /** A key is there from now on. */
  void put(Bytes key) {
    Map.Entry<Bytes, Bytes> gap = beginnings.higherEntry(key);
    if (gap == null || gap.getValue().compareTo(key) > 0) {
      return;
    }
    Bytes behind = KeyRange.successor(key);
    if (behind.length() <= KEY_BYTES_MAX && behind.compareTo(gap.getKey()) < 0) {
      keep(behind, gap.getKey());
    } else {
      forget(gap.getKey());
    }
  }

  private void keep(Bytes beginning, Bytes end) {
    Bytes before = beginnings.put(end, beginning);
    bytes += beginning.length() + (before == null ? end.length() : -before.length());
  }

  private void forget(Bytes end) {
    Bytes beginning = beginnings.remove(end);
    bytes -= beginning == null ? 0 : beginning.length() + end.length();
  }

  private void forgetOne() {
    @Nullable Bytes next = beginnings.higherKey(hand);
    hand = next == null ? beginnings.firstKey() : next;
    forget(hand);
  }

  /** How many bytes the keys of all have. */
  long bytes() {
    return bytes;
  }

  /** The same, counted anew. */
  long recountedBytes() {
    long sum = 0;
    for (Map.Entry<Bytes, Bytes> gap : beginnings.entrySet()) {
      sum += gap.getKey().length() + gap.getValue().length();
    }
    return sum;
  }

  /** How many are known. */
  int size() {
    return beginnings.size();
  }
}
