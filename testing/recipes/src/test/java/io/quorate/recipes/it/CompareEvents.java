package io.quorate.recipes.it;

import io.quorate.base.Bytes;
import io.quorate.client.Put;
import io.quorate.client.QuorateClient;
import io.quorate.client.codec.Codec;
import io.quorate.events.Append;
import io.quorate.events.AppendResult;
import io.quorate.events.EventPage;
import io.quorate.events.EventStore;
import io.quorate.events.ExpectedVersion;
import io.quorate.events.NewEvent;
import io.quorate.events.Position;
import io.quorate.events.Query;
import io.quorate.events.RecordedEvent;
import io.quorate.events.Scan;
import io.quorate.events.StreamPage;
import io.quorate.events.StreamRead;
import io.quorate.events.Subscription;
import io.quorate.events.aggregate.Aggregates;
import io.quorate.events.aggregate.Evolver;
import io.quorate.events.aggregate.Snapshots;
import io.quorate.events.codec.EventCodec;
import io.quorate.system.ProcessCluster;
import io.quorate.system.Program;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntFunction;
import java.util.function.IntSupplier;

/**
 * Appends beside puts of as many bytes, replays and subscriptions, on a real etcd and on Quorate,
 * in turn on this machine: {@code testing/bench/compare-events}.
 */
public final class CompareEvents {
  private static final double NANOS_PER_MILLI = 1e6;
  private static final int EVENT_BYTES = 256;
  private static final int LOADS = 200;
  private static final int MANY_STREAMS = 100_000;
  private static final int MANY_WRITERS = 256;

  private final int seconds;
  private final int warmUp;
  private final int longStream;
  private final Map<String, List<Figure>> figures = new LinkedHashMap<>();

  /** What one case came to. */
  private record Figure(double perSecond, double p50Millis, double p99Millis) {}

  private CompareEvents(int seconds, int warmUp, int longStream) {
    this.seconds = seconds;
    this.warmUp = warmUp;
    this.longStream = longStream;
  }

  /**
   * Takes rounds, seconds for each case, seconds of warm-up, members, and events of a long stream.
   */
  public static void main(String[] args) throws Exception {
    int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 3;
    int seconds = args.length > 1 ? Integer.parseInt(args[1]) : 5;
    int warmUp = args.length > 2 ? Integer.parseInt(args[2]) : 3;
    int members = args.length > 3 ? Integer.parseInt(args[3]) : 3;
    int longStream = args.length > 4 ? Integer.parseInt(args[4]) : 100_000;
    CompareEvents bench = new CompareEvents(seconds, warmUp, longStream);
    for (int i = 0; i < rounds; i++) {
      for (Program program : List.of(Program.ETCD, Program.quorate())) {
        try (ProcessCluster cluster = ProcessCluster.start(program, members)) {
          bench.run(program.name(), cluster.endpoint(0));
        }
      }
    }
    bench.tell();
  }

  private void run(String on, String endpoint) throws Exception {
    try (QuorateClient client = QuorateClient.connect(endpoint)) {
      EventStore store = EventStore.of(client, "bench/");
      for (int writers : new int[] {1, 64, 256}) {
        writes("put, %d writers".formatted(writers), on, writers, 1, puts(client, "put" + writers));
        for (int batch : new int[] {1, 10, 100}) {
          writes(
              "append of %d, %d writers, events".formatted(batch, writers),
              on,
              writers,
              batch,
              appends(store, "s" + batch + "-" + writers + "-", batch));
        }
      }
      subscription(store, on);
      longStream(store, on);
      manyStreams(store, on);
    }
  }

  // ---- writing ---------------------------------------------------------------------------------

  private static IntFunction<CompletableFuture<?>> puts(QuorateClient client, String name) {
    Bytes value = Bytes.wrap(new byte[EVENT_BYTES]);
    AtomicLong number = new AtomicLong();
    return writer ->
        client
            .kv()
            .putAsync(
                Put.of(
                    Bytes.utf8(
                        "bench/%s/%d/%016x".formatted(name, writer, number.getAndIncrement())),
                    value));
  }

