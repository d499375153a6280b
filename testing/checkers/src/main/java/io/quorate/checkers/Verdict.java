package io.quorate.checkers;

import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What a history shows.
 *
 * @param expected the level it was to keep
 * @param validity whether it did
 * @param strongest the strongest levels that it may have been run at, as far as was searched; more
 *     than one where neither is above the other, none if not even the weakest can be
 * @param weakestBroken the weakest levels that it can't have been run at; empty if nothing is wrong
 * @param counts how many of each type were found, those beyond the examples included
 * @param anomalies examples, the first few of each type
 * @param complete false if the budget ended before the search did; then levels of {@code strongest}
 *     may be broken all the same
 */
public record Verdict(
    Level expected,
    Validity validity,
    List<Level> strongest,
    List<Level> weakestBroken,
    Map<AnomalyType, Integer> counts,
    List<Anomaly> anomalies,
    boolean complete) {
  /** The answer to the question that was asked. */
  public enum Validity {
    /** Nothing in the history forbids the expected level. */
    VALID,
    /** The history can't have been run at the expected level. */
    INVALID,
    /** Nothing found forbids it, but the search was cut short. */
    UNKNOWN
  }

  public Verdict {
    strongest = List.copyOf(strongest);
    weakestBroken = List.copyOf(weakestBroken);
    counts = Map.copyOf(counts);
    anomalies = List.copyOf(anomalies);
  }

  static Verdict of(Level expected, Findings findings, boolean complete) {
    Set<Level> broken = EnumSet.noneOf(Level.class);
    findings.counts().keySet().forEach(type -> broken.addAll(type.breaks()));
    Validity validity =
        expected.isBrokenBy(broken)
            ? Validity.INVALID
            : complete ? Validity.VALID : Validity.UNKNOWN;
    return new Verdict(
        expected,
        validity,
        Level.strongestBeside(broken),
        Level.weakestOf(broken),
        findings.counts(),
        findings.examples(),
        complete);
  }

  public boolean isValid() {
    return validity == Validity.VALID;
  }

  /** The types that were found. */
  public Set<AnomalyType> types() {
    Set<AnomalyType> types = EnumSet.noneOf(AnomalyType.class);
    types.addAll(counts.keySet());
    return types;
  }

  /** The whole verdict for people, examples included. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    text.append(expected).append(": ").append(validity);
    if (!complete) {
      text.append(" (the search was cut short by its budget)");
    }
    if (counts.isEmpty()) {
      return text.toString();
    }
    text.append("\n  not ").append(Words.list(weakestBroken));
    text.append(complete ? "; may be " : "; as far as was searched, may be ");
    text.append(strongest.isEmpty() ? "nothing" : Words.list(strongest));
    text.append("\n  found ").append(new EnumMap<>(counts));
    anomalies.forEach(anomaly -> text.append("\n  ").append(anomaly));
    return text.toString();
  }
}
