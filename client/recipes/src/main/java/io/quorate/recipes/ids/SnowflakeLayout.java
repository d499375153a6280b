package io.quorate.recipes.ids;

import java.time.Instant;

/**
 * How the bits of an id are used: from the top the sign, which stays 0, the time in milliseconds
 * since the epoch, the datacenter, the worker, and a number within the millisecond.
 *
 * <pre>
 * 0 | timestamp 41 | datacenter 5 | worker 5 | sequence 12
 * </pre>
 *
 * <p>Source: Twitter's Snowflake, 2010.
 *
 * @param epoch when timestamp 0 is; whole milliseconds
 * @param timestampBits 1 to 62; 41 last 69.7 years
 * @param datacenterBits 0 to 22
 * @param workerBits 0 to 22
 * @param sequenceBits 1 to 22; 12 are 4,096 ids in a millisecond
 */
public record SnowflakeLayout(
    Instant epoch, int timestampBits, int datacenterBits, int workerBits, int sequenceBits) {
  private static final int BITS = 63;
  private static final int PART_BITS_MAX = 22;
  private static final int JAVASCRIPT_BITS = 53;

  /** Twitter's own: 41, 5, 5 and 12 bits from 4 November 2010; it lasts until July 2080. */
  public static final SnowflakeLayout TWITTER =
      new SnowflakeLayout(Instant.ofEpochMilli(1_288_834_974_657L), 41, 5, 5, 12);

  /**
   * For ids that must pass through JavaScript's numbers, which are exact up to 2^53 - 1: 41, 0, 5
   * and 7 bits from 2024 on; 32 workers of 128 ids in a millisecond each, until 2093.
   */
  public static final SnowflakeLayout JAVASCRIPT =
      new SnowflakeLayout(Instant.parse("2024-01-01T00:00:00Z"), 41, 0, 5, 7);

  /**
   * Checks the widths.
   *
   * @throws IllegalArgumentException if one is out of bounds, or all are more than 63 together
   */
  public SnowflakeLayout {
    width("timestampBits", timestampBits, 1, BITS - 1);
    width("datacenterBits", datacenterBits, 0, PART_BITS_MAX);
    width("workerBits", workerBits, 0, PART_BITS_MAX);
    width("sequenceBits", sequenceBits, 1, PART_BITS_MAX);
    int sum = timestampBits + datacenterBits + workerBits + sequenceBits;
    if (sum > BITS) {
      throw new IllegalArgumentException(
          "the parts take " + sum + " bits, and an id that is not negative has " + BITS);
    }
    if (!epoch.equals(Instant.ofEpochMilli(epoch.toEpochMilli()))) {
      throw new IllegalArgumentException("epoch=" + epoch + " is not a whole millisecond");
    }
  }

  private static void width(String name, int bits, int min, int max) {
    if (bits < min || bits > max) {
      throw new IllegalArgumentException(name + "=" + bits + " is not " + min + " to " + max);
    }
  }

  /** The same, from another epoch on. */
  public SnowflakeLayout since(Instant start) {
    return new SnowflakeLayout(start, timestampBits, datacenterBits, workerBits, sequenceBits);
  }

  /** How many datacenters there may be. */
  public int datacenters() {
    return 1 << datacenterBits;
  }

  /** How many workers a datacenter may have. */
  public int workers() {
    return 1 << workerBits;
  }

  /** The first moment that no timestamp can tell any more. */
  public Instant end() {
    return epoch.plusMillis(timestampMax()).plusMillis(1);
  }

  /** Whether every id is a number that JavaScript holds exactly. */
  public boolean fitsJavaScript() {
    return timestampBits + datacenterBits + workerBits + sequenceBits <= JAVASCRIPT_BITS;
  }

  /**
   * The id that has these parts.
   *
   * @throws IllegalArgumentException if one doesn't fit
   */
  public long encode(IdParts parts) {
    long timestamp = parts.time().toEpochMilli() - epoch.toEpochMilli();
    part("time", timestamp, timestampMax());
    part("datacenter", parts.datacenter(), datacenters() - 1);
    part("worker", parts.worker(), workers() - 1);
    part("sequence", parts.sequence(), sequenceMax());
    return id(
        (timestamp << sequenceBits) | parts.sequence(), node(parts.datacenter(), parts.worker()));
  }

  /**
   * What an id was made of.
   *
   * @throws IllegalArgumentException if an id of this layout can't be this number
   */
  public IdParts decode(long id) {
    int shift = datacenterBits + workerBits + sequenceBits;
    if (id < 0 || id >>> shift > timestampMax()) {
      throw new IllegalArgumentException(id + " is not an id of this layout");
    }
    return new IdParts(
        epoch.plusMillis(id >>> shift),
        (int) (id >>> (workerBits + sequenceBits)) & (datacenters() - 1),
        (int) (id >>> sequenceBits) & (workers() - 1),
        id & sequenceMax());
  }

  /** The part between time and sequence, in its place. */
  long node(int datacenter, int worker) {
    return (((long) datacenter << workerBits) | worker) << sequenceBits;
  }

  /** An id from a timestamp with its sequence right below it, and {@link #node}. */
  long id(long number, long node) {
    long timestamp = number >>> sequenceBits;
    return (timestamp << (datacenterBits + workerBits + sequenceBits))
        | node
        | (number & sequenceMax());
  }

  long timestampMax() {
    return (1L << timestampBits) - 1;
  }

  long sequenceMax() {
    return (1L << sequenceBits) - 1;
  }

  private static void part(String name, long value, long max) {
    if (value < 0 || value > max) {
      throw new IllegalArgumentException(name + "=" + value + " is not 0 to " + max);
    }
  }
}
