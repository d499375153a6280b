package io.quorate.bench.jmh;

import io.quorate.base.Bytes;
import io.quorate.base.Disk;
import io.quorate.base.DiskFile;
import io.quorate.wal.GroupState;
import io.quorate.wal.LogHash;
import io.quorate.wal.Wal;
import io.quorate.wal.WalSettings;
import io.quorate.wal.WalVisitor;
import java.io.Closeable;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The log without its disk: what a batch costs to hash, check-sum, encode and keep account of, its
 * segments being trimmed and used again. The disk takes everything and keeps nothing.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class WalSteps {
  private static final long GROUP = 1;
  private static final long TERM = 1;
  private static final byte COMMAND = 0;
  private static final int ENTRIES_KEPT = 3_000; // few enough that no cleaning reads them back
  private static final Bytes PAYLOAD = Bytes.wrap(new byte[300]);

  /** Entries that one sync makes durable. */
  @Param({"1", "64"})
  int entries;

  private Wal wal = open();
  private long index;
  private long hash;
  private long trimmed;

  /** Opens an empty log. */
  @Setup
  public void begin() {
    wal = open();
    index = 0;
    hash = LogHash.EMPTY;
    trimmed = 0;
  }

  private static Wal open() {
    return Wal.open(new Nowhere(), "log", WalSettings.of(1, 1, 1), new Ignoring());
  }

  /** A batch: staged, encoded and written. */
  @Benchmark
  public long batch() {
    for (int i = 0; i < entries; i++) {
      hash = LogHash.next(hash, TERM, COMMAND, PAYLOAD);
      wal.append(GROUP, ++index, TERM, COMMAND, PAYLOAD, hash);
    }
    wal.sync();
    if (index - trimmed > 2 * ENTRIES_KEPT) {
      trimmed = index - ENTRIES_KEPT;
      wal.trim(GROUP, trimmed);
    }
    if (wal.wantsNextSegment()) {
      var _ = wal.prepareNextSegment(Integer.MAX_VALUE);
      wal.maintain();
    }
    return hash;
  }

  /** Wants to know nothing of what the log holds. */
  private static final class Ignoring implements WalVisitor {
    @Override
    public void group(GroupState state) {}

    @Override
    public void entry(
        long group, long index, long term, byte kind, Bytes payload, long entryHash) {}
  }

  /** Keeps names and lengths. */
  private static final class Nowhere implements Disk {
    private final TreeMap<String, Nothing> files = new TreeMap<>();

    @Override
    public List<String> list(String directory) {
      String prefix = directory + "/";
      return files.keySet().stream()
          .filter(path -> path.startsWith(prefix))
          .map(path -> path.substring(prefix.length()))
          .toList();
    }

    @Override
    public boolean exists(String path) {
      return files.containsKey(path);
    }

    @Override
    public void createDirectories(String directory) {}

    @Override
    public DiskFile create(String path) {
      Nothing file = new Nothing();
      files.put(path, file);
      return file;
    }

    @Override
    public DiskFile open(String path) {
      return files.get(path);
    }

    @Override
    public DiskFile openDirect(String path) {
      return files.get(path);
    }

    @Override
    public void rename(String from, String to) {
      files.put(to, files.remove(from));
    }

    @Override
    public void delete(String path) {
      files.remove(path);
    }

    @Override
    public long size(String path) {
      return files.get(path).size();
    }

    @Override
    public void syncDirectory(String directory) {}

    @Override
    public Closeable tryLock(String path) {
      return () -> {};
    }
  }

  /** A file of zeros, whatever is written to it. */
  private static final class Nothing implements DiskFile {
    private long size;

    @Override
    public long size() {
      return size;
    }

    @Override
    public int read(ByteBuffer target, long position) {
      int length = (int) Math.min(target.remaining(), Math.max(0, size - position));
      target.position(target.position() + length);
      return length;
    }

    @Override
    public void write(ByteBuffer source, long position) {
      size = Math.max(size, position + source.remaining());
      source.position(source.limit());
    }

    @Override
    public void fillWithZeros(long from, long to) {
      size = Math.max(size, to);
    }

    @Override
    public void sync() {}

    @Override
    public void close() {}
  }
}
