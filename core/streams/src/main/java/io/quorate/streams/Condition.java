package io.quorate.streams;

import io.quorate.base.Bytes;
import io.quorate.base.wire.ProtoReader;
import io.quorate.kv.CreationScan;
import io.quorate.kv.KeyValue;
import io.quorate.kv.KvReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * That nothing is there which one of the items matches, behind a position.
 *
 * @param revision of the position
 * @param index of the position: of an event among those of its append
 */
record Condition(List<EventItem> items, long revision, long index) {
  Condition {
    items = List.copyOf(items);
  }

  /** The message {@code quorate.events.v1.Condition}. */
  static Condition read(ProtoReader in) {
    List<EventItem> items = new ArrayList<>();
    long revision = 0;
    long index = 0;
    while (in.next()) {
      switch (in.field()) {
        case 1 -> items.add(EventItem.read(in.message()));
        case 2 -> revision = Math.max(0, in.number());
        case 3 -> index = in.number();
        default -> {}
      }
    }
    return new Condition(items, revision, index);
  }

  /**
   * Looks for what is excluded.
   *
   * @param found takes appends that have such an event, by key: the first few
   * @param looks how much may be looked at: a key counts as one, and so do some bytes
   * @return how much may be looked at still; negative if this wasn't enough, or the keys aren't in
   *     order from the position on
   */
  long look(StreamKeys keys, KvReader now, Map<Bytes, KeyValue> found, long looks) {
    long left = looks;
    long first = index >= Integer.MAX_VALUE && revision < Long.MAX_VALUE ? revision + 1 : revision;
    for (EventItem item : items) {
      boolean byTag = !item.tags().isEmpty();
      if (now.followedSince(byTag ? keys.tagged() : keys.commits()) > first) {
        return -1;
      }
      Bytes prefix = item.prefix(keys);
      Bytes group = byTag ? keys.tagged(item.tags().get(0)) : keys.commits();
      try (CreationScan scan = now.createdFrom(group, first)) {
        while (scan.next()) {
          left--;
          if (left < 0 || found.size() == AppendOutcome.MATCHING_MAX) {
            return left;
          }
          long from = scan.revision() == revision ? index + 1 : 0;
          Bytes key = byTag ? keys.commitOfTagged(scan.rest()) : scan.key();
          if (key.startsWith(prefix)) {
            KeyValue commit = now.get(key);
            if (commit != null) {
              left -= EventItem.looks(commit);
              if (item.matches(prefix, commit, from)) {
                found.put(key, commit);
              }
            }
          }
        }
      }
    }
    return left;
  }
}
