package io.quorate.checkers;

/**
 * How much may still be searched, in edges looked at: a measure that is the same on every machine,
 * unlike seconds. One thread.
 */
final class Budget {
  private long left;

  Budget(long steps) {
    this.left = steps;
  }

  /** Takes {@code steps} away. False if there weren't as many: then the search ends. */
  boolean spend(long steps) {
    left = Math.max(-1, left - steps);
    return left >= 0;
  }

  boolean isExhausted() {
    return left < 0;
  }

  long left() {
    return Math.max(0, left);
  }
}
