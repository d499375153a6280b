package io.quorate.system;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;

/** What a run measures, one line each. */
final class Figures {
  private static final Path KEPT = Path.of("target", "system-figures.txt");

  private Figures() {}

  /** Whether all rounds are run. */
  static boolean full() {
    return Boolean.getBoolean("system.full");
  }

  /** The count for a full run or for a quick one; {@code -Dsystem.rounds} overrides both. */
  static int rounds(int full, int quick) {
    return Integer.getInteger("system.rounds", full() ? full : quick);
  }

  /** Prints a figure, with the load of the machine, and keeps it. */
  static void print(String figure) {
    String line = "FIGURE %s (load average %s)%n".formatted(figure, loadAverage());
    System.out.print(line);
    try {
      Files.createDirectories(KEPT.toAbsolutePath().getParent());
      Files.writeString(
          KEPT,
          Instant.now().truncatedTo(ChronoUnit.SECONDS) + " " + line,
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String loadAverage() {
    return String.format(
        Locale.ROOT,
        "%.1f",
        java.lang.management.ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
  }

  /** The middle one; of an even number, the upper of the two in the middle. */
  static double median(List<Double> values) {
    double[] sorted = values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    return sorted[sorted.length / 2];
  }
}
