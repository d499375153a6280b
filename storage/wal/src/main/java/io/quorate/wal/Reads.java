package io.quorate.wal;

import io.quorate.base.Disk;
import io.quorate.base.DiskFile;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Reads entries back, on any thread: notes their places and pins their segments under the index's
 * lock, reads and verifies without it.
 */
final class Reads {
  /** Most entries of one call. */
  private static final int ENTRIES_MAX = 4096;

  private static final int WINDOW = 256 * 1024;
  private static final int WINDOWS_KEPT = 4;

  private final Disk disk;
  private final LogIndex index;

  /** Windows not in use, with what they need; guarded by the index's lock. */
  private final ArrayDeque<Lens> lenses = new ArrayDeque<>();

  Reads(Disk disk, LogIndex index) {
    this.disk = disk;
    this.index = index;
  }

  private static final class Lens {
    final CRC32C crc = new CRC32C();
    @Nullable Window window;
    long[] places = new long[64];
    int[] lengths = new int[64];
    Segment[] pinned = new Segment[4];
    int pins;
    int count;

    Window turnTo(DiskFile file, Segment segment) {
      Window present = window;
      if (present == null) {
        present = new Window(Math.min(WINDOW, segment.size), file, segment.size);
        window = present;
      } else {
        present.turnTo(file, segment.size);
      }
      return present;
    }

    void add(long place, int length) {
      if (count == places.length) {
        places = Arrays.copyOf(places, 2 * count);
        lengths = Arrays.copyOf(lengths, 2 * count);
      }
      places[count] = place;
      lengths[count] = length;
      count++;
    }

    void pin(Segment segment) {
      if (pins == pinned.length) {
        pinned = Arrays.copyOf(pinned, 2 * pins);
      }
      pinned[pins++] = segment;
      segment.pins++;
    }
  }

  long read(long group, long from, long to, long maxBytes, EntryVisitor visitor) {
    Lens lens = plan(group, from, to, maxBytes);
    try {
      Segment segment = null;
      Window window = null;
      int pin = -1;
      for (int i = 0; i < lens.count; i++) {
        long sequence = lens.places[i] >>> 32;
        if (segment == null || window == null || segment.sequence != sequence) {
          segment = lens.pinned[++pin];
          window = lens.turnTo(reader(segment), segment);
        }
        int offset = (int) lens.places[i];
        entry(lens, segment, window, group, from + i, offset, lens.lengths[i], visitor);
      }
      return from + lens.count;
    } finally {
      release(lens);
    }
  }

  private Lens plan(long group, long from, long to, long maxBytes) {
    index.lock.lock();
    try {
      GroupLog log = index.find(group);
      if (log == null || from <= log.baseIndex) {
        throw QuorateException.of(
            ErrorCode.INVALID_REQUEST,
            "group %d has no entry %d in the log, which begins above %d"
                .formatted(group, from, log == null ? 0 : log.baseIndex));
      }
      Lens lens = lenses.isEmpty() ? new Lens() : lenses.pop();
      lens.count = 0;
      lens.pins = 0;
      long end = Math.min(Math.min(to, log.lastIndex() + 1), from + ENTRIES_MAX);
      if (from < end && !log.has(from)) {
        throw QuorateException.of(
            ErrorCode.DATA_DAMAGED,
            "group %d, index %d: the entry was found damaged, and no peer has supplied it yet"
                .formatted(group, from));
      }
      long bytes = 0;
      long segment = -1;
      for (long i = from; i < end; i++) {
        bytes += log.length(i);
        if (i > from && (bytes > maxBytes || !log.has(i))) {
          break;
        }
        long place = log.place(i);
        if (place >>> 32 != segment) {
          segment = place >>> 32;
          lens.pin(index.segment(segment));
        }
        lens.add(place, log.length(i));
      }
      return lens;
    } finally {
      index.lock.unlock();
    }
  }

  private void release(Lens lens) {
    Window window = lens.window;
    if (window != null) {
      window.shrink();
    }
    index.lock.lock();
    try {
      for (int i = 0; i < lens.pins; i++) {
        lens.pinned[i].pins--;
      }
      if (lenses.size() < WINDOWS_KEPT) {
        lenses.push(lens);
      }
    } finally {
      index.lock.unlock();
    }
  }

  private DiskFile reader(Segment segment) {
    index.lock.lock();
    try {
      DiskFile open = segment.readFile;
      if (open != null) {
        return open;
      }
    } finally {
      index.lock.unlock();
    }
    DiskFile opened;
    try {
      opened = disk.open(segment.path);
    } catch (IOException failed) {
      throw unreadable(segment, 0, -1, 0, failed);
    }
    index.lock.lock();
    try {
      DiskFile other = segment.readFile;
      if (other == null) {
        segment.readFile = opened;
        return opened;
      }
      opened.close();
      return other;
    } catch (IOException failed) {
      throw unreadable(segment, 0, -1, 0, failed);
    } finally {
      index.lock.unlock();
    }
  }

  private void entry(
      Lens lens,
      Segment segment,
      Window window,
      long group,
      long entryIndex,
      int offset,
      int length,
      EntryVisitor visitor) {
    int at;
    try {
      at = window.at(offset, Format.RECORD_HEADER + length);
    } catch (IOException failed) {
      forget(segment);
      throw unreadable(segment, offset, group, entryIndex, failed);
    }
    ByteBuffer in = window.buffer();
    if (at < 0
        || !Format.isRecord(lens.crc, in, at, segment.mask(offset))
        || in.getInt(at + 8) != length
        || in.getLong(at + 16) != group
        || in.getLong(at + 24) != entryIndex) {
      throw damaged(segment, offset, group, entryIndex, "the record's header is damaged", null);
    }
    int payload = at + Format.RECORD_HEADER;
    if (Format.crc(lens.crc, in, payload, length) != in.getInt(at + 12)) {
      throw damaged(segment, offset, group, entryIndex, "the payload is damaged", null);
    }
    long term = in.getLong(at + 32);
    long hash = in.getLong(at + 40);
    visitor.entry(entryIndex, term, in.get(at + 3), States.bytes(in, payload, length), hash);
  }

  /** An interrupted read has closed the handle; the next one opens another. */
  private void forget(Segment segment) {
    DiskFile broken;
    index.lock.lock();
    try {
      broken = segment.readFile;
      segment.readFile = null;
    } finally {
      index.lock.unlock();
    }
    try (broken) {
      // Only to be closed.
    } catch (IOException unclosed) {
      // The read has failed already.
    }
  }

  private static QuorateException unreadable(
      Segment segment, long offset, long group, long entryIndex, IOException failed) {
    if (failed instanceof ClosedChannelException) {
      return QuorateException.of(
          ErrorCode.STOPPED, "A read of %s was interrupted".formatted(segment.path), failed);
    }
    return damaged(
        segment, offset, group, entryIndex, "can't be read: " + failed.getMessage(), failed);
  }

  private static QuorateException damaged(
      Segment segment,
      long offset,
      long group,
      long entryIndex,
      String what,
      @Nullable IOException cause) {
    Damage damage = new Damage(segment.path, offset, group, entryIndex, what);
    return QuorateException.of(ErrorCode.DATA_DAMAGED, "The log is damaged: " + damage, cause);
  }
}
