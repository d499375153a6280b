package io.quorate.wal;

import io.quorate.base.DiskFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * One file of the log. The log's thread writes it; what readers share (the counts, the reader's
 * handle) is guarded by {@link LogIndex}'s lock.
 */
final class Segment {
  private static final String SUFFIX = ".wal";

  final long sequence;
  final String path;
  final long salt;
  final int size;

  /** Where the segment before ends: what is behind that, there, is nothing. */
  final int previousEnd;

  /** The writer's handle. */
  final DiskFile file;

  /** Where the next batch goes. */
  int end;

  long liveEntries;
  long liveBytes;

  /** Whether any of it was found damaged: what is still needed of it had better move. */
  boolean damaged;

  /** Reads under way that rely on the file. */
  int pins;

  /** The readers' handle: an interrupted reader closes it, and the writer does not notice. */
  @Nullable DiskFile readFile;

  Segment(
      long sequence, String path, long salt, int size, int previousEnd, DiskFile file, int end) {
    this.sequence = sequence;
    this.path = path;
    this.salt = salt;
    this.size = size;
    this.previousEnd = previousEnd;
    this.file = file;
    this.end = end;
  }

  static String name(long sequence) {
    return "%016x".formatted(sequence) + SUFFIX;
  }

  /** Stands for a segment that is gone or tells nothing. */
  static Segment lost(long sequence, String path) {
    Segment lost = new Segment(sequence, path, 0, 0, -1, LostFile.INSTANCE, 0);
    lost.damaged = true;
    return lost;
  }

  boolean isLost() {
    return file == LostFile.INSTANCE;
  }

  /** The sequence that a file's name stands for; -1 if it is not a segment's. */
  static long sequence(String name) {
    if (name.length() != 16 + SUFFIX.length() || !name.endsWith(SUFFIX)) {
      return -1;
    }
    try {
      long sequence = Long.parseLong(name.substring(0, 16), 16);
      return name(sequence).equals(name) ? sequence : -1;
    } catch (NumberFormatException notHex) {
      return -1;
    }
  }

  /** Writes a segment's header into the first two blocks of a buffer. */
  static void header(
      ByteBuffer buffer,
      CRC32C crc,
      WalSettings settings,
      long salt,
      long sequence,
      int size,
      int previousEnd) {
    for (int i = 0; i < Format.FIRST_BATCH; i += 8) {
      buffer.putLong(i, 0);
    }
    buffer.putLong(0, Format.SEGMENT_MAGIC);
    buffer.putShort(8, (short) Format.VERSION_MAJOR);
    buffer.putShort(10, (short) Format.VERSION_MINOR);
    buffer.putLong(16, settings.clusterId());
    buffer.putLong(24, settings.memberId());
    buffer.putLong(32, salt);
    buffer.putLong(40, sequence);
    buffer.putInt(48, size);
    buffer.putInt(52, previousEnd);
    buffer.putInt(12, headerCrc(buffer, crc));
    buffer.put(Format.BLOCK, buffer, 0, Format.BLOCK);
  }

  static int headerCrc(ByteBuffer buffer, CRC32C crc) {
    crc.reset();
    buffer.clear().limit(12);
    crc.update(buffer);
    buffer.clear().position(16).limit(Format.SEGMENT_HEADER);
    crc.update(buffer);
    buffer.clear();
    return (int) crc.getValue();
  }

  int mask(int offset) {
    return Format.mask(salt, sequence, offset);
  }

  int echoMask(int offset) {
    return Format.mask(~salt, sequence, offset);
  }

  void close() throws IOException {
    DiskFile reader = readFile;
    readFile = null;
    try (reader) {
      file.close();
    }
  }

  SegmentInfo info() {
    return new SegmentInfo(sequence, path, size, end, liveEntries, liveBytes);
  }
}
