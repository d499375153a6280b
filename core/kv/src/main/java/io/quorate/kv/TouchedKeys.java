package io.quorate.kv;

import io.quorate.base.Bytes;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/** The keys that a list of steps may put, and the ranges that it may delete, merged and sorted. */
final class TouchedKeys {
  private final TreeSet<Bytes> puts = new TreeSet<>();

  /** Disjoint ranges: start to end, not included. */
  private final TreeMap<Bytes, Bytes> deletes = new TreeMap<>();

  boolean puts(Bytes key) {
    return puts.contains(key);
  }

  boolean deletes(Bytes key) {
    Map.Entry<Bytes, Bytes> before = deletes.floorEntry(key);
    return before != null && key.compareTo(before.getValue()) < 0;
  }

  Iterable<Bytes> puts() {
    return puts;
  }

  void addPut(Bytes key) {
    puts.add(key);
  }

  /**
   * Adds a deletion. A range whose end isn't above its start counts as empty, and so, as in etcd,
   * does one without end: its end is a zero byte.
   */
  void addDelete(Bytes key, Bytes rangeEnd) {
    add(key, KeyRange.isSingle(rangeEnd) ? KeyRange.successor(key) : rangeEnd);
  }

  void addDeletesOf(TouchedKeys that) {
    that.deletes.forEach(this::add);
  }

  private void add(Bytes from, Bytes to) {
    if (from.compareTo(to) >= 0) {
      return;
    }
    Bytes start = from;
    Bytes end = to;
    Map.Entry<Bytes, Bytes> before = deletes.floorEntry(start);
    if (before != null && before.getValue().compareTo(start) >= 0) {
      start = before.getKey();
      end = max(end, before.getValue());
    }
    Map.Entry<Bytes, Bytes> inside = deletes.ceilingEntry(start);
    while (inside != null && inside.getKey().compareTo(end) <= 0) {
      end = max(end, inside.getValue());
      deletes.remove(inside.getKey());
      inside = deletes.ceilingEntry(start);
    }
    deletes.put(start, end);
  }

  private static Bytes max(Bytes a, Bytes b) {
    return a.compareTo(b) >= 0 ? a : b;
  }
}
