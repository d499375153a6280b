package io.quorate.checkers;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** Collects anomalies: counts all, keeps the first few of each type. One thread. */
final class Findings {
  /** A store that is wrong is wrong a thousand times, and nobody reads them all. */
  static final int EXAMPLES_PER_TYPE_MAX = 8;

  private final Map<AnomalyType, Integer> counts = new EnumMap<>(AnomalyType.class);
  private final List<Anomaly> examples = new ArrayList<>();

  /** The words are made only if it is kept. */
  void add(AnomalyType type, List<Transaction> transactions, Supplier<String> explanation) {
    if (counts.merge(type, 1, Integer::sum) <= EXAMPLES_PER_TYPE_MAX) {
      examples.add(new Anomaly(type, transactions, explanation.get()));
    }
  }

  Map<AnomalyType, Integer> counts() {
    return counts;
  }

  /** In the order of their types, so that the worst come first. */
  List<Anomaly> examples() {
    return examples.stream().sorted((a, b) -> a.type().compareTo(b.type())).toList();
  }
}
