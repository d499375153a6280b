package io.quorate.bench;

import io.quorate.base.Bytes;
import io.quorate.base.wire.ProtoReader;
import io.quorate.base.wire.ProtoWriter;
import io.quorate.client.channel.Answer;
import io.quorate.client.channel.Metadata;
import io.quorate.client.channel.StreamCall;
import io.quorate.client.channel.StreamListener;
import io.quorate.client.http.HttpChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.IntFunction;
import org.HdrHistogram.Histogram;

/**
 * Watchers on streams, over a few connections, which count what they are told and how old it is: a
 * {@linkplain Requests#stamp stamped} value says when its put was due.
 *
 * <p>Each connection has a thread of its own, and its own counts; they are read when it has ended.
 */
final class Watchers implements AutoCloseable {
  private static final long LATENCY_NANOS_MAX = TimeUnit.SECONDS.toNanos(60);
  private static final long CREATED_SECONDS_MAX = 60;

  /** What is watched: a key, and the end of a range or nothing. */
  record Interest(Bytes key, Bytes rangeEnd) {}

  private final List<Line> lines = new ArrayList<>();
  private final CountDownLatch created;
  private final LongAdder deletions = new LongAdder();
  private volatile boolean counting;
  private volatile String failure = "";

  private Watchers(int watchers) {
    created = new CountDownLatch(watchers);
  }

  /**
   * Opens watchers, and waits until all are there.
   *
   * @param connections over which the streams are spread
   * @param streams over which the watchers are spread
   * @param interests what each watcher watches, by its number
   */
  static Watchers open(
      String endpoint,
      int connections,
      int streams,
      int watchers,
      IntFunction<Interest> interests) {
    Watchers all = new Watchers(watchers);
    List<StreamCall> calls = new ArrayList<>();
    for (int i = 0; i < connections; i++) {
      all.lines.add(all.new Line(HttpChannel.open(List.of(endpoint))));
    }
    for (int i = 0; i < streams; i++) {
      calls.add(all.lines.get(i % connections).open());
    }
    for (int i = 0; i < watchers; i++) {
      calls.get(i % streams).send(create(interests.apply(i)));
    }
    try {
      if (!all.created.await(CREATED_SECONDS_MAX, TimeUnit.SECONDS)) {
        throw new IllegalStateException(
            all.created.getCount() + " of " + watchers + " watchers weren't created");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
    return all;
  }

  private static Bytes create(Interest interest) {
    ProtoWriter request = new ProtoWriter(64);
    request.bytes(1, interest.key()).bytes(2, interest.rangeEnd());
    return new ProtoWriter(80).bytesAlways(1, request.toBytes()).toBytes();
  }

  /** From now on events count, or don't. */
  void count(boolean on) {
    counting = on;
  }

  /** Deletions that were told of so far, counted or not. */
  long deletions() {
    return deletions.sum();
  }

  /** Ends all watchers. */
  @Override
  public void close() {
    counting = false;
    lines.forEach(line -> line.channel.close());
  }

  /**
   * Ends all watchers and says how long the events that counted were under way, in nanoseconds.
   *
   * @throws IllegalStateException if a stream ended before
   */
  Histogram end() {
    close();
    if (!failure.isEmpty()) {
      throw new IllegalStateException("a watch ended: " + failure);
    }
    Histogram sum = new Histogram(LATENCY_NANOS_MAX, 3);
    lines.forEach(line -> sum.add(line.delays));
    return sum;
  }

  /** A connection. */
  private final class Line implements StreamListener {
    private final HttpChannel channel;
    private final Histogram delays = new Histogram(LATENCY_NANOS_MAX, 3);

    Line(HttpChannel channel) {
      this.channel = channel;
    }

    StreamCall open() {
      StreamCall call = channel.stream("etcdserverpb.Watch/Watch", Metadata.EMPTY, "", this);
      call.request(Integer.MAX_VALUE);
      return call;
    }

    @Override
    public void message(Bytes message) {
      ProtoReader answer = new ProtoReader(message);
      while (answer.next()) {
        switch (answer.field()) {
          case 3 -> created.countDown();
          case 4 -> failure = "canceled by the server";
          case 11 -> event(answer.message());
          default -> {}
        }
      }
    }

    private void event(ProtoReader event) {
      while (event.next()) {
        if (event.field() == 1 && event.number() == 1) {
          deletions.increment();
        } else if (event.field() == 2 && counting) {
          ProtoReader pair = event.message();
          while (pair.next()) {
            if (pair.field() == 5) {
              long delay = System.nanoTime() - Requests.stampOf(pair.bytes());
              delays.recordValue(Math.clamp(delay, 0, LATENCY_NANOS_MAX));
            }
          }
        }
      }
    }

    @Override
    public void ended(Answer end) {
      if (counting) {
        failure = end.toString();
      }
    }
  }
}
