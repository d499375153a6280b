package io.quorate.checkers;

import io.quorate.checkers.RevisedTransaction.Delete;
import io.quorate.checkers.RevisedTransaction.Put;
import io.quorate.checkers.RevisedTransaction.Range;
import io.quorate.checkers.RevisedTransaction.Row;
import io.quorate.checkers.RevisedTransaction.Step;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Takes a store at its word: sorts the transactions by the revisions that they were told, runs them
 * one after the other in a map, and compares each read with it; then real time with the revisions.
 * As ranges are compared too, phantoms are seen.
 *
 * <p>It takes {@code O(n log n)} steps and finds all that revisions reveal. It doesn't see
 * revisions that are wrong in a consistent way, so {@link Checker} stands beside it.
 *
 * <p>A transaction of unknown outcome has no revision. If a read shows a row that it put, that
 * row's revision is its own, and it takes its place; else it is taken as not having happened. What
 * only such a one may have deleted may be missing.
 */
public final class RevisionReplay {
  /** What can be wrong. */
  public enum Kind {
    /** Two transactions wrote at one revision. */
    DUPLICATE_REVISION,
    /** A read of one key, or of rows that should be there, shows another value or revision. */
    WRONG_READ,
    /** A range lacks rows that should be there, or has others. */
    PHANTOM,
    /** What began after another had completed has an earlier revision. */
    REAL_TIME
  }

  /** One thing that is wrong, in words that name the transactions. */
  public record Violation(Kind kind, String explanation) {}

  private record Stored(String value, long modRevision) {}

  private final List<Violation> violations = new ArrayList<>();
  private final TreeMap<String, Stored> state = new TreeMap<>();
  private final Map<String, Long> mayBeDeletedFrom = new HashMap<>();

  private RevisionReplay() {}

  /**
   * Judges all transactions of a store that was empty before.
   *
   * @return what is wrong; empty if nothing is
   */
  public static List<Violation> check(List<RevisedTransaction> transactions) {
    RevisionReplay replay = new RevisionReplay();
    List<RevisedTransaction> placed = replay.placed(transactions);
    replay.checkRevisions(placed);
    placed.forEach(replay::run);
    replay.checkRealTime(placed);
    return List.copyOf(replay.violations);
  }

  /** All that have a revision, in the order of these; of equal ones the writer is first. */
  private List<RevisedTransaction> placed(List<RevisedTransaction> transactions) {
    Map<Row, RevisedTransaction> unknown = new HashMap<>();
    List<RevisedTransaction> placed = new ArrayList<>();
    for (RevisedTransaction txn : transactions) {
      if (txn.outcome() == Outcome.OK) {
        placed.add(txn);
      } else if (txn.outcome() == Outcome.INFO) {
        for (Step step : txn.steps()) {
          if (step instanceof Put(String key, String value)) {
            unknown.put(new Row(key, value, 0), txn);
          }
        }
      }
    }
    Map<RevisedTransaction, Long> revealed = new LinkedHashMap<>();
    for (RevisedTransaction txn : placed) {
      for (Step step : txn.steps()) {
        if (step instanceof Range range) {
          for (Row row : range.rows()) {
            RevisedTransaction writer = unknown.get(new Row(row.key(), row.value(), 0));
            if (writer != null) {
              revealed.putIfAbsent(writer, row.modRevision());
            }
          }
        }
      }
    }
    for (RevisedTransaction txn : transactions) {
      if (txn.outcome() == Outcome.INFO && !revealed.containsKey(txn)) {
        for (Step step : txn.steps()) {
          if (step instanceof Delete(String key)) {
            mayBeDeletedFrom.merge(key, txn.invoked(), Math::min);
          }
        }
      }
    }
    revealed.forEach((txn, revision) -> {
      List<Step> writes = txn.steps().stream().filter(step -> !(step instanceof Range)).toList();
      placed.add(
          new RevisedTransaction(
              txn.name(), Outcome.INFO, revision, txn.invoked(), Long.MAX_VALUE, writes));
    });
    placed.sort(
        Comparator.comparingLong(RevisedTransaction::revision).thenComparing(txn -> !txn.writes()));
    return placed;
  }

