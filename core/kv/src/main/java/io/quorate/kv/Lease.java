package io.quorate.kv;

/**
 * A lease as the group has agreed on it. When it ends is not part of that: the leader counts its
 * time, and has its end agreed on.
 *
 * @param id its number, never 0
 * @param ttlSeconds the time to live that was granted, in seconds
 * @param remainingSeconds what a leader had measured to be left of it at the last checkpoint, or 0
 *     if none was made since it was renewed
 */
public record Lease(long id, long ttlSeconds, long remainingSeconds) {
  /** For how long it lives when a member begins to lead. */
  public long secondsFromNewLeader() {
    return remainingSeconds > 0 ? remainingSeconds : ttlSeconds;
  }
}
