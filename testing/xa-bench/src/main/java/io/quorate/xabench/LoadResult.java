package io.quorate.xabench;

import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.zip.DataFormatException;
import org.HdrHistogram.Histogram;

/**
 * What came of a load.
 *
 * @param times of what began and ended while it was counted, in nanoseconds
 * @param seconds that were counted
 * @param total what succeeded, the warm-up included
 * @param failed what failed, the warm-up included
 */
record LoadResult(Histogram times, double seconds, long total, long failed) {
  private static final double NANOS_PER_MILLI = 1e6;

  /** Transactions a second. */
  double throughput() {
    return times.getTotalCount() / seconds;
  }

  double millisAt(double percentile) {
    return times.getValueAtPercentile(percentile) / NANOS_PER_MILLI;
  }

  /** As one line, which {@link #parse} reads. */
  String line() {
    ByteBuffer buffer = ByteBuffer.allocate(times.getNeededByteBufferCapacity());
    int length = times.encodeIntoCompressedByteBuffer(buffer);
    byte[] bytes = new byte[length];
    buffer.flip().get(bytes);
    return String.join(
        " ",
        Double.toString(seconds),
        Long.toString(total),
        Long.toString(failed),
        Base64.getEncoder().encodeToString(bytes));
  }

  static LoadResult parse(String line) {
    String[] parts = line.split(" ", 4);
    try {
      ByteBuffer bytes = ByteBuffer.wrap(Base64.getDecoder().decode(parts[3]));
      return new LoadResult(
          Histogram.decodeFromCompressedByteBuffer(bytes, 0),
          Double.parseDouble(parts[0]),
          Long.parseLong(parts[1]),
          Long.parseLong(parts[2]));
    } catch (DataFormatException | ArrayIndexOutOfBoundsException e) {
      throw new IllegalArgumentException("not a result: " + line, e);
    }
  }
}
