package io.quorate.wal;

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

  /**
   * The file that is under way, and how much of it has been written. Guarded by {@link #making}.
   */
  private @Nullable String unfinished;

  private int written;

  private final ArrayDeque<String> ready = new ArrayDeque<>();
  private final AtomicLong nextName = new AtomicLong(1);

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

  /** Writes at most so many bytes more of the file that will be ready next; true if one is. */
  boolean prepare(int bytesMax) {
    making.lock();
    try {
      if (count() > 0) {
        return true;
      }
      failure.check();
      String path = unfinished != null ? unfinished : unfinishedPath();
      int from = written;
      int to = Math.min(segmentBytes, from + Math.min(bytesMax, segmentBytes - from));
      unfinished = null;
      written = 0;
      fill(path, from, to);
      if (to < segmentBytes) {
        unfinished = path;
        written = to;
        return false;
      }
      put(named(path));
      return true;
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
      throw noRoom(full, whole, path);
    } catch (IOException failed) {
      throw failure.fail("Naming log segment " + path, failed);
    }
  }

  /** A new file of written blocks; if the log ends before it has another name, it is deleted. */
  String fill(int bytes) {
    String path = unfinishedPath();
    fill(path, 0, bytes);
    return path;
  }

  private void fill(String path, int from, int to) {
    try (DiskFile file = from == 0 ? disk.create(path) : disk.open(path)) {
      for (int at = from; at < to; at += CHUNK) {
        file.fillWithZeros(at, Math.min(to, at + CHUNK));
        file.sync(); // chunk by chunk, so that the log's own syncs never wait for a whole file
      }
    } catch (DiskFullException full) {
      throw noRoom(full, path);
    } catch (IOException failed) {
      throw failure.fail("Preparing log segment " + path, failed);
    }
  }

  private String unfinishedPath() {
    return directory + "/" + UNFINISHED + nextName.getAndIncrement();
  }

  private QuorateException noRoom(DiskFullException full, String... leftovers) {
    for (String leftover : leftovers) {
      discard(leftover);
    }
    return QuorateException.of(
        ErrorCode.DISK_FULL,
        "No room for a log segment of %d bytes in %s; nothing acknowledged is lost"
            .formatted(segmentBytes, directory),
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
