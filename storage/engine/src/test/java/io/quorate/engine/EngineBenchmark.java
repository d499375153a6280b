package io.quorate.engine;

import io.quorate.base.RowCursor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatch;

/**
 * Prints what the RocksDB engine costs with a million rows of 256 bytes. Run by hand, with a
 * directory to work in; nothing is asserted. {@code -Drows} and {@code -Drate} (puts per second; as
 * many as one thread can, if it isn't told) change what is put. Rows come as the store's do: a put
 * writes the row itself, and a change with as many bytes, in ascending order.
 */
final class EngineBenchmark {
  private static final int BATCH = 64;
  private static final int VALUE_BYTES = 256;
  private static final int PROBES = 200_000;
  private static final long RATE = Long.getLong("rate", 1_000_000_000);

  private EngineBenchmark() {}

  public static void main(String[] arguments) throws Exception {
    int rows = Integer.getInteger("rows", 1_000_000);
    Path root = Files.createTempDirectory(Path.of(arguments[0]), "engine");
    try (RocksEngines engines = new RocksEngines(root, RocksSettings.standard())) {
      Engine engine = engines.create("e/1", EngineOptions.cached('n', 1).ordered('r'));
      fill(engine, rows, 0);
      fill(engine, rows, rows);
      print("resident %d MiB after the fill", resident());
      engine.close();

      long start = System.nanoTime();
      engine = engines.open("e/1", EngineOptions.cached('n', 1).ordered('r'));
      print("open                    %8.1f ms", (System.nanoTime() - start) / 1e6);
      reads(engine, rows);
      start = System.nanoTime();
      Checkpoint checkpoint = engine.checkpoint("c");
      print(
          "checkpoint              %8.1f ms, %d files, %d MiB",
          (System.nanoTime() - start) / 1e6, checkpoint.files().size(), checkpoint.bytes() >> 20);
      Engine asked = engine;
      time("flushed mark", PROBES / 10, i -> asked.flushedMark());
      print("%s", engine.statistics());
      print("resident %d MiB", resident());
      engine.close();
      engines.delete("c");
      engines.delete("e/1");
    }
    forms();
  }

  /** As many puts as there are rows: of each one first, then of any; changes count on. */
  private static void fill(Engine engine, int rows, long first) throws IOException {
    Random random = new Random(1 + first);
    RowBatch batch = new RowBatch();
    long writing = 0;
    long worst = 0;
    long written = written();
    double busy = busy();
    long began = System.nanoTime();
    for (int i = 0; i < rows; i += BATCH) {
      batch.clear();
      for (int j = 0; j < BATCH; j++) {
        byte[] value = new byte[VALUE_BYTES];
        random.nextBytes(value);
        batch.put(key(first == 0 ? i + j : random.nextInt(rows)), value);
        batch.put(change(first + i + j), value);
      }
      long due = began + i * 1_000_000_000L / RATE;
      while (System.nanoTime() < due) {
        LockSupport.parkNanos(due - System.nanoTime());
      }
      long start = System.nanoTime();
      engine.write(batch, first + i + 1);
      long took = System.nanoTime() - start;
      writing += took;
      worst = Math.max(worst, took);
    }
    print(
        "puts in batches of 64   %8.0f /s, the longest batch %.1f ms",
        rows * 1e9 / writing, worst / 1e6);
    long start = System.nanoTime();
    engine.flush();
    print("flush of the rest       %8.1f ms", (System.nanoTime() - start) / 1e6);
    print(
        "processors, disk        %8.1f s, %d MiB written, %d MiB held",
        busy() - busy, (written() - written) >> 20, engine.statistics().diskBytes() >> 20);
  }

