package io.quorate.wal;

import io.quorate.base.Hash64;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;

/**
 * The bytes on the disk, version 1. All numbers are little-endian.
 *
 * <pre>
 * segment  = header block (4,096 bytes) twice, then batches, each from a multiple of 4,096 on
 *
 * segment header                  batch header                     record header
 *  0  8 magic                      0  4 magic                       0  2 magic
 *  8  2 major version              4  4 CRC32C                      2  1 type
 * 10  2 minor version              8  4 length, header included     3  1 kind of the entry
 * 12  4 CRC32C                    12  4 records                     4  4 CRC32C
 * 16  8 cluster                   16  8 durable end: segment        8  4 length of the payload
 * 24  8 member                    24  4 durable end: offset        12  4 CRC32C of the payload
 * 32  8 salt                      28  4 flags                      16  8 group
 * 40  8 sequence                  32  8 number of the batch        24  8 index
 * 48  4 size of the segment       40  8 zero                       32  8 term
 * 52  4 end of the segment before                                  40  8 rolling hash
 * 56  8 zero
 * </pre>
 *
 * <p>A record is its header, its payload, and zeros up to a multiple of 8; a batch is its header,
 * its records, and zeros up to a multiple of 4,096. The CRC of a batch's or a record's header
 * covers the rest of that header, and is combined with the segment's salt and sequence and the
 * header's offset: what a segment held before it was used again, or what landed in the wrong place,
 * doesn't verify, though it be well-formed. So each record verifies alone, and a scan that knows
 * the segment finds the intact ones behind a damaged one.
 *
 * <p>The first batch of a segment is flagged {@link #FLAG_STATE} and holds one {@link #STATE}
 * record a group: what the segments before, which may be gone, had made of it. The second batch
 * says the same.
 *
 * <p><b>Nothing is said once.</b> Behind each batch, in the same write, comes its echo, a batch
 * flagged {@link #FLAG_ECHO} with the same number: for each group that the batch changed, where it
 * stands now, as {@link #STATE} or, if there were entries only, as {@link #CONFIRM}. The next batch
 * overwrites the echo and begins with what that said. So whichever block is lost, another one tells
 * what was in it, up to the payloads of entries; and those the peers have, and know by their hash.
 */
final class Format {
  /** Batches begin at multiples of this; what a device writes whole, or nearly. */
  static final int BLOCK = 4096;

  static final int VERSION_MAJOR = 1;
  static final int VERSION_MINOR = 0;

  /** "QRTWAL", carriage return, line feed. */
  static final long SEGMENT_MAGIC = 0x0A0D4C4157545251L;

  static final int SEGMENT_HEADER = 64;

  /** Where a segment's first batch begins. */
  static final int FIRST_BATCH = 2 * BLOCK;

  static final int BATCH_MAGIC = 0x54414251;
  static final int BATCH_HEADER = 48;
  static final short RECORD_MAGIC = 0x5251;
  static final int RECORD_HEADER = 48;

  /** An entry; at or below the group's last index it overrides what is there and above. */
  static final byte ENTRY = 1;

  /** Term, vote (in the place of the index), and the node's blob as the payload. */
  static final byte HARD_STATE = 2;

  /** The configuration as the payload. */
  static final byte CONFIGURATION = 3;

  /** A snapshot replaced the log: index, term, hash; payload is generation and configuration. */
  static final byte MARK = 4;

  /** The log begins above index, whose term and hash it names. */
  static final byte TRIM = 5;

  /** An entry moved here from an older segment. It overrides nothing. */
  static final byte REWRITTEN = 6;

  /** The group's hole is settled. */
  static final byte HOLE_RESOLVED = 7;

  /** The group is gone. */
  static final byte REMOVED = 8;

  /** A group as of here; index, term and hash are its last entry's. */
  static final byte STATE = 9;

  /** Index, term and hash of a group's last entry; all else is as the log before made it. */
  static final byte CONFIRM = 10;

  /** The entries from index on are gone; term and hash are those of the one before it. */
  static final byte CUT = 11;

  static final int FLAG_STATE = 1;

  /** The next segment exists; nothing follows in this one. */
  static final int FLAG_SEAL = 2;

  /** The log was closed in good order: all before is durable. */
  static final int FLAG_CLOSE = 4;

  /** Confirms the batch before it, whose number it has; the next batch overwrites it. */
  static final int FLAG_ECHO = 8;

  private Format() {}

  /** What a header's CRC is combined with, so that it holds in one place only. */
  static int mask(long salt, long sequence, int offset) {
    long mixed = Hash64.combine(Hash64.combine(salt, sequence), offset);
    return (int) (mixed ^ (mixed >>> 32));
  }

  /** The CRC of a header of 48 bytes at a position; bytes 4 to 8, where it is kept, excepted. */
  static int headerCrc(CRC32C crc, ByteBuffer buffer, int at) {
    crc.reset();
    buffer.clear().position(at).limit(at + 4);
    crc.update(buffer);
    buffer.clear().position(at + 8).limit(at + 48);
    crc.update(buffer);
    buffer.clear();
    return (int) crc.getValue();
  }

  static int crc(CRC32C crc, ByteBuffer buffer, int at, int length) {
    crc.reset();
    buffer.clear().position(at).limit(at + length);
    crc.update(buffer);
    buffer.clear();
    return (int) crc.getValue();
  }

  /** Whether an intact record header of this segment and offset is in the buffer. */
  static boolean isRecord(CRC32C crc, ByteBuffer buffer, int at, int mask) {
    return buffer.getShort(at) == RECORD_MAGIC
        && (headerCrc(crc, buffer, at) ^ mask) == buffer.getInt(at + 4);
  }

  /** Whether an intact batch header of this segment and offset is in the buffer. */
  static boolean isBatch(CRC32C crc, ByteBuffer buffer, int at, int mask) {
    return buffer.getInt(at) == BATCH_MAGIC
        && (headerCrc(crc, buffer, at) ^ mask) == buffer.getInt(at + 4);
  }

  /** Bytes of a record on the disk, from its payload's length. */
  static int recordBytes(int payload) {
    return (RECORD_HEADER + payload + 7) & ~7;
  }

  static int roundUp(int bytes) {
    return (bytes + BLOCK - 1) & -BLOCK;
  }

  /** A direct little-endian buffer whose address is a multiple of a block. */
  static ByteBuffer buffer(int capacity) {
    return ByteBuffer.allocateDirect(capacity + BLOCK)
        .alignedSlice(BLOCK)
        .slice(0, capacity)
        .order(ByteOrder.LITTLE_ENDIAN);
  }
}
