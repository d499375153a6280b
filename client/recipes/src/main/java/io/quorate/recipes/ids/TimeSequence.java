package io.quorate.recipes.ids;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Numbers that rise, each once: a timestamp, and below it a sequence within that millisecond.
 *
 * <p>A number is taken by one compare-and-set of the last one, by any thread. The next is the last
 * plus one, or the first of the present millisecond, whichever is more; so whatever the clock does,
 * no number comes again and none is less than one before. Its timestamp must be reserved, and may
 * be ahead of the clock by no more than is allowed; else nothing is taken, and the caller waits.
 *
 * <p>A wall clock that steps back does not stop the numbers: where it is behind them, time goes on
 * from where it was, by the monotonic clock, until the wall has caught up. What this can't tell
 * from a wall that is right, it need not: only an id's time is off, not its uniqueness.
 *
 * <p>Thread-safe; allocates nothing.
 */
final class TimeSequence {
  /** Nothing was taken: the sequence of this millisecond is used up, or the clock is behind. */
  static final long NO_TIME = -1;

  /** Nothing was taken: the timestamp is not reserved. */
  static final long NOT_RESERVED = -2;

  /** Nothing was taken: the clock is further behind the last number than is allowed. */
  static final long CLOCK_BEHIND = -3;

  /** So many of a millisecond's numbers, of 64, may be left out where nothing went before. */
  private static final int SPREAD_BITS = 6;

  /** The last number of a sequence that gives no more: the next would have no time. */
  private static final long CLOSED = Long.MAX_VALUE - 1;

  private static final VarHandle LAST;

  static {
    try {
      LAST = MethodHandles.lookup().findVarHandle(TimeSequence.class, "last", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final IdClock clock;
  private final long epochMillis;
  private final long aheadMillis;
  private final long behindMaxMillis;
  private final int bits;
  private final long mask;
  private final long spreadMask;

  /** Whoever waits for time does so in turn: one sleeps, the others sleep until it has slept. */
  private final ReentrantLock turn = new ReentrantLock();

  private volatile long last;
  private volatile long reserved = Long.MIN_VALUE;

  // Guarded by this: a moment at which time was so and so, by both clocks, and what the wall said.
  private long steadyWall;
  private long steadyMillis;
  private long steadyNanos;

  /**
   * Nothing is reserved at first.
   *
   * @param from the first timestamp that may be issued
   * @param aheadMillis how far timestamps may be ahead of time
   * @param behindMaxMillis how far the clock may be behind the numbers, else none is given
   */
  TimeSequence(
      SnowflakeLayout layout, IdClock clock, long from, long aheadMillis, long behindMaxMillis) {
    this.clock = clock;
    this.aheadMillis = aheadMillis;
    this.behindMaxMillis = behindMaxMillis;
    epochMillis = layout.epoch().toEpochMilli();
    bits = layout.sequenceBits();
    mask = layout.sequenceMax();
    spreadMask = mask >>> SPREAD_BITS;
    last = (from << bits) - 1;
    steadyWall = clock.millis() - epochMillis;
    steadyMillis = steadyWall;
    steadyNanos = clock.nanoTime();
  }

  /**
   * Takes numbers that follow each other.
   *
   * @param wanted how many, at least 1
   * @return the first; with it come as many as {@link #count} says. {@link #NO_TIME}, {@link
   *     #NOT_RESERVED} or {@link #CLOCK_BEHIND} if none can be taken now
   */
  long take(int wanted) {
    while (true) {
      long before = last;
      long now = clock.millis() - epochMillis;
      long first = following(before, now);
      long timestamp = first >>> bits;
      if (timestamp > now + aheadMillis) {
        if (timestamp - aheadMillis - now > behindMaxMillis) {
          return CLOCK_BEHIND;
        }
        if (timestamp > steadyNow() + aheadMillis) {
          return NO_TIME;
        }
      }
      if (timestamp > reserved) {
        return NOT_RESERVED;
      }
      if (LAST.compareAndSet(this, before, first + count(first, wanted) - 1)) {
        return first;
      }
    }
  }

  /** How many numbers were taken with the first, where so many were wanted. */
  int count(long first, int wanted) {
    return (int) Math.min(wanted, mask - (first & mask) + 1);
  }

  /**
   * After a pause the sequence begins somewhere in the first sixty-fourth, so that the ids of a
   * quiet generator aren't all multiples of a power of two, which would skew what is distributed by
   * an id's remainder.
   */
  private long following(long before, long now) {
    if (now > (before >> bits) + 1) {
      long mixed = now * 0x9e3779b97f4a7c15L;
      return (now << bits) | ((mixed >>> 40) & spreadMask);
    }
    return Math.max(before + 1, now << bits);
  }

  /** The timestamp of the next number, if it were taken now. */
  long wanted() {
    return following(last, clock.millis() - epochMillis) >>> bits;
  }

  /** The last timestamp that was issued, or the one before the first that may be. */
  long lastTimestamp() {
    return last >> bits;
  }

  /** Up to this timestamp everything may be issued. It never falls. */
  synchronized void reserve(long timestamp) {
    reserved = Math.max(reserved, timestamp);
  }

  long reserved() {
    return reserved;
  }

  /**
   * Gives no number any more.
   *
   * @return the last timestamp that was issued
   */
  long close() {
    long before = (long) LAST.getAndSet(this, CLOSED);
    return before >> bits;
  }

  /**
   * Waits until the clock may have come to the next number, or for so long at the most. Afterwards
   * there may be time, or others may have used it up.
   */
  void awaitTime(long nanosMax) throws InterruptedException {
    turn.lockInterruptibly();
    try {
      long before = last;
      long nanos = Math.min(nanosMax, nanosUntil(((before + 1) >>> bits) - aheadMillis));
      if (nanos > 0 && before != CLOSED) {
        clock.pause(nanos);
      }
    } finally {
      turn.unlock();
    }
    if (Thread.interrupted()) {
      throw new InterruptedException();
    }
  }

  /** How far the clock is behind the last number; 0 if it isn't. */
  long millisBehind() {
    return Math.max(0, (last >> bits) - aheadMillis - (clock.millis() - epochMillis));
  }

  private long nanosUntil(long timestamp) {
    long wall = clock.millis() - epochMillis;
    long millis = timestamp - Math.max(wall, steadyNow());
    if (millis <= 0) {
      return 0;
    }
    long into = wall >= timestamp - 1 ? clock.nanosIntoMilli() : 0;
    return Math.min(millis, Long.MAX_VALUE / (2 * IdClock.NANOS_PER_MILLI))
            * IdClock.NANOS_PER_MILLI
        - into;
  }

  /**
   * Time as it goes on here: the wall's, and what has passed since it moved, as it may do so in
   * ticks of 15 ms; or, if that is behind what was issued, what was issued last, and what has
   * passed since.
   */
  private synchronized long steadyNow() {
    long wall = clock.millis() - epochMillis;
    long nanos = clock.nanoTime();
    long issued = (last >> bits) - aheadMillis;
    long steady = steadyMillis + (nanos - steadyNanos) / IdClock.NANOS_PER_MILLI;
    boolean moved = wall != steadyWall;
    if ((moved && wall >= issued) || steady < issued) {
      steadyWall = wall;
      steadyMillis = Math.max(wall, issued);
      steadyNanos = nanos;
      return steadyMillis;
    }
    return steady;
  }
}
