package io.quorate.wal;

import io.quorate.base.Checks;
import io.quorate.base.DiskFile;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Moves entries that are still needed out of old segments, so that a slow group can't pin the disk.
 * The log's thread only.
 *
 * <p>It works on the oldest segment, and only while the segments take more than twice what is live
 * in them: every byte moved has then let at least one go, and the log's size is bound by what its
 * groups need.
 */
final class Cleaner {
  private static final int WINDOW = 256 * 1024;

  private final Wal wal;
  private final WalSettings settings;
  private final LogIndex index;
  private final CRC32C crc = new CRC32C();

  Cleaner(Wal wal, WalSettings settings, LogIndex index) {
    this.wal = wal;
    this.settings = settings;
    this.index = index;
  }

  /**
   * Stages a batch's worth of the oldest segment's live entries, if they hold up the rest.
   *
   * @return whether there is more to do once these are synced
   */
  boolean clean() {
    Segment leave = damaged();
    if (leave == null && !pinned()) {
      return false;
    }
    if (wal.stagedBytes() > 0) {
      return true; // What is staged could let go what would be moved.
    }
    try {
      rewrite(leave == null ? index.oldest().sequence : leave.sequence);
      return true;
    } catch (QuorateException full) {
      if (full.code() == ErrorCode.DISK_FULL) {
        return false;
      }
      throw full;
    }
  }

  /** A segment whose file has shown damage, and which something is still needed of. */
  private @Nullable Segment damaged() {
    for (int i = 0; i < index.segments().size() - 1; i++) {
      Segment segment = index.segments().get(i);
      if (segment.damaged && segment.liveEntries > 0) {
        return segment;
      }
    }
    return null;
  }

  private boolean pinned() {
    int count = index.segments().size();
    if (count < 4) {
      return false;
    }
    long bytes = 0;
    long live = 0;
    for (int i = 0; i < count - 1; i++) {
      Segment segment = index.segments().get(i);
      bytes += segment.size;
      live += segment.liveBytes;
    }
    return bytes > 2 * live + 2L * settings.segmentBytes();
  }

  /**
   * Stages live entries of a segment, half a batch of them or one. Nothing else is staged, so that
   * no batch gets full on the way.
   *
   * @return whether any are left
   */
  boolean rewrite(long sequence) {
    Segment segment = index.segment(sequence);
    if (segment.liveEntries == 0) {
      return false;
    }
    int budget = settings.batchBytesMax() / 2;
    boolean moved = false;
    try (DiskFile file = wal.disk().openDirect(segment.path)) {
      Window window = new Window(Math.min(WINDOW, segment.size), file, segment.size);
      for (GroupLog group : index.groups()) {
        for (long i = group.baseIndex + 1; i <= group.lastIndex(); i++) {
          long place = group.place(i);
          if (place >>> 32 != sequence) {
            continue;
          }
          int bytes = Format.recordBytes(group.length(i));
          if (moved && bytes > budget) {
            return true;
          }
          moved = true;
          budget -= bytes;
          if (!move(group, i, segment, window, (int) place, group.length(i))) {
            segment.damaged = true;
            index.lose(group, i, group.termAt(i), group.hashAt(i), /* known= */ true);
          }
        }
      }
      return false;
    } catch (IOException unreadable) {
      throw QuorateException.of(
          ErrorCode.DATA_DAMAGED,
          "The log is damaged: %s can't be read: %s"
              .formatted(segment.path, unreadable.getMessage()),
          unreadable);
    }
  }

  private boolean move(
      GroupLog group, long entry, Segment segment, Window window, int offset, int length)
      throws IOException {
    int at = window.at(offset, Format.RECORD_HEADER + length);
    ByteBuffer in = window.buffer();
    if (at < 0
        || !Format.isRecord(crc, in, at, segment.mask(offset))
        || Format.crc(crc, in, at + Format.RECORD_HEADER, length) != in.getInt(at + 12)) {
      return false;
    }
    Checks.that(in.getLong(at + 24) == entry, "found entry %d for %d", in.getLong(at + 24), entry);
    wal.rewrite(
        group,
        in.get(at + 3),
        entry,
        group.termAt(entry),
        group.hashAt(entry),
        in,
        at + Format.RECORD_HEADER,
        length);
    return true;
  }
}
