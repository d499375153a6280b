package io.quorate.cli;

import io.quorate.recipes.ids.SnowflakeLayout;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;

/** How the command line says how ids are made up. */
final class IdLayout {
  private static final int PARTS = 4;

  private IdLayout() {}

  /**
   * The layout of a name such as {@code 53-bit}, or of four widths in bits.
   *
   * @param epoch in place of the layout's own; empty for that
   */
  static SnowflakeLayout of(String layout, String epoch) {
    SnowflakeLayout found =
        switch (layout) {
          case "default" -> SnowflakeLayout.TWITTER;
          case "53-bit" -> SnowflakeLayout.JAVASCRIPT;
          default -> widths(layout);
        };
    if (epoch.isEmpty()) {
      return found;
    }
    try {
      return found.since(moment(epoch));
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw new UsageError("--epoch: " + e.getMessage());
    }
  }

  private static SnowflakeLayout widths(String text) {
    String[] parts = text.split("/", -1);
    int[] bits = new int[PARTS];
    try {
      if (parts.length != PARTS) {
        throw new NumberFormatException("not four");
      }
      for (int i = 0; i < PARTS; i++) {
        bits[i] = Integer.parseInt(parts[i]);
      }
    } catch (NumberFormatException _) {
      throw new UsageError(
          "--layout is not default, 53-bit, or the widths of time, datacenter, worker and sequence"
              + " such as 41/5/5/12: "
              + text);
    }
    try {
      return new SnowflakeLayout(
          SnowflakeLayout.TWITTER.epoch(), bits[0], bits[1], bits[2], bits[3]);
    } catch (IllegalArgumentException e) {
      throw new UsageError("--layout: " + e.getMessage());
    }
  }

  private static Instant moment(String text) {
    try {
      if (text.matches("-?\\d+")) {
        return Instant.ofEpochMilli(Long.parseLong(text));
      }
      return text.indexOf('T') < 0
          ? LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toInstant()
          : Instant.parse(text);
    } catch (DateTimeException | NumberFormatException _) {
      throw new UsageError(
          "--epoch is not a time such as 2024-01-01, 2024-01-01T00:00:00Z, or milliseconds since"
              + " 1970: "
              + text);
    }
  }

  /** As {@code --layout} has it. */
  static String widths(SnowflakeLayout layout) {
    return layout.timestampBits()
        + "/"
        + layout.datacenterBits()
        + "/"
        + layout.workerBits()
        + "/"
        + layout.sequenceBits();
  }
}
