package io.quorate.checkers;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Compares what transactions read of lists with what they did before, and takes their own elements
 * out of it. Of each key a transaction's first read counts; the others must show the same.
 */
final class OwnReads {
  private record Finding(AnomalyType type, Transaction txn, String explanation) {}

  private final List<Finding> findings = new ArrayList<>();

  void collect(Transaction txn, Map<Long, ListHistory> keys) {
    Map<Long, Elements> seenBefore = HashMap.newHashMap(txn.ops().size());
    for (int i = 0; i < txn.ops().size(); i++) {
      if (txn.ops().get(i) instanceof MicroOp.Read(long key, Elements seen) && seen != null) {
        Elements others = withoutOwn(txn, i, key, seen);
        if (others == null) {
          continue;
        }
        Elements before = seenBefore.putIfAbsent(key, others);
        if (before == null) {
          ListHistory of = Objects.requireNonNull(keys.get(key));
          of.addRead(new ListHistory.Seen(txn, others, appendsAfter(txn, i, key)));
        } else if (!before.equals(others)) {
          findings.add(
              new Finding(
                  AnomalyType.INTERNAL,
                  txn,
                  "%s read k%d as %s, and before as %s, not counting what it appended itself"
                      .formatted(txn.name(), key, others, before)));
        }
      }
    }
  }

  void addAnomaliesTo(Findings all) {
    for (Finding finding : findings) {
      all.add(finding.type(), List.of(finding.txn()), finding::explanation);
    }
  }

  /** What the read at {@code place} saw of others; null if it doesn't fit what was done before. */
  private @Nullable Elements withoutOwn(Transaction txn, int place, long key, Elements seen) {
    int own = 0;
    for (int i = place - 1; i >= 0; i--) {
      if (txn.ops().get(i) instanceof MicroOp.Append append && append.key() == key) {
        own++;
        if (own > seen.size() || seen.get(seen.size() - own) != append.value()) {
          findings.add(
              new Finding(
                  AnomalyType.INTERNAL,
                  txn,
                  "%s appended %d to k%d, and then read it as %s"
                      .formatted(txn.name(), append.value(), key, seen)));
          return null;
        }
      }
    }
    Elements others = seen.prefix(seen.size() - own);
    for (int i = 0; i < txn.ops().size(); i++) {
      if (txn.ops().get(i) instanceof MicroOp.Append append
          && append.key() == key
          && others.contains(append.value())) {
        AnomalyType type = i > place ? AnomalyType.FUTURE_READ : AnomalyType.DUPLICATE_ELEMENTS;
        String what =
            i > place
                ? "%s read k%d as %s, and only then appended %d"
                : "%s read k%d as %s, with its own %d among what others appended";
        findings.add(new Finding(type, txn, what.formatted(txn.name(), key, seen, append.value())));
        return null;
      }
    }
    return others;
  }

  private static boolean appendsAfter(Transaction txn, int place, long key) {
    return txn.ops().subList(place + 1, txn.ops().size()).stream()
        .anyMatch(op -> op instanceof MicroOp.Append && op.key() == key);
  }
}