  private static void reads(Engine engine, int rows) {
    Random random = new Random(2);
    byte[][] probes = new byte[PROBES][];
    for (int i = 0; i < PROBES; i++) {
      probes[i] = key(random.nextInt(rows));
    }
    try (RowView view = engine.view()) {
      time("get, random, first", PROBES, i -> view.get(probes[i]));
      time("get, random, again", PROBES, i -> view.get(probes[i]));
      time("get, one row", PROBES, i -> view.get(probes[0]));
      time(
          "get, absent",
          PROBES,
          i -> view.get(("n-absent-" + i).getBytes(StandardCharsets.US_ASCII)));
    }
    time("get, owner, random", PROBES, i -> engine.get(probes[i]));
    time("get, owner, cached", PROBES, i -> engine.get(probes[PROBES - 1 - (i & 8191)]));
    time("scan of 1 row", PROBES / 10, i -> scan(engine, probes[i], 1));
    time("scan of 10 rows", PROBES / 10, i -> scan(engine, probes[i], 10));
    long start = System.nanoTime();
    int steps = scan(engine, new byte[] {'n'}, 500_000);
    print("scan step               %8.2f us", (System.nanoTime() - start) / 1e3 / steps);
  }

  /** What building a batch costs: our form in one call, against a call a row. */
  private static void forms() throws RocksDBException {
    WriteBatchCodec codec = new WriteBatchCodec(EngineOptions.NONE, 0);
    RowBatch batch = new RowBatch();
    for (int i = 0; i < BATCH; i++) {
      batch.put(key(i), new byte[VALUE_BYTES]);
    }
    for (int round = 0; round < 3; round++) {
      time(
          "batch, one call",
          PROBES / 10,
          i -> {
            try (WriteBatch form = new WriteBatch(codec.encode(batch))) {
              form.getDataSize();
            }
          });
      try (WriteBatch form = new WriteBatch()) {
        time(
            "batch, a call a row",
            PROBES / 10,
            i -> {
              form.clear();
              for (int j = 0; j < BATCH; j++) {
                put(form, batch.key(j), batch.value(j));
              }
            });
      }
    }
  }

  private static void put(WriteBatch form, byte[] key, byte[] value) {
    try {
      form.put(key, value);
    } catch (RocksDBException e) {
      throw new AssertionError(e);
    }
  }

  private static int scan(Engine engine, byte[] from, int rows) {
    int seen = 0;
    try (RowCursor cursor = engine.scan(from, new byte[] {'o'})) {
      while (seen < rows && cursor.next()) {
        seen += cursor.key().length > 0 && cursor.value().length > 0 ? 1 : 0;
      }
    }
    return seen;
  }

  private interface Step {
    void run(int i);
  }

  private static void time(String what, int times, Step step) {
    long start = System.nanoTime();
    for (int i = 0; i < times; i++) {
      step.run(i);
    }
    print("%-23s %8.2f us", what, (System.nanoTime() - start) / 1e3 / times);
  }

  private static byte[] key(int number) {
    long scattered = (number * 0x9E3779B97F4A7C15L) >>> 1;
    return ("n" + String.format(Locale.ROOT, "%031d", scattered))
        .getBytes(StandardCharsets.US_ASCII);
  }

  private static byte[] change(long number) {
    return ByteBuffer.allocate(13).put((byte) 'r').putLong(number).array();
  }

  /** Seconds of processor time that this process has taken. */
  private static double busy() {
    return ProcessHandle.current().info().totalCpuDuration().orElse(Duration.ZERO).toNanos() / 1e9;
  }

  /** Bytes that this process has caused to be written. */
  private static long written() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/io"))) {
      if (line.startsWith("write_bytes")) {
        return Long.parseLong(line.replaceAll("\\D", ""));
      }
    }
    return 0;
  }

  private static long resident() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith("VmRSS")) {
        return Long.parseLong(line.replaceAll("\\D", "")) >> 10;
      }
    }
    return 0;
  }

  @SuppressWarnings("AnnotateFormatMethod")
  private static void print(String format, Object... values) {
    System.out.println(String.format(Locale.ROOT, format, values));
  }
}
