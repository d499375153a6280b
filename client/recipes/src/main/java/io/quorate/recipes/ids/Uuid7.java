package io.quorate.recipes.ids;

import java.security.SecureRandom;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;

/**
 * UUIDs that rise with time: version 7 of RFC 9562, section 5.7.
 *
 * <pre>
 * unix time, ms 48 | version 4 | counter 12 | variant 2 | counter 6, random 56
 * </pre>
 *
 * <p>Those of one generator rise, whatever its clock does: a counter of 18 bits, which begins
 * anywhere in its lower half in each millisecond, follows the time (method 1 of section 6.2), and
 * where it runs over, or the clock steps back, time goes on by itself. Those of several generators
 * differ by 56 random bits and where their counters are: nobody need be asked, and nothing is
 * reserved, which is what sets them apart from {@link SnowflakeIds}: they are unique in all
 * likelihood.
 *
 * <p>Safe for use by many threads.
 */
public final class Uuid7 {
  private static final int COUNTER_BITS = 18;
  private static final int LOW_BITS = 6;
  private static final int RANDOM_BITS = 56;
  private static final long VERSION = 0x7000L;
  private static final long VARIANT = 0x8000_0000_0000_0000L;

  private static final Uuid7 SHARED = new Uuid7(IdClock.SYSTEM, new SecureRandom());

  private final IdClock clock;
  private final Random random;
  private final AtomicLong last = new AtomicLong(); // milliseconds, and below them the counter

  Uuid7(IdClock clock, Random random) {
    this.clock = clock;
    this.random = random;
  }

  /** The next one of this process; greater, as text and as bytes, than all before. */
  public static UUID next() {
    return SHARED.generate();
  }

  /** The milliseconds since 1970 that a UUID of version 7 begins with. */
  public static long millis(UUID id) {
    if (id.version() != 7) {
      throw new IllegalArgumentException(id + " is of version " + id.version());
    }
    return id.getMostSignificantBits() >>> 16;
  }

  UUID generate() {
    long noise = random.nextLong();
    long number = number(noise);
    long counter = number & ((1L << COUNTER_BITS) - 1);
    long most = ((number >>> COUNTER_BITS) << 16) | VERSION | (counter >>> LOW_BITS);
    long low = counter & ((1L << LOW_BITS) - 1);
    long least = VARIANT | (low << RANDOM_BITS) | (noise >>> (Long.SIZE - RANDOM_BITS));
    return new UUID(most, least);
  }

  private long number(long noise) {
    long start = noise & ((1L << (COUNTER_BITS - 1)) - 1);
    long fresh = (clock.millis() << COUNTER_BITS) | start;
    while (true) {
      long before = last.get();
      boolean isLater = fresh >>> COUNTER_BITS > before >>> COUNTER_BITS;
      long next = isLater ? fresh : before + 1;
      if (last.compareAndSet(before, next)) {
        return next;
      }
    }
  }
}
