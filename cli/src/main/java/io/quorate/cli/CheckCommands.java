package io.quorate.cli;

import io.quorate.base.Bytes;
import io.quorate.client.Delete;
import io.quorate.client.Kv;
import io.quorate.client.Put;
import io.quorate.client.QuorateClient;
import io.quorate.client.Range;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code check …}: how well a cluster does under a load of a known size. */
final class CheckCommands {
  private static final long PERF_SECONDS = 60;

  private CheckCommands() {}

  /** {@code check perf}. */
  @Command(
      name = "perf",
      description = {
        "Check the performance of the etcd cluster",
        "Writes for a minute at a steady rate, and judges throughput and latency. s: 150 writes/s",
        "over 50 clients, m: 1000 over 200, l: 8000 over 500, xl: 15000 over 1000."
      },
      footer = {
        "",
        "Examples:",
        "  quorate check perf",
        "  quorate check perf --load l --auto-compact"
      })
  static final class Perf implements Callable<Integer> {
    private final Session session;

    @Option(names = "--load", paramLabel = "s|m|l|xl", description = "how much (default: s)")
    String load = "s";

    @Option(names = "--prefix", paramLabel = "PREFIX", description = "where keys are written")
    String prefix = "/etcdctl-check-perf/";

    @Option(names = "--auto-compact", description = "drop the history of it afterwards")
    boolean autoCompact;

    @Option(names = "--auto-defrag", description = "defragment afterwards")
    boolean autoDefrag;

    Perf(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() {
      int level = level(load);
      int rate = new int[] {150, 1_000, 8_000, 15_000}[level];
      int clients = new int[] {50, 200, 500, 1_000}[level];
      QuorateClient client = session.client();
      refuseKeys(client.kv(), prefix);
      Writes writes = new Writes(client.kv(), prefix, 256, 1_024, clients);
      long start = System.nanoTime();
      long end = start + TimeUnit.SECONDS.toNanos(PERF_SECONDS);
      for (long i = 0; ; i++) {
        long due = start + i * TimeUnit.SECONDS.toNanos(1) / rate;
        if (due - end >= 0 || System.nanoTime() - end >= 0) {
          break;
        }
        long wait = due - System.nanoTime();
        if (wait > 0) {
          LockSupport.parkNanos(wait);
        }
        writes.one();
      }
      writes.awaitAll();
      double seconds = (System.nanoTime() - start) / 1e9;
      cleanUp(session, client, prefix, autoCompact, autoDefrag);
      PrintStream out = session.out();
      boolean ok = writes.reportErrors(out);
      double perSecond = writes.answered() / seconds;
      boolean enough = perSecond / rate > 0.9;
      out.print(
          (enough ? "PASS: Throughput is " : "FAIL: Throughput too low: ")
              + ((int) perSecond + 1)
              + " writes/s\n");
      boolean quick = writes.slowestSeconds() <= 0.5;
      out.print(
          (quick ? "PASS: Slowest request took " : "Slowest request took too long: ")
              + String.format(Locale.ROOT, "%fs\n", writes.slowestSeconds()));
      boolean steady = writes.deviationSeconds() <= 0.1;
      out.print(
          (steady ? "PASS: Stddev is " : "Stddev too high: ")
              + String.format(Locale.ROOT, "%fs\n", writes.deviationSeconds()));
      ok &= enough && quick && steady;
      out.print(ok ? "PASS\n" : "FAIL\n");
      return ok ? ExitCodes.OK : ExitCodes.FAILED;
    }
  }

  /** {@code check datascale}. */
  @Command(
      name = "datascale",
      description = {
        "Check the memory usage of holding data for different workloads on a given endpoint",
        "s: 10000 keys of 1 KiB over 50 clients, m: 100000 over 200, l: 1000000 over 500,",
        "xl: 3000000 over 1000."
      },
      footer = {
        "",
        "Examples:",
        "  quorate check datascale",
        "  quorate check datascale --load m --auto-compact"
      })
  static final class Datascale implements Callable<Integer> {
    private final Session session;

    @Option(names = "--load", paramLabel = "s|m|l|xl", description = "how much (default: s)")
    String load = "s";

    @Option(names = "--prefix", paramLabel = "PREFIX", description = "where keys are written")
    String prefix = "/etcdctl-check-datascale/";

    @Option(names = "--auto-compact", description = "drop the history of it afterwards")
    boolean autoCompact;

    @Option(names = "--auto-defrag", description = "defragment afterwards")
    boolean autoDefrag;

