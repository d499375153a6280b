package io.quorate.raft;

import io.quorate.base.Limits;

/**
 * What a majority has reached: the highest value that more than half of some voters have at least.
 * Owns a scratch array; one owner thread.
 */
final class Quorum {
  private final long[] scratch = new long[Limits.MEMBERS_MAX];
  private int count;

  void clear() {
    count = 0;
  }

  /** Adds one voter's value, in order. */
  void add(long value) {
    int at = count++;
    while (at > 0 && scratch[at - 1] > value) {
      scratch[at] = scratch[at - 1];
      at--;
    }
    scratch[at] = value;
  }

  /** The value that a majority of the added has; with none added, no bound at all. */
  long reached() {
    return count == 0 ? Long.MAX_VALUE : scratch[(count - 1) / 2];
  }
}
