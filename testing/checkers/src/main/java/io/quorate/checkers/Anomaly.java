package io.quorate.checkers;

import java.util.List;

/**
 * One thing that went wrong.
 *
 * @param transactions who took part; a cycle's in its order
 * @param explanation the proof, in sentences, with times
 */
public record Anomaly(AnomalyType type, List<Transaction> transactions, String explanation) {
  public Anomaly {
    transactions = List.copyOf(transactions);
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder(type.label()).append(": ").append(explanation);
    for (Transaction txn : transactions) {
      text.append("\n    ").append(txn);
    }
    return text.toString();
  }
}
