package io.quorate.simulator;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * Finds the smallest world that still fails as a given one does: leaves out ever smaller parts of
 * its faults (delta debugging, Zeller and Hildebrandt, 2002), and makes everything else about it as
 * small and as plain as it can be.
 */
final class Shrinker {
  private static final int KIND_CHARS = 60;
  private static final long SECOND = 1_000_000_000L;

  /** Values of a plan that make a world smaller or plainer, the smallest first. */
  private record Simpler(String name, List<?> values) {}

  private static final List<Simpler> SIMPLER =
      List.of(
          new Simpler("quirks", List.of(0)),
          new Simpler("backups", List.of(0, 1)),
          new Simpler("groups", List.of(1)),
          new Simpler("learners", List.of(0)),
          new Simpler("abandoned", List.of(0)),
          new Simpler("members", List.of(1, 3, 5)),
          new Simpler("clients", List.of(1, 2, 4)),
          new Simpler("operationsPerSecond", List.of(20)),
          new Simpler("keys", List.of(2)),
          new Simpler("compacts", List.of(false)),
          new Simpler("delayNanos", List.of(100_000)),
          new Simpler("syncNanos", List.of(100_000)));

  private final Function<Plan, String> judge;
  private final String kind;
  private Plan smallest;

  /**
   * @param judge says what is wrong first in a plan's world; empty if nothing is
   */
  private Shrinker(Plan failing, Function<Plan, String> judge) {
    this.judge = judge;
    this.smallest = failing;
    this.kind = kind(judge.apply(failing));
  }

  /** The smallest world that was found; the given one, if that doesn't fail. */
  static Plan shrink(Plan failing) {
    return shrink(failing, Shrinker::first);
  }

  /** The same, by another judge. */
  static Plan shrink(Plan failing, Function<Plan, String> judge) {
    Shrinker shrinker = new Shrinker(failing, judge);
    if (!shrinker.kind.isEmpty()) {
      shrinker.dropFaults();
      shrinker.simplify();
      shrinker.dropFaults();
    }
    return shrinker.smallest;
  }

  private void dropFaults() {
    int parts = 2;
    while (!smallest.faults().isEmpty()) {
      int size = smallest.faults().size();
      boolean smaller = false;
      for (int i = 0; i < parts && !smaller; i++) {
        List<Fault> kept = new ArrayList<>(smallest.faults().subList(0, size * i / parts));
        kept.addAll(smallest.faults().subList(size * (i + 1) / parts, size));
        smaller = kept.size() < size && isEnough(smallest.withFaults(kept));
      }
      if (smaller) {
        parts = Math.max(2, parts - 1);
      } else if (parts >= size) {
        return;
      } else {
        parts = Math.min(size, parts * 2);
      }
    }
  }

  private void simplify() {
    for (Simpler each : SIMPLER) {
      for (Object value : each.values()) {
        Plan simpler = fit(Scenario.with(smallest, each.name(), value));
        if (isSmaller(simpler) && isEnough(simpler)) {
          break;
        }
      }
    }
    long last = smallest.faults().isEmpty() ? 0 : smallest.faults().getLast().at();
    boolean _ = isEnough(smallest.withLoad(Math.min(smallest.loadNanos(), last + 5 * SECOND)));
  }

  private boolean isSmaller(Plan plan) {
    return !plan.equals(smallest)
        && plan.members() <= smallest.members()
        && plan.clients() <= smallest.clients()
        && plan.keys() <= smallest.keys()
        && plan.operationsPerSecond() <= smallest.operationsPerSecond()
        && plan.learners() < plan.members()
        && 2 * plan.abandoned() < plan.members();
  }

  /** Without what happens to members that there aren't; the other side may be anybody. */
  private static Plan fit(Plan plan) {
    return plan.withFaults(
        plan.faults().stream()
            .filter(each -> each.member() <= plan.members())
            .map(each ->
                new Fault(
                    each.at(),
                    each.kind(),
                    each.member(),
                    (each.other() - 1) % plan.members() + 1,
                    each.nanos()))
            .toList());
  }

  /** Keeps a plan if it fails in the same way. */
  private boolean isEnough(Plan candidate) {
    boolean fails = kind(judge.apply(candidate)).equals(kind);
    if (fails) {
      smallest = candidate;
    }
    return fails;
  }

  private static String first(Plan plan) {
    List<String> violations = World.run(plan, false).violations();
    return violations.isEmpty() ? "" : violations.getFirst();
  }

  /** What was wrong, without its numbers, and without what it was about. */
  private static String kind(String wrong) {
    String plain = wrong.replaceAll("group [0-9]+: ", "").replaceAll("[0-9]+", "");
    return plain.substring(0, Math.min(KIND_CHARS, plain.length()));
  }
}
