package io.quorate.grpc;

/** The text of {@code grpc-timeout}: up to eight digits and a unit. */
final class Timeouts {
  /** The text is not a timeout. */
  static final long MALFORMED = -1;

  private static final int DIGITS_MAX = 8;

  private Timeouts() {}

  /** The timeout in nanoseconds, at most {@link Long#MAX_VALUE}, or {@link #MALFORMED}. */
  static long parse(CharSequence text) {
    int digits = text.length() - 1;
    if (digits < 1 || digits > DIGITS_MAX) {
      return MALFORMED;
    }
    long value = 0;
    for (int i = 0; i < digits; i++) {
      char c = text.charAt(i);
      if (c < '0' || c > '9') {
        return MALFORMED;
      }
      value = 10 * value + (c - '0');
    }
    long unit =
        switch (text.charAt(digits)) {
          case 'n' -> 1L;
          case 'u' -> 1_000L;
          case 'm' -> 1_000_000L;
          case 'S' -> 1_000_000_000L;
          case 'M' -> 60_000_000_000L;
          case 'H' -> 3_600_000_000_000L;
          default -> MALFORMED;
        };
    if (unit == MALFORMED) {
      return MALFORMED;
    }
    return value > Long.MAX_VALUE / unit ? Long.MAX_VALUE : value * unit;
  }
}
