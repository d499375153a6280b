package io.quorate.node;

/**
 * How a lease stands, by its leader's clock.
 *
 * @param ttlSeconds the time to live that was granted; 0 if there is no such lease
 * @param remainingSeconds how much of it is left, rounded down; −1 if there is no such lease
 */
public record LeaseStanding(long ttlSeconds, long remainingSeconds) {
  /** There is no such lease. */
  public static final LeaseStanding NONE = new LeaseStanding(0, -1);

  /** Whether there is such a lease. */
  public boolean exists() {
    return remainingSeconds >= 0;
  }
}