    Datascale(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() {
      int level = level(load);
      int keys = new int[] {10_000, 100_000, 1_000_000, 3_000_000}[level];
      int clients = new int[] {50, 200, 500, 1_000}[level];
      QuorateClient client = session.client();
      refuseKeys(client.kv(), prefix);
      String endpoint = session.globals().endpointList().get(0);
      long before = memory(endpoint, "before");
      session
          .out()
          .print(
              "Start data scale check for work load ["
                  + keys
                  + " key-value pairs, 1024 bytes per key-value, "
                  + clients
                  + " concurrent clients].\n");
      session.out().flush();
      Writes writes = new Writes(client.kv(), prefix, 512, 512, clients);
      for (int i = 0; i < keys; i++) {
        writes.one();
      }
      writes.awaitAll();
      long after = memory(endpoint, "after");
      cleanUp(session, client, prefix, autoCompact, autoDefrag);
      if (!writes.reportErrors(session.out())) {
        return ExitCodes.FAILED;
      }
      double megabytes = (after - before) / (1024.0 * 1024);
      session
          .out()
          .print(
              String.format(
                  Locale.ROOT, "PASS: Approximate system memory used : %.2f MB.\n", megabytes));
      return ExitCodes.OK;
    }

    /** What the member's metrics say of its memory. */
    private static long memory(String endpoint, String when) {
      String base = endpoint.contains("://") ? endpoint : "http://" + endpoint;
      try (BufferedReader lines =
          new BufferedReader(
              new InputStreamReader(
                  URI.create(base + "/metrics").toURL().openStream(), StandardCharsets.UTF_8))) {
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
          if (line.startsWith("process_resident_memory_bytes ")) {
            return (long) Double.parseDouble(line.substring(line.indexOf(' ') + 1));
          }
        }
      } catch (IOException | IllegalArgumentException e) {
        throw new Failure(
            ExitCodes.FAILED, "the metrics of " + endpoint + " can't be read: " + e.getMessage());
      }
      throw new Failure(
          ExitCodes.FAILED,
          "FAIL: Could not read process_resident_memory_bytes " + when + " the put operations.");
    }
  }

  private static int level(String load) {
    return switch (load) {
      case "s", "small" -> 0;
      case "m", "medium" -> 1;
      case "l", "large" -> 2;
      case "xl", "xLarge" -> 3;
      default -> throw new Failure(ExitCodes.BAD_FEATURE, "unknown load option " + load);
    };
  }

  private static void refuseKeys(Kv kv, String prefix) {
    if (!kv.range(Range.prefix(Session.bytes(prefix)).limit(1)).kvs().isEmpty()) {
      throw new Failure(
          ExitCodes.INVALID_INPUT,
          "prefix "
              + GoQuote.quote(Session.bytes(prefix))
              + " has keys. Delete with 'quorate del --prefix "
              + Session.text(prefix)
              + "' first");
    }
  }

  private static void cleanUp(
      Session session, QuorateClient client, String prefix, boolean compact, boolean defrag) {
    long revision = client.kv().delete(Delete.prefix(Session.bytes(prefix))).header().revision();
    if (compact) {
      var _ = client.kv().compact(revision, false);
    }
    if (defrag) {
      for (String endpoint : session.globals().endpointList()) {
        var _ = session.client(List.of(endpoint)).maintenance().defragment();
      }
    }
  }

  /** Puts of random keys, of which only so many are under way at once. */
  private static final class Writes {
    private final Kv kv;
    private final Bytes prefix;
    private final int keyBytes;
    private final Bytes value;
    private final int clients;
    private final Semaphore free;
    private final SplittableRandom random = new SplittableRandom();
    private final List<Long> nanos = new ArrayList<>();
    private final Map<String, Integer> errors = new TreeMap<>();

    Writes(Kv kv, String prefix, int keyBytes, int valueBytes, int clients) {
      this.kv = kv;
      this.prefix = Session.bytes(prefix);
      this.keyBytes = keyBytes;
      value = Bytes.wrap(new byte[valueBytes]);
      this.clients = clients;
      free = new Semaphore(clients);
    }

    void one() {
      free.acquireUninterruptibly();
      byte[] key = new byte[prefix.length() + keyBytes];
      prefix.copyTo(key, 0);
      long number = random.nextLong(Long.MAX_VALUE);
      for (int i = 0; i < Long.BYTES; i++) {
        key[prefix.length() + i] = (byte) (number >>> (8 * i));
      }
      long start = System.nanoTime();
      var _ =
          kv.putAsync(new Put(Bytes.wrap(key), value, 0, false, false, false))
              .whenComplete((_, failure) -> {
                done(System.nanoTime() - start, failure);
                free.release();
              });
    }

    private synchronized void done(long took, @Nullable Throwable failure) {
      if (failure == null) {
        nanos.add(took);
      } else {
        errors.merge(String.valueOf(failure.getMessage()), 1, Integer::sum);
      }
    }

    void awaitAll() {
      free.acquireUninterruptibly(clients);
    }

    synchronized int answered() {
      return nanos.size();
    }

    synchronized double slowestSeconds() {
      return nanos.stream().mapToLong(Long::longValue).max().orElse(0) / 1e9;
    }

    synchronized double deviationSeconds() {
      double mean = nanos.stream().mapToLong(Long::longValue).average().orElse(0);
      double squares = nanos.stream().mapToDouble(n -> (n - mean) * (n - mean)).sum();
      return Math.sqrt(squares / Math.max(1, nanos.size())) / 1e9;
    }

    /** Whether there were none. */
    synchronized boolean reportErrors(PrintStream out) {
      if (!errors.isEmpty()) {
        out.print("FAIL: too many errors\n");
        errors.forEach(
            (error, count) -> out.print("FAIL: ERROR(" + error + ") -> " + count + "\n"));
      }
      return errors.isEmpty();
    }
  }
}
