package io.quorate.checkers;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** How explanations write times and lists. */
final class Words {
  private Words() {}

  static String time(long nanos) {
    return String.format(Locale.ROOT, "%.3f ms", nanos / 1e6);
  }

  static String list(List<?> items) {
    return items.stream().map(String::valueOf).collect(Collectors.joining(", "));
  }
}
