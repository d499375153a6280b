package io.quorate.events.group;

import io.quorate.events.Position;
import java.time.Duration;

/**
 * How a group of consumers behaves.
 *
 * @param partitions into how many parts its streams fall; the most consumers that have something to
 *     do. Written when the group is used for the first time, and never changed
 * @param from where a partition begins that has no checkpoint
 * @param attempts how often an event is tried before it is parked
 * @param retryDelay between two attempts
 * @param ttl how long a consumer of which nothing is heard keeps its partitions
 * @param checkpointEvery after how many events a checkpoint is written, if not earlier by time
 */
public record GroupOptions(
    int partitions,
    Position from,
    int attempts,
    Duration retryDelay,
    Duration ttl,
    int checkpointEvery) {
  private static final int PARTITIONS_MAX = 1_000;

  /** Eight partitions from the start, five attempts a second apart, ten seconds to live. */
  public static final GroupOptions DEFAULT =
      new GroupOptions(8, Position.START, 5, Duration.ofSeconds(1), Duration.ofSeconds(10), 100);

  /** Checks the bounds. */
  public GroupOptions {
    if (partitions < 1 || partitions > PARTITIONS_MAX) {
      throw new IllegalArgumentException(
          "partitions=" + partitions + ": at least one, at most " + PARTITIONS_MAX);
    }
    if (attempts < 1 || checkpointEvery < 1 || retryDelay.isNegative()) {
      throw new IllegalArgumentException(
          "attempts="
              + attempts
              + " checkpointEvery="
              + checkpointEvery
              + " retryDelay="
              + retryDelay);
    }
  }

  /** The same, with so many partitions. */
  public GroupOptions partitions(int count) {
    return new GroupOptions(count, from, attempts, retryDelay, ttl, checkpointEvery);
  }

  /** The same, beginning behind a position. */
  public GroupOptions from(Position after) {
    return new GroupOptions(partitions, after, attempts, retryDelay, ttl, checkpointEvery);
  }

  /** The same, trying an event so often, with this between two attempts. */
  public GroupOptions attempts(int count, Duration delay) {
    return new GroupOptions(partitions, from, count, delay, ttl, checkpointEvery);
  }

  /** The same, with so long for a consumer of which nothing is heard. */
  public GroupOptions ttl(Duration life) {
    return new GroupOptions(partitions, from, attempts, retryDelay, life, checkpointEvery);
  }

  /** The same, with a checkpoint after so many events. */
  public GroupOptions checkpointEvery(int events) {
    return new GroupOptions(partitions, from, attempts, retryDelay, ttl, events);
  }
}
