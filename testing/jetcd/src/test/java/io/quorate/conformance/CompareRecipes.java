package io.quorate.conformance;

import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.Client;
import io.quorate.base.Bytes;
import io.quorate.client.Compare;
import io.quorate.client.Delete;
import io.quorate.client.Put;
import io.quorate.client.QuorateClient;
import io.quorate.client.Session;
import io.quorate.client.Txn;
import io.quorate.client.TxnResponse;
import io.quorate.recipes.LockHandle;
import io.quorate.recipes.Mutex;
import io.quorate.system.ProcessCluster;
import io.quorate.system.Program;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Locks of the recipes on Quorate and on a real etcd, and of jetcd with the server's lock service
 * on etcd, in turn on this machine: {@code testing/bench/compare-recipes}.
 */
public final class CompareRecipes {
  private static final Duration TTL = Duration.ofSeconds(30);
  private static final int CONTENDERS = 32;
  private static final int WAITERS = 1_000;
  private static final String SHARED =
      "cycles of a lock each, " + CONTENDERS + " threads of one session";
  private static final double NANOS_PER_MILLI = 1e6;

  private final int seconds;
  private final int warmUp;
  private final Map<String, List<Figure>> figures = new LinkedHashMap<>();

  /** What one case came to. */
  private record Figure(double perSecond, double p50Millis, double p99Millis) {}

  private CompareRecipes(int seconds, int warmUp) {
    this.seconds = seconds;
    this.warmUp = warmUp;
  }

  /** Takes rounds, seconds for each case, seconds of warm-up, and members. */
  public static void main(String[] args) throws Exception {
    int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 3;
    int seconds = args.length > 1 ? Integer.parseInt(args[1]) : 5;
    int warmUp = args.length > 2 ? Integer.parseInt(args[2]) : 3;
    int members = args.length > 3 ? Integer.parseInt(args[3]) : 1;
    CompareRecipes bench = new CompareRecipes(seconds, warmUp);
    for (int i = 0; i < rounds; i++) {
      for (Program program : List.of(Program.ETCD, Program.quorate())) {
        try (ProcessCluster cluster = ProcessCluster.start(program, members)) {
          bench.recipes(program.name(), cluster.endpoint(0));
          if (program.equals(Program.ETCD)) {
            bench.jetcd(cluster.endpoint(0));
          }
        }
      }
    }
    bench.tell();
  }

  // ---- the recipes -----------------------------------------------------------------------------

  private void recipes(String on, String endpoint) throws Exception {
    try (QuorateClient client = QuorateClient.connect(endpoint)) {
      String who = "recipes on " + on;
      try (Session session = client.session(TTL)) {
        Mutex mutex = Mutex.of(session, "bench/alone");
        measure("cycle, alone", who, 1, contender -> mutex.acquire().close());
        Bytes key = Bytes.utf8("bench/bare/" + Long.toHexString(session.lease()));
        measure("a cycle's writes, bare", who, 1, contender -> bareCycle(client, key, session));
        measure(
            SHARED,
            who,
            CONTENDERS,
            contender -> Mutex.of(session, "bench/each-" + contender).acquire().close());
      }
      try (Session holder = client.session(TTL);
          Session session = client.session(TTL);
          LockHandle _ = Mutex.of(holder, "bench/taken").acquire()) {
        Mutex mutex = Mutex.of(session, "bench/taken");
        measure(
            "a try that fails",
            who,
            1,
            contender -> {
              if (mutex.tryAcquire().isPresent()) {
                throw new IllegalStateException("it was taken");
              }
            });
      }
      List<Session> sessions = new ArrayList<>();
      for (int i = 0; i < CONTENDERS; i++) {
        sessions.add(client.session(TTL));
      }
      List<Mutex> mutexes = sessions.stream().map(each -> Mutex.of(each, "bench/wanted")).toList();
      measure(
          "cycle, " + CONTENDERS + " sessions want it",
          who,
          CONTENDERS,
          contender -> mutexes.get(contender).acquire().close());
      measure(
          "cycles of a lock each, " + CONTENDERS + " sessions",
          who,
          CONTENDERS,
          contender ->
              Mutex.of(sessions.get(contender), "bench/own-" + contender).acquire().close());
      sessions.forEach(Session::close);
      wake(client, who);
    }
  }

  /** What a lock can't do without, whoever makes it: nothing is faster than that. */
  private static void bareCycle(QuorateClient client, Bytes key, Session session) {
    Put mine = Put.of(key, Bytes.EMPTY).lease(session.lease());
    TxnResponse taken = client.kv().txn(Txn.when(Compare.createRevision(key).is(0)).then(mine));
    long revision = taken.header().revision();
    var _ =
        client.kv().txn(Txn.when(Compare.createRevision(key).is(revision)).then(Delete.key(key)));
  }

