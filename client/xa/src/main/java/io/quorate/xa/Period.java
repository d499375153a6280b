package io.quorate.xa;

/**
 * A row of an incarnation's transactions, those of {@value #LENGTH} numbers, which are known
 * together: while the period's key is there, so is the bit in the {@link History} of each of them
 * that was committed by all its branches and forgotten. Key and bits are under one lease, so they
 * go at one revision. The key is written once, before any of these numbers is given.
 */
final class Period {
  private static final int SHIFT = 20;

  /** A multiple of what a chunk of the history has. */
  static final long LENGTH = 1L << SHIFT;

  private Period() {}

  /** The number of the period that a transaction is in. */
  static long of(long sequence) {
    return sequence >>> SHIFT;
  }

  /** The number of a period's first transaction. */
  static long first(long period) {
    return period << SHIFT;
  }
}
