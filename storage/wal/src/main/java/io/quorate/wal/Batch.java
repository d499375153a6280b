package io.quorate.wal;

import io.quorate.base.Bytes;
import io.quorate.base.Checks;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * A batch as it is put together: the bytes, and for each record whose it is. Reused for the life of
 * the log; after its buffers have found their size it allocates nothing.
 *
 * <p>Where the batch will go is known only when it is written, so the headers' CRCs come last, in
 * {@link #finish}.
 */
final class Batch {
  private static final Bytes NONE = Bytes.EMPTY;

  private final CRC32C crc;
  private final int offsetOfHeader;
  private ByteBuffer buffer;
  private int length;
  private int count;

  /** Of the records, those at its beginning that say again what the batch before said. */
  private int repeated;

  private int repeatedBytes;
  private int[] starts = new int[64];
  private @Nullable GroupLog[] groups = new GroupLog[64];
  private @Nullable Bytes[] blobs = new Bytes[64];

  /**
   * @param offsetOfHeader how many bytes to leave free before the batch, for a segment's header
   */
  Batch(CRC32C crc, int capacity, int offsetOfHeader) {
    this.crc = crc;
    this.offsetOfHeader = offsetOfHeader;
    this.buffer = Format.buffer(capacity);
    clear();
  }

  void clear() {
    Arrays.fill(groups, 0, count, null);
    Arrays.fill(blobs, 0, count, null);
    buffer.clear();
    count = 0;
    repeated = 0;
    repeatedBytes = 0;
    length = offsetOfHeader + Format.BATCH_HEADER;
  }

  /** How many records there are. */
  int count() {
    return count;
  }

  /** How many of them say something new. */
  int news() {
    return count - repeated;
  }

  /** What the records take. */
  int recordBytes() {
    return length - offsetOfHeader - Format.BATCH_HEADER;
  }

  /** What those records take that say nothing new. */
  int repeatedBytes() {
    return repeatedBytes;
  }

  /** Begins with the records of another batch, which say what is known. */
  void repeat(Batch other) {
    Checks.that(count == 0, "a batch of %d records", count);
    int bytes = other.recordBytes();
    reserve(length + bytes);
    buffer.put(length, other.buffer, other.offsetOfHeader + Format.BATCH_HEADER, bytes);
    while (starts.length < other.count) {
      widen();
    }
    for (int i = 0; i < other.count; i++) {
      starts[i] = length + other.start(i) - Format.BATCH_HEADER;
      groups[i] = other.groups[i];
    }
    count = other.count;
    repeated = count;
    repeatedBytes = bytes;
    length += bytes;
  }

  /** Bytes that the batch takes on the disk, with another record of this payload, and more. */
  int bytesWith(int payload, int more) {
    return Format.roundUp(length - offsetOfHeader + Format.recordBytes(payload) + more);
  }

  /** Bytes that the batch takes on the disk. */
  int bytes() {
    return Format.roundUp(length - offsetOfHeader);
  }

  /** The whole, for what goes before the batch. */
  ByteBuffer buffer() {
    return buffer;
  }

  void add(GroupLog group, byte type, byte kind, long index, long term, long hash, Bytes payload) {
    int start = begin(group, type, kind, index, term, hash, payload.length());
    buffer.put(
        start + Format.RECORD_HEADER, payload.array(), payload.arrayOffset(), payload.length());
    end(start, payload.length());
    if (type != Format.ENTRY) {
      blobs[count - 1] = payload;
    }
  }

  void add(
      GroupLog group,
      byte type,
      byte kind,
      long index,
      long term,
      long hash,
      ByteBuffer source,
      int at,
      int payload) {
    int start = begin(group, type, kind, index, term, hash, payload);
    buffer.put(start + Format.RECORD_HEADER, source, at, payload);
    end(start, payload);
  }

  private int begin(
      GroupLog group, byte type, byte kind, long index, long term, long hash, int payload) {
    int start = length;
    reserve(start + Format.recordBytes(payload));
    if (count == starts.length) {
      widen();
    }
    starts[count] = start;
    groups[count] = group;
    count++;
    buffer.putShort(start, Format.RECORD_MAGIC);
    buffer.put(start + 2, type);
    buffer.put(start + 3, kind);
    buffer.putInt(start + 8, payload);
    buffer.putLong(start + 16, group.group);
    buffer.putLong(start + 24, index);
    buffer.putLong(start + 32, term);
    buffer.putLong(start + 40, hash);
    return start;
  }

  private void end(int start, int payload) {
    int from = start + Format.RECORD_HEADER;
    buffer.putInt(start + 12, Format.crc(crc, buffer, from, payload));
    length = start + Format.recordBytes(payload);
    for (int i = from + payload; i < length; i++) {
      buffer.put(i, (byte) 0);
    }
  }

  /**
   * Completes the batch for its place and gives what is to be written: block after block, from the
   * bytes left free on.
   */
  ByteBuffer finish(Segment segment, int flags, long number, long durableSequence, int durableEnd) {
    return finish(
        segment.salt, segment.sequence, segment.end, flags, number, durableSequence, durableEnd);
  }

  ByteBuffer finish(
      long salt,
      long sequence,
      int offset,
      int flags,
      long number,
      long durableSequence,
      int durableEnd) {
    Checks.that(offset % Format.BLOCK == 0, "a batch at offset %d", offset);
    for (int i = 0; i < count; i++) {
      int start = starts[i];
      int place = offset + start - offsetOfHeader;
      int mask = Format.mask(salt, sequence, place);
      buffer.putInt(start + 4, Format.headerCrc(crc, buffer, start) ^ mask);
    }
    int at = offsetOfHeader;
    buffer.putInt(at, Format.BATCH_MAGIC);
    buffer.putInt(at + 8, length - offsetOfHeader);
    buffer.putInt(at + 12, count);
    buffer.putLong(at + 16, durableSequence);
    buffer.putInt(at + 24, durableEnd);
    buffer.putInt(at + 28, flags);
    buffer.putLong(at + 32, number);
    buffer.putLong(at + 40, 0);
    int mask = Format.mask(salt, sequence, offset);
    buffer.putInt(at + 4, Format.headerCrc(crc, buffer, at) ^ mask);
    int end = offsetOfHeader + bytes();
    reserve(end);
    for (int i = length; i < end; i++) {
      buffer.put(i, (byte) 0);
    }
    return buffer.clear().limit(end);
  }

  // What publishing a finished batch needs of its records.

  GroupLog group(int record) {
    GroupLog group = groups[record];
    if (group == null) {
      throw Checks.unreachable("a record without a group");
    }
    return group;
  }

  Bytes blob(int record) {
    Bytes blob = blobs[record];
    return blob == null ? NONE : blob;
  }

  byte type(int record) {
    return buffer.get(starts[record] + 2);
  }

  int payloadBytes(int record) {
    return buffer.getInt(starts[record] + 8);
  }

  long index(int record) {
    return buffer.getLong(starts[record] + 24);
  }

  long term(int record) {
    return buffer.getLong(starts[record] + 32);
  }

  long hash(int record) {
    return buffer.getLong(starts[record] + 40);
  }

  /** Where the record is, from the batch's beginning. */
  int start(int record) {
    return starts[record] - offsetOfHeader;
  }

  private void widen() {
    int room = 2 * starts.length;
    starts = Arrays.copyOf(starts, room);
    groups = Arrays.copyOf(groups, room);
    blobs = Arrays.copyOf(blobs, room);
  }

  /** What was finished, and behind it what another batch was finished to: one write for both. */
  ByteBuffer followedBy(ByteBuffer tail) {
    int end = offsetOfHeader + bytes();
    int more = tail.remaining();
    reserve(end + more);
    buffer.clear().put(end, tail, tail.position(), more);
    return buffer.clear().limit(end + more);
  }

  private void reserve(int bytes) {
    if (bytes <= buffer.capacity()) {
      return;
    }
    ByteBuffer wider =
        Format.buffer(
            Format.roundUp(Math.max(bytes, (int) Math.min(2L * buffer.capacity(), 1 << 30))));
    int used = offsetOfHeader + bytes();
    wider.put(0, buffer.clear(), 0, Math.min(used, buffer.capacity()));
    buffer = wider;
  }
}
