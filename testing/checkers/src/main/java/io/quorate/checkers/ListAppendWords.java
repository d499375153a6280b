package io.quorate.checkers;

import java.util.Map;
import java.util.Objects;

/** Finds again why one transaction depends on another, to tell it: the edges don't remember. */
final class ListAppendWords {
  private final Map<Long, ListHistory> keys;

  ListAppendWords(Map<Long, ListHistory> keys) {
    this.keys = keys;
  }

  String because(Transaction from, Transaction to, int type) {
    for (MicroOp op : from.ops()) {
      for (MicroOp other : to.ops()) {
        if (op.key() != other.key()) {
          continue;
        }
        ListHistory key = Objects.requireNonNull(keys.get(op.key()));
        String words =
            switch (type) {
              case Graph.WW -> writes(key, from, op, to, other);
              case Graph.WR -> reads(key, from, op, to, other);
              default -> misses(key, from, op, to, other);
            };
        if (!words.isEmpty()) {
          return words;
        }
      }
    }
    throw new IllegalStateException("no reason for " + from + " before " + to);
  }

  private static String writes(
      ListHistory key, Transaction from, MicroOp op, Transaction to, MicroOp other) {
    if (!(op instanceof MicroOp.Append first) || !(other instanceof MicroOp.Append next)) {
      return "";
    }
    int place = key.order().indexOf(first.value());
    int nextPlace = key.order().indexOf(next.value());
    if (place < 0 || (nextPlace >= 0 && nextPlace < place)) {
      return "";
    }
    String how = nextPlace < 0 ? ", as the longest read is without it" : "";
    return "%s appended %d to k%d after the %d of %s%s"
        .formatted(to.name(), next.value(), key.key(), first.value(), from.name(), how);
  }

  private static String reads(
      ListHistory key, Transaction from, MicroOp op, Transaction to, MicroOp other) {
    if (op instanceof MicroOp.Append append
        && other instanceof MicroOp.Read read
        && read.seen() != null
        && read.seen().contains(append.value())) {
      return "%s read the %d in k%d that %s appended"
          .formatted(to.name(), append.value(), key.key(), from.name());
    }
    return "";
  }

  private static String misses(
      ListHistory key, Transaction from, MicroOp op, Transaction to, MicroOp other) {
    if (op instanceof MicroOp.Read read
        && other instanceof MicroOp.Append append
        && read.seen() != null
        && !read.seen().contains(append.value())) {
      return "%s read k%d as %s, without the %d that %s appended"
          .formatted(from.name(), key.key(), read.seen(), append.value(), to.name());
    }
    return "";
  }
}
