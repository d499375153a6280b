package io.quorate.transport;

import java.util.SplittableRandom;

/**
 * How long to wait before dialling a peer again: hardly at all the first time, since a connection
 * that broke may just have been reset, then twice as long each time, up to a bound. A part of each
 * pause is random, so that members that lost each other together don't come back in step.
 *
 * <p>Used on the loop only.
 */
final class Pause {
  private static final long FIRST_NANOS_MAX = 10_000_000;
  private static final long BASE_NANOS = 20_000_000;
  private static final long REFUSED_BASE_NANOS = 1_000_000_000;
  private static final int DOUBLINGS_MAX = 30;

  private final SplittableRandom random;
  private final long nanosMax;
  private final long refusedNanosMax;
  private int failures;
  private int refusals;

  Pause(SplittableRandom random, long nanosMax, long refusedNanosMax) {
    this.random = random;
    this.nanosMax = nanosMax;
    this.refusedNanosMax = refusedNanosMax;
  }

  /** The pause after the peer couldn't be reached, or went away. */
  long afterFailure() {
    refusals = 0;
    if (failures++ == 0) {
      return random.nextLong(Math.min(FIRST_NANOS_MAX, nanosMax) + 1);
    }
    return jittered(BASE_NANOS, failures - 2, nanosMax);
  }

  /** The pause after one of the two sides refused the other, which seldom changes soon. */
  long afterRefusal() {
    return jittered(REFUSED_BASE_NANOS, refusals++, refusedNanosMax);
  }

  /** All is well again: the next failure is a first one. */
  void reset() {
    failures = 0;
    refusals = 0;
  }

  private long jittered(long base, int doublings, long max) {
    long pause = Math.min(max, base << Math.min(doublings, DOUBLINGS_MAX));
    return pause / 2 + random.nextLong(pause / 2 + 1);
  }
}
