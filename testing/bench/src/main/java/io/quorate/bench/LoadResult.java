package io.quorate.bench;

import java.util.Map;
import org.HdrHistogram.Histogram;

/**
 * What came of a load, without its warm-up.
 *
 * @param latency of the calls that succeeded, in nanoseconds
 * @param errors how many calls failed, by kind
 * @param seconds how long it was counted
 * @param clientCpuNanos processor time of this process in that time
 * @param answeredBytes of all messages that answered the calls that succeeded
 */
public record LoadResult(
    LoadSettings settings,
    Histogram latency,
    Map<String, Long> errors,
    double seconds,
    long clientCpuNanos,
    long answeredBytes) {

  /** Calls that succeeded. */
  public long succeeded() {
    return latency.getTotalCount();
  }

  /** Calls that failed. */
  public long failed() {
    long sum = 0;
    for (long count : errors.values()) {
      sum += count;
    }
    return sum;
  }

  /** Successful calls a second. */
  public double throughput() {
    return succeeded() / seconds;
  }

  /** A percentile of the latency, in milliseconds; 0 if nothing succeeded. */
  public double millisAt(double percentile) {
    return succeeded() == 0 ? 0 : latency.getValueAtPercentile(percentile) / 1e6;
  }

  /** Size of an answer on average: what tells a read that found its key from one that didn't. */
  public double answerBytes() {
    return (double) answeredBytes / Math.max(1, succeeded());
  }

  /** Processor time of this process a call, in microseconds. */
  public double clientCpuMicros() {
    return clientCpuNanos / 1e3 / Math.max(1, succeeded() + failed());
  }
}
