package io.quorate.bench;

import io.quorate.base.Bytes;
import io.quorate.base.wire.ProtoReader;
import io.quorate.base.wire.ProtoWriter;
import io.quorate.client.channel.Answer;
import io.quorate.client.channel.CallOptions;
import io.quorate.client.channel.Metadata;
import io.quorate.client.channel.StatusCode;
import io.quorate.client.channel.StreamCall;
import io.quorate.client.channel.StreamListener;
import io.quorate.client.http.HttpChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;

/**
 * Leases that are granted and kept alive over streams, and how long each renewal takes. Its own
 * thread sends, the channels' threads take what comes back.
 */
final class Leases implements AutoCloseable {
  private static final long LATENCY_NANOS_MAX = TimeUnit.SECONDS.toNanos(60);
  private static final long CALL_NANOS_MAX = TimeUnit.SECONDS.toNanos(60);
  private static final int OUTSTANDING_MAX = 256;

  /** So that ids tell nothing of their number's size in the messages. */
  private static final long FIRST_ID = 1L << 40;

  private final HttpChannel channel;
  private final int count;
  private final long ttlSeconds;
  private final List<StreamCall> streams = new ArrayList<>();
  private final AtomicLongArray sent;
  private final Histogram delays = new ConcurrentHistogram(LATENCY_NANOS_MAX, 3);
  private final LongAdder answered = new LongAdder();
  private final AtomicReference<String> failure = new AtomicReference<>("");
  private volatile boolean counting;

  /** Leases that aren't granted yet. */
  Leases(String endpoint, int count, long ttlSeconds, int streams) {
    this.channel = HttpChannel.open(List.of(endpoint));
    this.count = count;
    this.ttlSeconds = ttlSeconds;
    this.sent = new AtomicLongArray(count);
    for (int i = 0; i < streams; i++) {
      StreamCall call =
          channel.stream("etcdserverpb.Lease/LeaseKeepAlive", Metadata.EMPTY, "", new Renewed());
      call.request(Integer.MAX_VALUE);
      this.streams.add(call);
    }
  }

  /** Grants all. */
  void grant() {
    all(
        "etcdserverpb.Lease/LeaseGrant",
        i -> new ProtoWriter(24).number(1, ttlSeconds).number(2, FIRST_ID + i).toBytes());
  }

  /** Puts a key on each, all under a prefix. */
  void attach(String prefix) {
    all(
        "etcdserverpb.KV/Put",
        i ->
            new ProtoWriter(64)
                .bytes(1, Bytes.utf8(prefix + i))
                .bytes(2, Bytes.utf8("x"))
                .number(3, FIRST_ID + i)
                .toBytes());
  }

  /** Renews all at once, and waits for the answers. */
  void renewAll() {
    long before = answered.sum();
    for (int i = 0; i < count; i++) {
      renew(i, System.nanoTime());
    }
    long deadline = System.nanoTime() + CALL_NANOS_MAX;
    while (answered.sum() < before + count) {
      if (System.nanoTime() - deadline > 0) {
        throw new IllegalStateException("renewals weren't answered");
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
    }
    check();
  }

  /**
   * Renews each three times in its time to live, evenly spread, for so long.
   *
   * @param nanos how long
   */
  void keepAlive(long nanos) {
    double gap = TimeUnit.SECONDS.toNanos(ttlSeconds) / 3.0 / count;
    long begun = System.nanoTime();
    for (long next = 0; ; next++) {
      long due = begun + (long) (next * gap);
      if (due - begun >= nanos) {
        break;
      }
      while (due - System.nanoTime() > 0) {
        LockSupport.parkNanos(due - System.nanoTime());
      }
      renew((int) (next % count), due);
    }
    check();
  }

  /** From now on renewals count, or don't. */
  void count(boolean on) {
    counting = on;
  }

  /** How long the renewals took that counted, in nanoseconds. */
  Histogram delays() {
    return delays;
  }

  @Override
  public void close() {
    channel.close();
  }

  private void renew(int lease, long due) {
    sent.set(lease, due);
    streams
        .get(lease % streams.size())
        .send(new ProtoWriter(16).number(1, FIRST_ID + lease).toBytes());
  }

  private void check() {
    if (!failure.get().isEmpty()) {
      throw new IllegalStateException(failure.get());
    }
  }

  private void all(String method, java.util.function.IntFunction<Bytes> request) {
    Semaphore room = new Semaphore(OUTSTANDING_MAX);
    for (int i = 0; i < count; i++) {
      room.acquireUninterruptibly();
      var _ =
          channel
              .unary(method, request.apply(i), CallOptions.timeout(CALL_NANOS_MAX))
              .thenAccept(answer -> {
                room.release();
                if (answer.status() != StatusCode.OK) {
                  failure.set(method + ": " + answer);
                }
              });
    }
    room.acquireUninterruptibly(OUTSTANDING_MAX);
    check();
  }

  /** Takes the answers of one stream. */
  private final class Renewed implements StreamListener {
    @Override
    public void message(Bytes message) {
      long id = 0;
      long ttl = 0;
      ProtoReader answer = new ProtoReader(message);
      while (answer.next()) {
        if (answer.field() == 2) {
          id = answer.number();
        } else if (answer.field() == 3) {
          ttl = answer.number();
        }
      }
      if (ttl <= 0) {
        failure.set("lease " + id + " was gone when it was renewed");
      } else if (counting) {
        long delay = System.nanoTime() - sent.get((int) (id - FIRST_ID));
        delays.recordValue(Math.clamp(delay, 0, LATENCY_NANOS_MAX));
      }
      answered.increment();
    }

    @Override
    public void ended(Answer end) {
      if (counting) {
        failure.set("a stream of renewals ended: " + end);
      }
    }
  }
}
