package io.quorate.wal;

import io.quorate.base.Limits;

/**
 * How a log is laid out. Sizes are multiples of 4,096 bytes and may change between starts; each
 * segment knows its own.
 *
 * @param clusterId whose log it is; a directory of another cluster is refused
 * @param memberId whose log it is; a directory of another member is refused
 * @param seed a fresh random number for every start: what salts the segments, so that nothing
 *     written before can be taken for something written now
 * @param segmentBytes size of a segment
 * @param firstSegmentBytes size of a new log's first segment
 * @param batchBytesMax most bytes that one batch writes; a longer entry is refused
 * @param reserveBytes room at each segment's end that only hard state may use, while the disk is
 *     too full for another segment
 * @param sparesMax segments kept for being used again
 */
public record WalSettings(
    long clusterId,
    long memberId,
    long seed,
    int segmentBytes,
    int firstSegmentBytes,
    int batchBytesMax,
    int reserveBytes,
    int sparesMax) {

  /**
   * Two for the header, two for the states, two for a batch that repeats them, and two to spare.
   */
  private static final int LEAST_BLOCKS = 8;

  /** Checks that a full batch, the groups' states and the reserve fit into one segment. */
  public WalSettings {
    requireBlocks(segmentBytes, "segmentBytes");
    requireBlocks(firstSegmentBytes, "firstSegmentBytes");
    requireBlocks(batchBytesMax, "batchBytesMax");
    requireBlocks(reserveBytes, "reserveBytes");
    if (firstSegmentBytes / Format.BLOCK < LEAST_BLOCKS || firstSegmentBytes > segmentBytes) {
      throw new IllegalArgumentException(
          "firstSegmentBytes=%d: not within 32 KiB and segmentBytes=%d"
              .formatted(firstSegmentBytes, segmentBytes));
    }
    if (batchBytesMax < Format.BLOCK
        || (long) batchBytesMax
                + reserveBytes
                + 3L * stateBytesMax(segmentBytes)
                + Format.FIRST_BATCH
                + 2 * Format.BLOCK
            > segmentBytes) {
      throw new IllegalArgumentException(
          "segmentBytes=%d: no room for a batch of %d, a reserve of %d and the groups' states"
              .formatted(segmentBytes, batchBytesMax, reserveBytes));
    }
    if (sparesMax < 0) {
      throw new IllegalArgumentException("sparesMax=" + sparesMax);
    }
  }

  /** The product's sizes. */
  public static WalSettings of(long clusterId, long memberId, long seed) {
    return new WalSettings(
        clusterId,
        memberId,
        seed,
        Limits.LOG_SEGMENT_BYTES_DEFAULT,
        Limits.LOG_FIRST_SEGMENT_BYTES_DEFAULT,
        Limits.LOG_BATCH_BYTES_DEFAULT,
        Limits.LOG_RESERVE_BYTES_DEFAULT,
        Limits.LOG_SPARE_SEGMENTS_MAX);
  }

  /**
   * The same log in segments of another size, with batches of at most a quarter of it: for tests
   * and simulations, which want a log to turn over often. At least 32 KiB.
   */
  public WalSettings withSegmentBytes(int bytes) {
    if (bytes / Format.BLOCK < LEAST_BLOCKS) {
      throw new IllegalArgumentException("segmentBytes=%d: less than 32 KiB".formatted(bytes));
    }
    int reserve = bytes / Format.BLOCK > LEAST_BLOCKS ? Format.BLOCK : 0;
    int room = bytes - Format.FIRST_BATCH - 3 * stateBytesMax(bytes) - reserve - 2 * Format.BLOCK;
    int quarter = Math.max(Format.BLOCK, bytes / 4 / Format.BLOCK * Format.BLOCK);
    return new WalSettings(
        clusterId, memberId, seed, bytes, bytes, Math.min(quarter, room), reserve, sparesMax);
  }

  /** The same log started with another random number. */
  public WalSettings withSeed(long other) {
    return new WalSettings(
        clusterId,
        memberId,
        other,
        segmentBytes,
        firstSegmentBytes,
        batchBytesMax,
        reserveBytes,
        sparesMax);
  }

  /** Most bytes that the states of all groups may take at a segment's start. */
  int stateBytesMax() {
    return stateBytesMax(segmentBytes);
  }

  private static int stateBytesMax(int segmentBytes) {
    return Math.max(Format.BLOCK, segmentBytes / 10 / Format.BLOCK * Format.BLOCK);
  }

  private static void requireBlocks(int bytes, String name) {
    if (bytes < 0 || bytes % Format.BLOCK != 0) {
      throw new IllegalArgumentException(
          "%s=%d: not a multiple of %d".formatted(name, bytes, Format.BLOCK));
    }
  }
}
