package io.quorate.cli;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Times as Go writes and reads them: {@code 1.5s}, {@code 2m0.25s}, {@code 740.1µs}. */
final class GoDuration {
  private GoDuration() {}

  static String format(Duration duration) {
    long nanos = duration.toNanos();
    if (nanos == 0) {
      return "0s";
    }
    if (nanos < 1_000) {
      return nanos + "ns";
    }
    if (nanos < 1_000_000) {
      return scaled(nanos, 3) + "µs";
    }
    if (nanos < 1_000_000_000) {
      return scaled(nanos, 6) + "ms";
    }
    long minutes = nanos / 60_000_000_000L;
    String seconds = scaled(nanos % 60_000_000_000L, 9) + "s";
    if (minutes == 0) {
      return seconds;
    }
    return minutes < 60
        ? minutes + "m" + seconds
        : minutes / 60 + "h" + minutes % 60 + "m" + seconds;
  }

  private static String scaled(long nanos, int digits) {
    BigDecimal value = BigDecimal.valueOf(nanos, digits).stripTrailingZeros();
    return value.signum() == 0 ? "0" : value.toPlainString();
  }

  /** The time that a text means, or null if it means none. */
  static @Nullable Duration parse(String text) {
    String rest = text.trim();
    if (rest.equals("0")) {
      return Duration.ZERO;
    }
    if (rest.isEmpty()) {
      return null;
    }
    BigDecimal nanos = BigDecimal.ZERO;
    while (!rest.isEmpty()) {
      int end = 0;
      while (end < rest.length()
          && (Character.isDigit(rest.charAt(end)) || rest.charAt(end) == '.')) {
        end++;
      }
      int unitEnd = end;
      while (unitEnd < rest.length()
          && !Character.isDigit(rest.charAt(unitEnd))
          && rest.charAt(unitEnd) != '.') {
        unitEnd++;
      }
      long unit =
          switch (rest.substring(end, unitEnd)) {
            case "ns" -> 1L;
            case "us", "µs" -> 1_000L;
            case "ms" -> 1_000_000L;
            case "s" -> 1_000_000_000L;
            case "m" -> 60_000_000_000L;
            case "h" -> 3_600_000_000_000L;
            default -> 0L;
          };
      if (unit == 0) {
        return null;
      }
      try {
        nanos =
            nanos.add(new BigDecimal(rest.substring(0, end)).multiply(BigDecimal.valueOf(unit)));
      } catch (NumberFormatException _) {
        return null;
      }
      rest = rest.substring(unitEnd);
    }
    if (nanos.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) > 0) {
      return null;
    }
    return Duration.ofNanos(nanos.setScale(0, RoundingMode.DOWN).longValueExact());
  }
}
