package io.quorate.wal;

import io.quorate.base.Bytes;
import io.quorate.base.DiskFile;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;

/**
 * Prints what the log costs on this machine: no test, but a main, with the directory to measure in
 * as its argument. Runs alternate, so that a noisy machine disturbs all of them alike.
 */
final class WalMeasurement {
  private WalMeasurement() {}

  public static void main(String[] arguments) throws IOException {
    Path directory = Files.createTempDirectory(Path.of(arguments[0]), "wal");
    FileDisk disk = new FileDisk(directory);
    for (int round = 1; round <= 3; round++) {
      System.out.println("round " + round);
      growing(disk, round);
      latency(disk, round, false);
      latency(disk, round, true);
      throughput(disk, round, 128 * 1024);
      throughput(disk, round, 1 << 20);
      throughput(disk, round, 8 << 20);
      opening(disk, round);
    }
  }

  /** What a log without preallocation pays: 4 KiB at the end of a file, and a sync. */
  private static void growing(FileDisk disk, int round) throws IOException {
    long[] nanos = new long[2000];
    try (DiskFile file = disk.create("growing" + round)) {
      ByteBuffer block = ByteBuffer.allocateDirect(4096);
      for (int i = 0; i < nanos.length; i++) {
        long begin = System.nanoTime();
        file.write(block.clear(), i * 4096L);
        file.sync();
        nanos[i] = System.nanoTime() - begin;
      }
    }
    print("4 KiB, growing file", nanos);
  }

  private static WalSettings settings(int round) {
    return WalSettings.of(1, 1, round);
  }

  /** One entry of 300 bytes, and a sync; in a new segment, or in one that was used before. */
  private static void latency(FileDisk disk, int round, boolean recycled) {
    String directory = "latency-" + round + "-" + recycled;
    try (Wal wal = Wal.open(disk, directory, settings(round), new Model.Collector())) {
      var _ = wal.prepareNextSegment(Integer.MAX_VALUE);
      Bytes large = Bytes.wrap(new byte[1 << 20]);
      long index = 0;
      long hash = 0;
      if (recycled) {
        while (wal.statistics().recycled() < 3) {
          hash = LogHash.next(hash, 1, (byte) 0, large);
          wal.append(1, ++index, 1, (byte) 0, large, hash);
          wal.sync();
          wal.trim(1, index);
          wal.sync();
          wal.maintain();
        }
      } else {
        hash = LogHash.next(0, 1, (byte) 0, large);
        wal.append(1, ++index, 1, (byte) 0, large, hash);
        while (wal.segments().size() < 2) {
          hash = LogHash.next(hash, 1, (byte) 0, large);
          wal.append(1, ++index, 1, (byte) 0, large, hash);
          wal.sync();
        }
      }
      Bytes small = Bytes.wrap(new byte[300]);
      long[] nanos = new long[2000];
      for (int i = 0; i < nanos.length; i++) {
        long begin = System.nanoTime();
        hash = LogHash.next(hash, 1, (byte) 0, small);
        wal.append(1, ++index, 1, (byte) 0, small, hash);
        wal.sync();
        nanos[i] = System.nanoTime() - begin;
      }
      print(recycled ? "append + sync, recycled segment" : "append + sync, new segment", nanos);
    }
  }

  /** Batches of entries of 1 KiB, a sync each; segments are prepared between, and not counted. */
  private static void throughput(FileDisk disk, int round, int batchBytes) {
    String directory = "throughput-" + round + "-" + batchBytes;
    try (Wal wal = Wal.open(disk, directory, settings(round), new Model.Collector())) {
      Bytes payload = Bytes.wrap(new byte[1024]);
      long index = 0;
      long hash = 0;
      long bytes = 0;
      long nanos = 0;
      long staging = 0;
      long allocated = -1;
      long entries = 0;
      var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
      while (bytes < 512L << 20) {
        boolean warm = bytes > 128L << 20;
        var _ = wal.prepareNextSegment(Integer.MAX_VALUE);
        long before = threads.getCurrentThreadAllocatedBytes();
        long begin = System.nanoTime();
        int inBatch = batchBytes / 1100;
        for (int i = 0; i < inBatch; i++) {
          hash = LogHash.next(hash, 1, (byte) 0, payload);
          wal.append(1, ++index, 1, (byte) 0, payload, hash);
        }
        long staged = System.nanoTime();
        wal.sync();
        nanos += System.nanoTime() - begin;
        staging += staged - begin;
        if (warm) {
          allocated += threads.getCurrentThreadAllocatedBytes() - before;
          entries += inBatch;
        }
        bytes += batchBytes;
        wal.trim(1, index);
        wal.sync();
        wal.maintain();
      }
      System.out.printf(
          Locale.ROOT,
          "  batches of %4d KiB: %4.0f MB/s, staging %3.0f ns an entry, %.2f bytes allocated an entry%n",
          batchBytes / 1024,
          bytes * 1e3 / nanos,
          (double) staging / index,
          (double) allocated / entries);
    }
  }

  /** A first start, and a restart that hands over 300,000 entries. */
  private static void opening(FileDisk disk, int round) {
    long begin = System.nanoTime();
    Wal.open(disk, "opening-" + round, settings(round), new Model.Collector()).close();
    long fresh = System.nanoTime() - begin;
    try (Wal wal = Wal.open(disk, "opening-" + round, settings(round), new Model.Collector())) {
      Bytes payload = Bytes.wrap(new byte[300]);
      long hash = 0;
      for (int i = 1; i <= 300_000; i++) {
        hash = LogHash.next(hash, 1, (byte) 0, payload);
        wal.append(1, i, 1, (byte) 0, payload, hash);
      }
    }
    begin = System.nanoTime();
    long[] count = {0};
    WalVisitor visitor =
        new WalVisitor() {
          @Override
          public void group(GroupState state) {}

          @Override
          public void entry(
              long group, long index, long term, byte kind, Bytes payload, long hash) {
            count[0]++;
          }
        };
    Wal.open(disk, "opening-" + round, settings(round), visitor).close();
    System.out.printf(
        Locale.ROOT,
        "  open: new %.0f ms, with %d entries %.0f ms%n",
        fresh / 1e6,
        count[0],
        (System.nanoTime() - begin) / 1e6);
  }

  private static void print(String what, long[] nanos) {
    Arrays.sort(nanos);
    System.out.printf(
        Locale.ROOT,
        "  %s: p50 %.0f µs, p90 %.0f, p99 %.0f%n",
        what,
        nanos[nanos.length / 2] / 1e3,
        nanos[nanos.length * 9 / 10] / 1e3,
        nanos[nanos.length * 99 / 100] / 1e3);
  }
}
