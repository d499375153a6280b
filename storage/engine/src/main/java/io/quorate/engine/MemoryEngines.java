package io.quorate.engine;

import io.quorate.base.Checks;
import io.quorate.base.Disk;
import io.quorate.base.DiskFullException;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.base.RowCursor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Engines in memory, for the simulator, for tests and for members that are thrown away. What they
 * flush goes to a {@link Disk}, so a simulated one can tear, lose and refuse it.
 */
public final class MemoryEngines implements Engines {
  /** After so many bytes of changes an engine flushes by itself. */
  public static final long FLUSH_BYTES_DEFAULT = 64L << 20;

  private final Disk disk;
  private final long flushBytes;
  private final List<MemoryEngine> opened = new ArrayList<>();
  private boolean closed;

  /**
   * @param disk where flushed rows go; its root is what directories are named relative to
   * @param flushBytes after how many bytes of changes an engine flushes by itself
   */
  public MemoryEngines(Disk disk, long flushBytes) {
    Checks.that(flushBytes > 0, "flushBytes=%d", flushBytes);
    this.disk = disk;
    this.flushBytes = flushBytes;
  }

  @Override
  public Engine create(String directory, EngineOptions options) {
    try {
      if (exists(directory)) {
        throw QuorateException.of(
            ErrorCode.ENGINE_DAMAGED,
            "there is something in " + directory + ", where a new engine should be");
      }
      disk.createDirectories(directory);
      long bytes = MemoryImage.write(disk, directory, RowTree.EMPTY, 0);
      return opened(directory, new MemoryImage.Content(RowTree.EMPTY, 0), bytes);
    } catch (IOException e) {
      throw failed(directory, e);
    }
  }

  @Override
  public Engine open(String directory, EngineOptions options) {
    try {
      MemoryImage.Content content = MemoryImage.read(disk, directory);
      // The image may have been renamed just before a crash, or received: make its entry durable.
      disk.syncDirectory(directory);
      return opened(directory, content, disk.size(directory + "/" + MemoryImage.NAME));
    } catch (IOException e) {
      throw failed(directory, e);
    }
  }

  @Override
  public RowView read(String directory) {
    try {
      return new ImageView(MemoryImage.read(disk, directory));
    } catch (IOException e) {
      throw failed(directory, e);
    }
  }

  @Override
  public boolean exists(String directory) {
    try {
      return disk.exists(directory)
          && disk.list(directory).stream().anyMatch(name -> !name.equals(MemoryImage.NEW_NAME));
    } catch (IOException e) {
      throw failed(directory, e);
    }
  }

  @Override
  public void delete(String directory) {
    try {
      if (!disk.exists(directory)) {
        return;
      }
      for (String name : disk.list(directory)) {
        disk.delete(directory + "/" + name);
      }
      disk.syncDirectory(directory);
    } catch (IOException e) {
      throw failed(directory, e);
    }
  }

  @Override
  public synchronized void close() {
    Checks.that(opened.isEmpty(), "%d engines are still open", opened.size());
    closed = true;
  }

  synchronized void closed(MemoryEngine engine) {
    opened.remove(engine);
  }

  static QuorateException failed(String where, IOException cause) {
    ErrorCode code =
        cause instanceof DiskFullException ? ErrorCode.DISK_FULL : ErrorCode.ENGINE_FAILED;
    return QuorateException.of(
        code, "the engine in " + where + " says: " + cause.getMessage(), cause);
  }

  private synchronized Engine opened(
      String directory, MemoryImage.Content content, long diskBytes) {
    Checks.that(!closed, "engines have been closed");
    MemoryEngine engine = new MemoryEngine(disk, directory, this, flushBytes, content, diskBytes);
    opened.add(engine);
    return engine;
  }

  /** The rows of an image that was read. */
  private record ImageView(MemoryImage.Content content) implements RowView {
    @Override
    public long mark() {
      return content.mark();
    }

    @Override
    public byte @Nullable [] get(byte[] row) {
      return content.rows().get(row);
    }

    @Override
    public RowCursor scan(byte[] from, byte @Nullable [] to) {
      return content.rows().scan(from, to);
    }

    @Override
    public void close() {}
  }
}
