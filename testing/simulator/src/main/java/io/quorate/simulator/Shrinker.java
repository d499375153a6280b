package io.quorate.simulator;

import java.util.ArrayList;
import java.util.List;

/**
 * Finds the smallest world that still fails as a given one does: leaves out ever smaller parts of
 * its faults (delta debugging, Zeller and Hildebrandt, 2002), and makes everything else about it as
 * small and as plain as it can be.
 */
final class Shrinker {
  private static final int KIND_CHARS = 60;
  private static final long SECOND = 1_000_000_000L;

  /** A value of a plan that makes a world smaller or plainer. */
  private record Simpler(String name, Object value) {}

  private static final List<Simpler> SIMPLER =
      List.of(
          new Simpler("quirks", 0),
          new Simpler("groups", 1),
          new Simpler("learners", 0),
          new Simpler("abandoned", 0),
          new Simpler("members", 1),
          new Simpler("members", 3),
          new Simpler("members", 5),
          new Simpler("clients", 1),
          new Simpler("clients", 2),
          new Simpler("clients", 4),
          new Simpler("operationsPerSecond", 20),
          new Simpler("keys", 2),
          new Simpler("compacts", false),
          new Simpler("delayNanos", 100_000),
          new Simpler("syncNanos", 100_000),
          new Simpler("appendEntriesMax", 0),
          new Simpler("electionNanos", SECOND),
          new Simpler("retainedEntries", 5_000));

  private final String kind;
  private Plan smallest;

  private Shrinker(Plan failing) {
    smallest = failing;
    kind = kind(World.run(failing, false));
  }

  /** The smallest world that was found; the given one, if that doesn't fail. */
  static Plan shrink(Plan failing) {
    Shrinker shrinker = new Shrinker(failing);
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
      Plan simpler = Scenario.with(smallest, each.name(), each.value());
      if (isWhole(simpler) && !simpler.equals(smallest)) {
        boolean _ = isEnough(simpler);
      }
    }
    long last = smallest.faults().isEmpty() ? 0 : smallest.faults().getLast().at();
    boolean _ = isEnough(smallest.withLoad(Math.min(smallest.loadNanos(), last + 5 * SECOND)));
  }

  /** Whether a plan speaks of no member that it doesn't have. */
  private static boolean isWhole(Plan plan) {
    return plan.learners() < plan.members()
        && 2 * plan.abandoned() < plan.members()
        && plan.faults().stream()
            .allMatch(each -> each.member() <= plan.members() && each.other() <= plan.members());
  }

  /** Keeps a plan if it fails in the same way. */
  private boolean isEnough(Plan candidate) {
    boolean fails = kind(World.run(candidate, false)).equals(kind);
    if (fails) {
      smallest = candidate;
    }
    return fails;
  }

  /** What was wrong first, without its numbers; empty if nothing was. */
  private static String kind(Outcome outcome) {
    if (outcome.violations().isEmpty()) {
      return "";
    }
    String first = outcome.violations().getFirst().replaceAll("[0-9]+", "");
    return first.substring(0, Math.min(KIND_CHARS, first.length()));
  }
}
