package io.quorate.wal;

import io.quorate.base.Checks;
import io.quorate.base.Disk;
import io.quorate.base.DiskFile;
import io.quorate.base.DiskFullException;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Files that are ready to become a segment: every block of them has been written and synced, so
 * that a batch changes data only. Some are new, some were segments before.
 *
 * <p>Any thread may make one ready; the log's thread takes them and puts old segments in.
 */
final class Spares {
  static final String READY = "spare-";
  static final String UNFINISHED = "new-";
  private static final int CHUNK = 1 << 20;

  private final Disk disk;
  private final String directory;
  private final int segmentBytes;
  private final int max;
  private final Failure failure;

  /** Held while a file is made ready: a writer in need waits for the one that is under way. */
  private final ReentrantLock making = new ReentrantLock();

  /** Guards the names; never held during I/O. */
  private final ReentrantLock lock = new ReentrantLock();

  /** The file that is under way, open between two parts. Guarded by {@link #making}. */
  private @Nullable Unfinished unfinished;

  /** Guarded by {@link #making}. */
  private boolean closed;

  /** How much is there of the file that is under way; written under {@link #making}. */
  private volatile int written;

  private final ArrayDeque<String> ready = new ArrayDeque<>();
  private final AtomicLong nextName = new AtomicLong(1);

  private record Unfinished(String path, DiskFile file) {}

  Spares(Disk disk, String directory, WalSettings settings, Failure failure) {
    this.disk = disk;
    this.directory = directory;
    this.segmentBytes = settings.segmentBytes();
    this.max = settings.sparesMax();
    this.failure = failure;
  }

  /** Takes over what an earlier life of the log left. */
  void adopt(List<String> names) {
    for (String name : names) {
      ready.add(directory + "/" + name);
      nextName.set(Math.max(nextName.get(), number(name) + 1));
    }
  }

  /** The number in a spare's name; -1 if it isn't one. */
  static long number(String name) {
    try {
      return name.startsWith(READY) ? Long.parseLong(name.substring(READY.length())) : -1;
    } catch (NumberFormatException notANumber) {
      return -1;
    }
  }

  int count() {
    lock.lock();
    try {
      return ready.size();
    } finally {
      lock.unlock();
    }
  }

  boolean full() {
    return count() >= max;
  }

  /** A ready file's path, now the caller's; null if there is none. */
  @Nullable String take() {
    lock.lock();
    try {
      return ready.poll();
    } finally {
      lock.unlock();
    }
  }

  /** Puts a ready file in, or back. */
  void put(String path) {
    lock.lock();
    try {
      ready.addLast(path);
    } finally {
      lock.unlock();
    }
  }

  /** Makes a file ready unless one is. */
  void prepare() {
    var _ = prepare(segmentBytes);
  }

  /**
   * Writes at most so many bytes more of the file that will be ready next.
   *
   * @return whether nothing more is to be done: one is ready, or this was closed
   */
  boolean prepare(int bytesMax) {
    Checks.that(bytesMax > 0, "bytesMax=%d", bytesMax);
    making.lock();
    try {
      if (count() > 0 || closed) {
        return true;
      }
      failure.check();
      Unfinished file = unfinished != null ? unfinished : create(segmentBytes);
      int from = written;
      int to = (int) Math.min(segmentBytes, (long) from + bytesMax);
      unfinished = null; // unless all goes well
      written = 0;
      fill(file, from, to, segmentBytes);
      if (to < segmentBytes) {
        unfinished = file;
        written = to;
        return false;
      }
      close(file.file());
      put(named(file.path()));
      return true;
    } finally {
      making.unlock();
    }
  }

  /** How much is there of a file that isn't ready, in bytes. Any thread. */
  int written() {
    return written;
  }

  /** Waits for who is making one; nobody makes another after this. */
  void close() {
    making.lock();
    try {
      closed = true;
      Unfinished left = unfinished;
      unfinished = null;
      if (left != null) {
        close(left.file()); // the next start deletes it
      }
    } finally {
      making.unlock();
    }
  }

  /** Gives a whole file a name that is durable, too. */
  private String named(String whole) {
    String path = nextPath();
    try {
      disk.rename(whole, path);
      disk.syncDirectory(directory);
      return path;
    } catch (DiskFullException full) {
      throw noRoom(segmentBytes, full, whole, path);
    } catch (IOException failed) {
      throw failure.fail("Naming log segment " + path, failed);
    }
  }

  /** A new file of written blocks; if the log ends before it has another name, it is deleted. */
  String fill(int bytes) {
    Unfinished file = create(bytes);
    fill(file, 0, bytes, bytes);
    close(file.file());
    return file.path();
  }

  private Unfinished create(int bytes) {
    String path = directory + "/" + UNFINISHED + nextName.getAndIncrement();
    try {
      return new Unfinished(path, disk.create(path));
    } catch (DiskFullException full) {
      throw noRoom(bytes, full, path);
    } catch (IOException failed) {
      throw failure.fail("Creating log segment " + path, failed);
    }
  }

  /** Chunk by chunk, so that the log's own syncs never wait for a whole file. */
  private void fill(Unfinished file, int from, int to, int bytes) {
    boolean filled = false;
    try {
      for (int at = from; at < to; at += CHUNK) {
        file.file().fillWithZeros(at, Math.min(to, at + CHUNK));
        file.file().sync();
      }
      filled = true;
    } catch (DiskFullException full) {
      throw noRoom(bytes, full, file.path());
    } catch (IOException failed) {
      throw failure.fail("Preparing log segment " + file.path(), failed);
    } finally {
      if (!filled) {
        close(file.file());
      }
    }
  }

  private static void close(DiskFile file) {
    try {
      file.close();
    } catch (IOException unclosed) {
      // What counted was synced before.
    }
  }

  private QuorateException noRoom(int bytes, DiskFullException full, String... leftovers) {
    for (String leftover : leftovers) {
      discard(leftover);
    }
    return QuorateException.of(
        ErrorCode.DISK_FULL,
        "No room for a log segment of %d bytes in %s; nothing acknowledged is lost"
            .formatted(bytes, directory),
        full);
  }

  /** A path for an old segment to be renamed to. */
  String nextPath() {
    return directory + "/" + READY + nextName.getAndIncrement();
  }

  private void discard(String path) {
    try {
      if (disk.exists(path)) {
        disk.delete(path);
      }
    } catch (IOException stays) {
      // The next start deletes what is unfinished, and adopts what is ready.
    }
  }
}