  private static List<NewEvent> events(int count) {
    List<NewEvent> events = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      events.add(NewEvent.of("Measured", Bytes.wrap(new byte[EVENT_BYTES])));
    }
    return events;
  }

  /** Each writer has a stream of its own, and knows its version. */
  private static IntFunction<CompletableFuture<?>> appends(
      EventStore store, String prefix, int batch) {
    Map<Integer, Long> versions = new java.util.concurrent.ConcurrentHashMap<>();
    List<NewEvent> events = events(batch);
    return writer -> {
      String stream = prefix + writer;
      long version = versions.getOrDefault(writer, 0L);
      return store
          .appendAsync(Append.to(stream, ExpectedVersion.exactly(version), events))
          .thenAccept(result -> {
            if (!(result instanceof AppendResult.Appended)) {
              throw new IllegalStateException(String.valueOf(result));
            }
            versions.put(writer, version + batch);
          });
    };
  }

  private void writes(
      String what, String on, int writers, int each, IntFunction<CompletableFuture<?>> write)
      throws InterruptedException {
    var _ = loop(writers, warmUp, write);
    long begun = System.nanoTime();
    long[] nanos = loop(writers, seconds, write);
    double spent = (System.nanoTime() - begun) / 1e9;
    add(what, on, figure(nanos, nanos.length * (double) each / spent));
  }

  /** Each writer writes again when it is answered; what each write took. */
  private static long[] loop(int writers, int seconds, IntFunction<CompletableFuture<?>> write)
      throws InterruptedException {
    long until = System.nanoTime() + seconds * 1_000_000_000L;
    List<long[]> all = new ArrayList<>();
    AtomicInteger left = new AtomicInteger(writers);
    CompletableFuture<Void> done = new CompletableFuture<>();
    for (int i = 0; i < writers; i++) {
      new Writer(i, until, write, all, left, done).next();
    }
    var _ = done.join();
    return all.stream().flatMapToLong(Arrays::stream).toArray();
  }

  private static final class Writer {
    private final int number;
    private final long until;
    private final IntFunction<CompletableFuture<?>> write;
    private final List<long[]> all;
    private final AtomicInteger left;
    private final CompletableFuture<Void> done;
    private long[] nanos = new long[1_024];
    private int count;

    Writer(
        int number,
        long until,
        IntFunction<CompletableFuture<?>> write,
        List<long[]> all,
        AtomicInteger left,
        CompletableFuture<Void> done) {
      this.number = number;
      this.until = until;
      this.write = write;
      this.all = all;
      this.left = left;
      this.done = done;
    }

    void next() {
      long begun = System.nanoTime();
      if (begun > until) {
        synchronized (all) {
          all.add(Arrays.copyOf(nanos, count));
        }
        if (left.decrementAndGet() == 0) {
          done.complete(null);
        }
        return;
      }
      var _ =
          write
              .apply(number)
              .whenComplete((result, failure) -> {
                if (failure != null) {
                  done.completeExceptionally(failure);
                  return;
                }
                if (count == nanos.length) {
                  nanos = Arrays.copyOf(nanos, 2 * count);
                }
                nanos[count++] = System.nanoTime() - begun;
                next();
              });
    }
  }

  // ---- reading ---------------------------------------------------------------------------------

  /** From the append's call to the listener's. */
  private void subscription(EventStore store, String on) throws InterruptedException {
    BlockingQueue<RecordedEvent> told = new LinkedBlockingQueue<>();
    try (Subscription _ =
        store.subscribe(Query.stream("live"), store.now(), told::add, Runnable::run)) {
      long[] nanos = new long[2_000];
      for (int i = 0; i < nanos.length; i++) {
        long begun = System.nanoTime();
        var _ = store.appendAsync(Append.to("live", ExpectedVersion.exactly(i), events(1)));
        var _ = told.take();
        nanos[i] = System.nanoTime() - begun;
      }
      add("appended, told", on, figure(nanos, nanos.length / (sum(nanos) / 1e9)));
    }
  }

  private void longStream(EventStore store, String on) {
    List<NewEvent> batch = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      batch.add(NewEvent.of("Small", Bytes.utf8("1")));
    }
    for (int version = 0; version < longStream; version += batch.size()) {
      var _ = store.append(Append.to("long", ExpectedVersion.exactly(version), batch));
    }
    replay("replay of a stream, events", on, () -> readAll(store));
    replay("scan of all, events", on, () -> scanAll(store));
    pages(store, on);
    loads(store, on);
  }

  private interface Replay {
    long events();
  }

  private void replay(String what, String on, Replay replay) {
    var _ = replay.events();
    long begun = System.nanoTime();
    long events = replay.events();
    long nanos = System.nanoTime() - begun;
    add(what, on, figure(new long[] {nanos}, events / (nanos / 1e9)));
  }

  private static long readAll(EventStore store) {
    long events = 0;
    StreamPage page = store.read(StreamRead.of("long").limit(10_000));
    events += page.events().size();
    while (!page.isEnd()) {
      page = store.read(page.following());
      events += page.events().size();
    }
    return events;
  }

  private static long scanAll(EventStore store) {
    Scan scan = store.scan(Query.stream("long"), Position.START);
    long events = 0;
    EventPage page;
    do {
      page = scan.next(10_000);
      events += page.events().size();
    } while (!page.isEnd());
    return events;
  }

  /** Pages of a hundred events, from anywhere. */
  private void pages(EventStore store, String on) {
    for (double where : new double[] {0, 0.5, 0.99}) {
      long[] nanos = new long[LOADS];
      for (int i = 0; i < nanos.length; i++) {
        long begun = System.nanoTime();
        var _ = store.read(StreamRead.of("long").from((long) (1 + where * longStream)).limit(100));
        nanos[i] = System.nanoTime() - begun;
      }
      add(
          "page of 100 at %.0f %%".formatted(100 * where),
          on,
          figure(nanos, nanos.length / (sum(nanos) / 1e9)));
    }
  }

  /** Counts. */
  private static final class Counting implements EventCodec<Long> {
    @Override
    public NewEvent encode(Long event) {
      return NewEvent.of("Small", Bytes.utf8(Long.toString(event)));
    }

    @Override
    public Long decode(RecordedEvent event) {
      return Long.valueOf(event.payload().toUtf8());
    }
  }

  private void loads(EventStore store, String on) {
    Aggregates<Long, Long> plain =
        Aggregates.of(store, "", new Counting(), Evolver.of(0L, Long::sum));
    Aggregates<Long, Long> kept =
        plain.with(
            Snapshots.of(
                Codec.utf8().map(value -> Long.toString(value), Long::valueOf), "sum", 100));
    var aggregate = kept.load("long");
    aggregate.apply(1L);
    kept.save(aggregate);
    long[] nanos = new long[LOADS];
    for (int i = 0; i < nanos.length; i++) {
      long begun = System.nanoTime();
      if (kept.load("long").state() != longStream + 1) {
        throw new IllegalStateException("it doesn't add up");
      }
      nanos[i] = System.nanoTime() - begun;
    }
    add(
        "load of a long stream by its snapshot",
        on,
        figure(nanos, nanos.length / (sum(nanos) / 1e9)));
    EventStore fresh = EventStore.of(store.client(), "bench/");
    long begun = System.nanoTime();
    var _ = fresh.version("long");
    long found = System.nanoTime() - begun;
    add("end of a long stream, found", on, figure(new long[] {found}, 1e9 / found));
  }

  /** A hundred thousand streams of an event each. */
  private void manyStreams(EventStore store, String on) {
    AtomicInteger next = new AtomicInteger();
    CompletableFuture<?>[] writers = new CompletableFuture<?>[MANY_WRITERS];
    Position before = store.now();
    for (int i = 0; i < writers.length; i++) {
      writers[i] = begin(store, next);
    }
    var _ = CompletableFuture.allOf(writers).join();
    Position after = store.now();
    for (double where : new double[] {0, 0.5, 0.99}) {
      String from = "many/%06d".formatted((int) (where * MANY_STREAMS));
      Position behind =
          Position.after(
              before.revision() + (long) (where * (after.revision() - before.revision())));
      String place = "at %.0f %% of 100,000 streams".formatted(100 * where);
      timed("100 names " + place, on, () -> store.streams("many/", from, 100).size());
      timed(
          "100 events of a category " + place,
          on,
          () -> store.scan(Query.category("many/"), behind).next(100).events().size());
    }
  }

  private static CompletableFuture<?> begin(EventStore store, AtomicInteger next) {
    int number = next.getAndIncrement();
    if (number >= MANY_STREAMS) {
      return CompletableFuture.completedFuture(null);
    }
    return store
        .appendAsync(Append.to("many/%06d".formatted(number), ExpectedVersion.none(), events(1)))
        .thenCompose(result -> begin(store, next));
  }

  private void timed(String what, String on, IntSupplier read) {
    long[] nanos = new long[20];
    for (int i = 0; i < nanos.length; i++) {
      long begun = System.nanoTime();
      if (read.getAsInt() != 100) {
        throw new IllegalStateException(what + ": not a hundred");
      }
      nanos[i] = System.nanoTime() - begun;
    }
    add(what, on, figure(nanos, nanos.length / (sum(nanos) / 1e9)));
  }

  // ---- telling ---------------------------------------------------------------------------------

  private static long sum(long[] nanos) {
    return Arrays.stream(nanos).sum();
  }

  private static Figure figure(long[] nanos, double perSecond) {
    long[] sorted = nanos.clone();
    Arrays.sort(sorted);
    return new Figure(
        perSecond,
        sorted[sorted.length / 2] / NANOS_PER_MILLI,
        sorted[(int) (sorted.length * 0.99)] / NANOS_PER_MILLI);
  }

  private void add(String what, String on, Figure figure) {
    System.out.printf(
        Locale.ROOT,
        "%s on %s: %,.0f/s, %.2f / %.2f ms%n",
        what,
        on,
        figure.perSecond(),
        figure.p50Millis(),
        figure.p99Millis());
    figures.computeIfAbsent(what + " | " + on, key -> new ArrayList<>()).add(figure);
  }

  private void tell() {
    System.out.println("| case | on | a second | p50/p99 ms |");
    System.out.println("|---|---|---:|---:|");
    figures.forEach((key, all) -> {
      double rate = median(all.stream().mapToDouble(Figure::perSecond).toArray());
      double p50 = median(all.stream().mapToDouble(Figure::p50Millis).toArray());
      double p99 = median(all.stream().mapToDouble(Figure::p99Millis).toArray());
      System.out.printf(Locale.ROOT, "| %s | %,.0f | %.2f / %.2f |%n", key, rate, p50, p99);
    });
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }
}
