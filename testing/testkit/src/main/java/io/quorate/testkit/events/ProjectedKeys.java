package io.quorate.testkit.events;

import io.quorate.base.Bytes;
import io.quorate.client.Compare;
import io.quorate.client.Delete;
import io.quorate.client.Keys;
import io.quorate.client.Op;
import io.quorate.client.Put;
import io.quorate.client.Range;
import io.quorate.client.Txn;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The keys that a projection has written, in memory: what the store would have, as far as what is
 * made anew can be the same. Refuses what the store would, and what has no meaning there.
 */
final class ProjectedKeys {
  private final String prefix;
  private final NavigableMap<Bytes, Kept> all = new TreeMap<>();

  private record Kept(Bytes value, long version) {}

  /**
   * @param prefix what all keys that are written begin with
   */
  ProjectedKeys(String prefix) {
    this.prefix = prefix;
  }

  String prefix() {
    return prefix;
  }

  /** Values by what the keys are called behind the prefix. */
  Map<String, String> told() {
    Map<String, String> told = new TreeMap<>();
    all.forEach(
        (key, kept) -> told.put(key.toUtf8().substring(prefix.length()), kept.value().toUtf8()));
    return told;
  }

  /** Does these in one step. As in the store, comparisons are of what was there before it. */
  void write(List<Op> ops) {
    List<Op> writes = new ArrayList<>();
    collect(ops, writes);
    for (int i = 0; i < writes.size(); i++) {
      Op each = writes.get(i);
      require(isOurs(each), "a key is written that doesn't begin with what it is told: " + each);
      require(
          writes.subList(0, i).stream().noneMatch(before -> meet(before, each)),
          "a key is written twice in one step: " + writes);
    }
    writes.forEach(this::write);
  }

  private void collect(List<Op> ops, List<Op> writes) {
    for (Op op : ops) {
      switch (op) {
        case Put put -> writes.add(put);
        case Delete delete -> writes.add(delete);
        case Txn txn -> {
          boolean holds = txn.compares().stream().allMatch(this::holds);
          collect(holds ? txn.success() : txn.failure(), writes);
        }
        case Range range -> throw new AssertionError("nobody hears what is read by " + range);
      }
    }
  }

  private void write(Op op) {
    if (op instanceof Put put) {
      Kept before = all.get(put.key());
      Bytes value = put.value();
      if (put.ignoreValue() || put.ignoreLease()) {
        require(before != null, "there is nothing to keep for " + put);
        value = put.ignoreValue() && before != null ? before.value() : value;
      }
      var _ = all.put(put.key(), new Kept(value, before == null ? 1 : before.version() + 1));
    } else if (op instanceof Delete delete) {
      below(delete.key(), delete.rangeEnd()).clear();
    }
  }

  private static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new AssertionError(otherwise);
    }
  }

  private boolean isOurs(Op op) {
    Bytes end = Keys.prefixEnd(Bytes.utf8(prefix));
    return switch (op) {
      case Put put -> put.key().startsWith(Bytes.utf8(prefix));
      case Delete delete ->
          prefix.isEmpty()
              || (delete.key().startsWith(Bytes.utf8(prefix))
                  && !delete.rangeEnd().equals(Keys.ZERO)
                  && delete.rangeEnd().compareTo(end) <= 0);
      case Range _, Txn _ -> false;
    };
  }

  /** Whether two writes are of the same key, which the store refuses unless both delete it. */
  private static boolean meet(Op one, Op other) {
    if (one instanceof Put put) {
      return other instanceof Put another
          ? put.key().equals(another.key())
          : other instanceof Delete delete && contains(delete.key(), delete.rangeEnd(), put.key());
    }
    return other instanceof Put && meet(other, one);
  }

  private static boolean contains(Bytes from, Bytes end, Bytes key) {
    if (end.isEmpty()) {
      return key.equals(from);
    }
    return key.compareTo(from) >= 0 && (end.equals(Keys.ZERO) || key.compareTo(end) < 0);
  }

  private NavigableMap<Bytes, Kept> below(Bytes from, Bytes end) {
    if (end.isEmpty()) {
      return all.subMap(from, true, from, true);
    }
    return end.equals(Keys.ZERO)
        ? all.tailMap(from, true)
        : all.subMap(from, true, end.compareTo(from) < 0 ? from : end, false);
  }

  // ---- comparisons -----------------------------------------------------------------------------

  private boolean holds(Compare compare) {
    if (compare.rangeEnd().isEmpty()) {
      return holds(compare, all.get(compare.key()));
    }
    Collection<Kept> range = below(compare.key(), compare.rangeEnd()).values();
    return range.stream().allMatch(kept -> holds(compare, kept));
  }

  private static boolean holds(Compare compare, @Nullable Kept kept) {
    return switch (compare.target()) {
      case VERSION ->
          holds(compare, Long.compare(kept == null ? 0 : kept.version(), compare.number()));
      case CREATE, MOD -> {
        require(
            compare.number() == 0,
            "revisions are others when it is made anew, so none can be compared with: " + compare);
        yield holds(compare, kept == null ? 0 : 1);
      }
      case VALUE -> kept != null && holds(compare, kept.value().compareTo(compare.value()));
      case LEASE -> holds(compare, Long.compare(0, compare.number()));
    };
  }

  private static boolean holds(Compare compare, int order) {
    return switch (compare.result()) {
      case EQUAL -> order == 0;
      case GREATER -> order > 0;
      case LESS -> order < 0;
      case NOT_EQUAL -> order != 0;
    };
  }
}
