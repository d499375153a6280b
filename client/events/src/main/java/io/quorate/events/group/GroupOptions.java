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
 * @param eventsPerStep for how many events at most the store writes in one step, where it does what
 *     is done for them
 */
public record GroupOptions(
    int partitions,
    Position from,
    int attempts,
    Duration retryDelay,
    Duration ttl,
    int checkpointEvery,
    int eventsPerStep) {
  private static final int PARTITIONS_MAX = 1_000;

  /** Eight partitions from the start, five attempts a second apart, ten seconds to live. */
  public static final GroupOptions DEFAULT =
      new GroupOptions(
          8,
          Position.START,
          5,
          Duration.ofSeconds(1),
          Duration.ofSeconds(10),
          100,
          ConsumerGroup.OPS_MAX);

  /** Checks the bounds. */
  public GroupOptions {
    if (partitions < 1 || partitions > PARTITIONS_MAX) {
      throw new IllegalArgumentException(
          "partitions=" + partitions + ": at least one, at most " + PARTITIONS_MAX);
    }
    if (eventsPerStep < 1 || eventsPerStep > ConsumerGroup.OPS_MAX) {
      throw new IllegalArgumentException(
          "eventsPerStep=" + eventsPerStep + ": at least one, at most " + ConsumerGroup.OPS_MAX);
    }
    if (attempts < 1
        || checkpointEvery < 1
        || retryDelay.isNegative()
        || ttl.isNegative()
        || ttl.isZero()) {
      throw new IllegalArgumentException(
          "attempts="
              + attempts
              + " checkpointEvery="
              + checkpointEvery
              + " retryDelay="
              + retryDelay
              + " ttl="
              + ttl);
    }
  }

  /** The same, with so many partitions. */
  public GroupOptions partitions(int count) {
    return new GroupOptions(count, from, attempts, retryDelay, ttl, checkpointEvery, eventsPerStep);
  }

  /** The same, beginning behind a position. */
  public GroupOptions from(Position after) {
    return new GroupOptions(
        partitions, after, attempts, retryDelay, ttl, checkpointEvery, eventsPerStep);
  }

  /** The same, trying an event so often, with this between two attempts. */
  public GroupOptions attempts(int count, Duration delay) {
    return new GroupOptions(partitions, from, count, delay, ttl, checkpointEvery, eventsPerStep);
  }

  /** The same, with so long for a consumer of which nothing is heard. */
  public GroupOptions ttl(Duration life) {
    return new GroupOptions(
        partitions, from, attempts, retryDelay, life, checkpointEvery, eventsPerStep);
  }

  /** The same, with a checkpoint after so many events. */
  public GroupOptions checkpointEvery(int events) {
    return new GroupOptions(partitions, from, attempts, retryDelay, ttl, events, eventsPerStep);
  }

  /**
   * The same, with at most so many events in one step of the store. With more than one a projector
   * is asked for an event before what was written for those ahead of it can be read: one that reads
   * what it has written needs one.
   */
  public GroupOptions eventsPerStep(int events) {
    return new GroupOptions(partitions, from, attempts, retryDelay, ttl, checkpointEvery, events);
  }
}
