package io.quorate.simulator;

import java.util.ArrayList;
import java.util.List;

/**
 * Finds the fewest faults with which a plan still fails: leaves out ever smaller parts of them
 * (delta debugging, Zeller and Hildebrandt, 2002).
 */
final class Shrinker {
  private static final int KIND_CHARS = 60;

  private Shrinker() {}

  static Plan shrink(Plan failing) {
    Plan smallest = failing;
    String kind = kind(World.run(failing, false));
    int parts = 2;
    while (smallest.faults().size() >= 2) {
      int size = smallest.faults().size();
      boolean smaller = false;
      for (int i = 0; i < parts && !smaller; i++) {
        List<Fault> kept = new ArrayList<>(smallest.faults().subList(0, size * i / parts));
        kept.addAll(smallest.faults().subList(size * (i + 1) / parts, size));
        if (kept.size() < size) {
          Plan candidate = smallest.withFaults(kept);
          if (kind(World.run(candidate, false)).equals(kind)) {
            smallest = candidate;
            smaller = true;
          }
        }
      }
      if (smaller) {
        parts = Math.max(2, parts - 1);
      } else if (parts >= size) {
        break;
      } else {
        parts = Math.min(size, parts * 2);
      }
    }
    return smallest;
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