  private void checkRevisions(List<RevisedTransaction> placed) {
    for (int i = 1; i < placed.size(); i++) {
      RevisedTransaction txn = placed.get(i);
      RevisedTransaction before = placed.get(i - 1);
      if (txn.writes() && before.writes() && txn.revision() == before.revision()) {
        add(
            Kind.DUPLICATE_REVISION,
            "%s and %s both wrote at revision %d"
                .formatted(before.name(), txn.name(), txn.revision()));
      }
    }
  }

  private void run(RevisedTransaction txn) {
    for (Step step : txn.steps()) {
      switch (step) {
        case Put(String key, String value) -> state.put(key, new Stored(value, txn.revision()));
        case Delete(String key) -> state.remove(key);
        case Range range -> compare(txn, range);
      }
    }
  }

  private void compare(RevisedTransaction txn, Range range) {
    TreeMap<String, Stored> missing =
        new TreeMap<>(
            range.from().compareTo(range.to()) < 0
                ? state.subMap(range.from(), range.to())
                : Map.of());
    boolean single = range.to().equals(range.from() + "\0");
    String what = single ? range.from() : "[" + range.from() + ", " + range.to() + ")";
    for (Row row : range.rows()) {
      Stored stored = missing.remove(row.key());
      if (stored == null && !single) {
        add(
            Kind.PHANTOM,
            "%s read %s at revision %d and saw %s, which isn't there"
                .formatted(txn.name(), what, txn.revision(), row));
      } else if (!new Stored(row.value(), row.modRevision()).equals(stored)) {
        add(
            Kind.WRONG_READ,
            "%s read %s at revision %d and saw %s, where %s is"
                .formatted(txn.name(), what, txn.revision(), row, told(stored)));
      }
    }
    missing.forEach((key, stored) -> {
      if (mayBeDeletedFrom.getOrDefault(key, Long.MAX_VALUE) > txn.completed()) {
        add(
            single ? Kind.WRONG_READ : Kind.PHANTOM,
            "%s read %s at revision %d and didn't see %s, which has %s"
                .formatted(txn.name(), what, txn.revision(), key, told(stored)));
      }
    });
  }

  private static String told(@Nullable Stored stored) {
    return stored == null ? "nothing" : stored.value() + " of revision " + stored.modRevision();
  }

  /**
   * Whoever begins sees at least what those saw and did who had completed; a write makes more of
   * it.
   */
  private void checkRealTime(List<RevisedTransaction> placed) {
    List<RevisedTransaction> byCompletion =
        placed.stream().sorted(Comparator.comparingLong(RevisedTransaction::completed)).toList();
    List<RevisedTransaction> byInvocation =
        placed.stream().sorted(Comparator.comparingLong(RevisedTransaction::invoked)).toList();
    RevisedTransaction newest = null;
    int next = 0;
    for (RevisedTransaction txn : byInvocation) {
      while (next < byCompletion.size() && byCompletion.get(next).completed() < txn.invoked()) {
        RevisedTransaction completed = byCompletion.get(next++);
        if (newest == null || completed.revision() > newest.revision()) {
          newest = completed;
        }
      }
      if (newest == null) {
        continue;
      }
      long least = txn.writes() ? newest.revision() + 1 : newest.revision();
      if (txn.revision() < least) {
        add(
            Kind.REAL_TIME,
            "%s has revision %d and began (%s) after %s had completed (%s), which has revision %d"
                .formatted(
                    txn.name(),
                    txn.revision(),
                    Words.time(txn.invoked()),
                    newest.name(),
                    Words.time(newest.completed()),
                    newest.revision()));
      }
    }
  }

  private void add(Kind kind, String explanation) {
    violations.add(new Violation(kind, explanation));
  }
}
