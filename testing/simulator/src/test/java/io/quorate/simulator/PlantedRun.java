package io.quorate.simulator;

import java.lang.management.ManagementFactory;
import java.util.Locale;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * The default worlds from a seed on, until one is wrong: for a process of its own, whose class path
 * begins with a planted bug.
 */
final class PlantedRun {
  private static final Logger ALL = Logger.getLogger("");

  private PlantedRun() {}

  /** Takes the first seed and how many seconds of the processor it may take; 1 if all is right. */
  public static void main(String[] args) {
    ALL.setLevel(Level.OFF);
    long seed = Long.parseLong(args[0]);
    double most = Double.parseDouble(args[1]);
    while (cpuSeconds() < most) {
      Outcome outcome = World.run(Plan.draw(seed), false);
      if (!outcome.violations().isEmpty()) {
        String first = outcome.violations().getFirst().lines().findFirst().orElse("");
        System.out.printf(Locale.ROOT, "%d %.1f %s%n", seed, cpuSeconds(), first);
        return;
      }
      seed++;
    }
    System.exit(1);
  }

  private static double cpuSeconds() {
    var system =
        (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    return system.getProcessCpuTime() / 1e9;
  }
}
