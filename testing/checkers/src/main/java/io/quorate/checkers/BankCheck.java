package io.quorate.checkers;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Money that is moved between accounts by transactions is the same in sum whenever it is looked at.
 *
 * <p>Give it several totals that overlap, and moves that keep them all: two wrong moves may cancel
 * out in one sum, and hardly do in all of them. It doesn't see what cancels out in all, so it never
 * stands alone.
 */
public final class BankCheck {
  /**
   * A sum that is always the same.
   *
   * @param name what violations call it
   */
  public record Total(String name, Set<String> accounts, long sum) {
    public Total {
      accounts = Set.copyOf(accounts);
      if (accounts.isEmpty()) {
        throw new IllegalArgumentException("the total " + name + " is of no account");
      }
    }
  }

  /**
   * What one transaction read.
   *
   * @param name what violations call it; with a time or a revision it is found in logs
   * @param asked the accounts that it asked for
   * @param balances what it was answered
   */
  public record Snapshot(String name, Set<String> asked, Map<String, Long> balances) {
    public Snapshot {
      asked = Set.copyOf(asked);
      balances = Map.copyOf(balances);
    }
  }

  private final List<Total> totals;

  /** A check of {@code totals}, each of which is judged where all its accounts were asked for. */
  public BankCheck(List<Total> totals) {
    this.totals = List.copyOf(totals);
  }

  /** What is wrong, in the order of the snapshots; empty if nothing is. */
  public List<String> check(List<Snapshot> snapshots) {
    List<String> violations = new ArrayList<>();
    for (Snapshot snapshot : snapshots) {
      List<String> missing =
          snapshot.asked().stream()
              .filter(account -> !snapshot.balances().containsKey(account))
              .sorted()
              .toList();
      if (!missing.isEmpty()) {
        violations.add(snapshot.name() + " was not answered " + Words.list(missing));
        continue;
      }
      for (Total total : totals) {
        if (snapshot.asked().containsAll(total.accounts())) {
          checkSum(snapshot, total, violations);
        }
      }
    }
    return violations;
  }

  private static void checkSum(Snapshot snapshot, Total total, List<String> violations) {
    long sum = 0;
    for (String account : total.accounts()) {
      sum = Math.addExact(sum, snapshot.balances().getOrDefault(account, 0L));
    }
    if (sum != total.sum()) {
      violations.add(
          "%s saw %s at %d, %+d of what it is"
              .formatted(snapshot.name(), total.name(), sum, sum - total.sum()));
    }
  }
}
