package io.quorate.xa;

/** How long something waits before it is tried again: longer each time, up to a bound. */
final class Pause {
  private static final long NANOS_MIN = 20_000_000L;
  private static final int DOUBLINGS_MAX = 10;

  /** For calls to the store, which has pauses of its own. */
  private static final long STORE_NANOS_MAX = 1_000_000_000L;

  /** For orders to databases, which may be down for long. */
  private static final long ORDER_NANOS_MAX = 5_000_000_000L;

  private Pause() {}

  /** Before a call to the store that has failed so often. */
  static long ofStore(int failures) {
    return Math.min(STORE_NANOS_MAX, nanos(failures));
  }

  /** Before an order to a branch that has failed so often. */
  static long ofOrder(int failures) {
    return Math.min(ORDER_NANOS_MAX, nanos(failures));
  }

  private static long nanos(int failures) {
    return NANOS_MIN << Math.min(failures, DOUBLINGS_MAX);
  }
}