  /** Many wait; how soon the next has it that one gives back, and how many hear of it. */
  private void wake(QuorateClient client, String who) throws InterruptedException {
    List<Session> sessions = new ArrayList<>();
    List<CompletableFuture<LockHandle>> turns = new ArrayList<>();
    BlockingQueue<LockHandle> held = new LinkedBlockingQueue<>();
    for (int i = 0; i < WAITERS; i++) {
      Session session = client.session(TTL);
      sessions.add(session);
      CompletableFuture<LockHandle> turn = Mutex.of(session, "bench/queue").acquireAsync();
      var _ = turn.thenAccept(held::add);
      turns.add(turn);
    }
    long[] nanos = new long[WAITERS / 2];
    LockHandle present = held.take();
    for (int i = 0; i < nanos.length; i++) {
      long begun = System.nanoTime();
      var _ = present.releaseAsync();
      present = held.take();
      nanos[i] = System.nanoTime() - begun;
      if (!held.isEmpty()) {
        throw new IllegalStateException("more than one has it");
      }
    }
    add("handed to the next of " + WAITERS, who, figure(nanos, sum(nanos)));
    turns.forEach(each -> each.cancel(false));
    List<CompletableFuture<Void>> ends = sessions.stream().map(Session::closeAsync).toList();
    ends.forEach(client::await);
  }

  // ---- jetcd -----------------------------------------------------------------------------------

  private void jetcd(String endpoint) throws Exception {
    try (Client client = Client.builder().endpoints("http://" + endpoint).build()) {
      String who = "jetcd and v3lock on etcd";
      List<Long> leases = new ArrayList<>();
      for (int i = 0; i < CONTENDERS; i++) {
        leases.add(client.getLeaseClient().grant(TTL.toSeconds() * 10).get().getID());
      }
      measure("cycle, alone", who, 1, contender -> cycle(client, "bench/alone", leases.getFirst()));
      measure(
          SHARED,
          who,
          CONTENDERS,
          contender -> cycle(client, "bench/each-" + contender, leases.getFirst()));
      measure(
          "cycle, " + CONTENDERS + " sessions want it",
          who,
          CONTENDERS,
          contender -> cycle(client, "bench/wanted", leases.get(contender)));
      measure(
          "cycles of a lock each, " + CONTENDERS + " sessions",
          who,
          CONTENDERS,
          contender -> cycle(client, "bench/own-" + contender, leases.get(contender)));
    }
  }

  private static void cycle(Client client, String name, long lease) throws Exception {
    ByteSequence lock = ByteSequence.from(name, StandardCharsets.UTF_8);
    ByteSequence key = client.getLockClient().lock(lock, lease).get().getKey();
    var _ = client.getLockClient().unlock(key).get();
  }

  // ---- measuring -------------------------------------------------------------------------------

  private interface Cycle {
    void run(int contender) throws Exception;
  }

  private void measure(String what, String who, int threads, Cycle cycle) throws Exception {
    var _ = run(threads, cycle, warmUp);
    add(what, who, run(threads, cycle, seconds));
  }

  private static Figure run(int threads, Cycle cycle, int seconds) throws Exception {
    AtomicBoolean over = new AtomicBoolean();
    List<Callable<long[]>> workers = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      int contender = i;
      workers.add(() -> {
        long[] nanos = new long[1 << 12];
        int count = 0;
        while (!over.get()) {
          long begun = System.nanoTime();
          cycle.run(contender);
          if (count == nanos.length) {
            nanos = Arrays.copyOf(nanos, 2 * count);
          }
          nanos[count++] = System.nanoTime() - begun;
        }
        return Arrays.copyOf(nanos, count);
      });
    }
    long begun = System.nanoTime();
    List<CompletableFuture<long[]>> running = workers.stream().map(CompareRecipes::start).toList();
    Thread.sleep(Duration.ofSeconds(seconds)); // what is measured is what is done in a time
    over.set(true);
    List<long[]> all = new ArrayList<>();
    for (CompletableFuture<long[]> each : running) {
      all.add(each.get());
    }
    long elapsed = System.nanoTime() - begun;
    return figure(all.stream().flatMapToLong(Arrays::stream).toArray(), elapsed);
  }

  private static CompletableFuture<long[]> start(Callable<long[]> worker) {
    CompletableFuture<long[]> done = new CompletableFuture<>();
    Thread thread =
        new Thread(
            () -> {
              try {
                done.complete(worker.call());
              } catch (Exception | Error e) {
                done.completeExceptionally(e);
              }
            },
            "contender");
    thread.start();
    return done;
  }

  private static long sum(long[] nanos) {
    return Arrays.stream(nanos).sum();
  }

  private static Figure figure(long[] nanos, long elapsed) {
    Arrays.sort(nanos);
    return new Figure(
        nanos.length * 1e9 / elapsed,
        nanos[nanos.length / 2] / NANOS_PER_MILLI,
        nanos[(int) (nanos.length * 0.99)] / NANOS_PER_MILLI);
  }

  private void add(String what, String who, Figure figure) {
    System.err.printf(Locale.ROOT, "%s, %s: %s%n", what, who, figure);
    figures
        .computeIfAbsent("| " + what + " | " + who + " |", none -> new ArrayList<>())
        .add(figure);
  }

  /** The medians of all rounds. */
  private void tell() {
    System.out.println("| case | | /s | p50 ms | p99 ms |\n|---|---|---:|---:|---:|");
    figures.forEach((row, all) ->
        System.out.printf(
            Locale.ROOT,
            "%s %,.0f | %.2f | %.2f |%n",
            row,
            median(all.stream().mapToDouble(Figure::perSecond).sorted().toArray()),
            median(all.stream().mapToDouble(Figure::p50Millis).sorted().toArray()),
            median(all.stream().mapToDouble(Figure::p99Millis).sorted().toArray())));
  }

  private static double median(double[] sorted) {
    return sorted[sorted.length / 2];
  }
}
