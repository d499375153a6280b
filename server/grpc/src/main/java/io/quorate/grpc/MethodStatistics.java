package io.quorate.grpc;

import java.util.concurrent.atomic.LongAdder;

/**
 * What was counted of the calls of one method, whatever they came by. Counting is cheap and done by
 * whoever carries a call; safe from any thread.
 */
public final class MethodStatistics {
  /** Upper bounds of the buckets that durations are counted in, in nanoseconds. */
  private static final long[] BUCKET_NANOS = {
    5_000_000,
    10_000_000,
    25_000_000,
    50_000_000,
    100_000_000,
    250_000_000,
    500_000_000,
    1_000_000_000,
    2_500_000_000L,
    5_000_000_000L,
    10_000_000_000L,
  };

  private final LongAdder started = new LongAdder();
  private final LongAdder[] ended = adders(StatusCode.values().length);
  private final LongAdder received = new LongAdder();
  private final LongAdder receivedBytes = new LongAdder();
  private final LongAdder sent = new LongAdder();
  private final LongAdder sentBytes = new LongAdder();
  private final LongAdder[] durations = adders(BUCKET_NANOS.length + 1);
  private final LongAdder durationNanos = new LongAdder();

  MethodStatistics() {}

  /** A call has begun. */
  public void start() {
    started.increment();
  }

  /** A call has ended. */
  public void end(StatusCode code) {
    ended[code.number()].increment();
  }

  /** A call took this long. */
  public void took(long nanos) {
    int bucket = 0;
    while (bucket < BUCKET_NANOS.length && nanos > BUCKET_NANOS[bucket]) {
      bucket++;
    }
    durations[bucket].increment();
    durationNanos.add(nanos);
  }

  /** A message came in. */
  public void receive(int bytes) {
    received.increment();
    receivedBytes.add(bytes);
  }

  /** A message was sent. */
  public void send(int bytes) {
    sent.increment();
    sentBytes.add(bytes);
  }

  /** Calls that began. */
  public long started() {
    return started.sum();
  }

  /** Calls that ended with a code. */
  public long ended(StatusCode code) {
    return ended[code.number()].sum();
  }

  /** Messages that came in. */
  public long received() {
    return received.sum();
  }

  /** Their bytes, without framing. */
  public long receivedBytes() {
    return receivedBytes.sum();
  }

  /** Messages that were sent. */
  public long sent() {
    return sent.sum();
  }

  /** Their bytes, without framing. */
  public long sentBytes() {
    return sentBytes.sum();
  }

  /** Upper bounds of {@link #durations}' buckets but the last, which has none, in nanoseconds. */
  public static long[] bucketNanos() {
    return BUCKET_NANOS.clone();
  }

  /** How many calls took so long as each bucket says. */
  public long[] durations() {
    long[] counts = new long[durations.length];
    for (int i = 0; i < counts.length; i++) {
      counts[i] = durations[i].sum();
    }
    return counts;
  }

  /** What all of them took together. */
  public long durationNanos() {
    return durationNanos.sum();
  }

  private static LongAdder[] adders(int count) {
    LongAdder[] adders = new LongAdder[count];
    for (int i = 0; i < count; i++) {
      adders[i] = new LongAdder();
    }
    return adders;
  }
}
