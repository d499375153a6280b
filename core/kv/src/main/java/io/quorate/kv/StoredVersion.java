package io.quorate.kv;

import io.quorate.base.Bytes;
import io.quorate.base.Checks;
import io.quorate.base.Hash64;
import io.quorate.base.Rows;

/**
 * A version of a key as the newest family stores it, and the change family at the end of a row when
 * it is superseded; decoded in place.
 *
 * <p>Layout: format and flags (1), mod revision (8), sub-revision (4), mod − create (varint),
 * version (varint), lease (8, if flagged), earlier versions (varints), value.
 *
 * <p><b>Earlier versions.</b> There is no index from a key to its versions. A version is in the row
 * of the change that superseded it, and changes are named by revisions; so each version tells the
 * revisions of some before it. Which ones its number says: written in binary, those that are left
 * when its lowest ones are struck off in turn. Version 22, 10110, tells of 20, 10100, and of 16,
 * 10000. A new version gets its list from that of the one before, as a counter is raised by one,
 * and {@link #goBack} reaches any of n versions in at most log2(n) reads. An entry is the distance
 * to the one before it: its revision's, doubled, plus one if a sub-revision follows.
 *
 * <p>Mutable, so that a scan decodes any number of rows into one; owned by whoever made it.
 */
final class StoredVersion {
  private static final int LEASED = 0x40;
  private static final int FIXED_BYTES = 1 + Long.BYTES + Integer.BYTES;
  private static final long DELETION_SEED = 0x64656c657465L;

  private byte[] bytes = {};
  private int from;
  private long createRevision;
  private long modRevision;
  private int sub;
  private long version;
  private long lease;
  private int earlierAt;
  private int valueAt;

  /** The stored form of a key's first version. */
  static byte[] first(long modRevision, int sub, long lease, Bytes value) {
    byte[] bytes = new byte[length(0, 1, lease, 0, value)];
    int at = putHead(bytes, modRevision, sub, 0, 1, lease);
    finish(bytes, at, value);
    return bytes;
  }

  /** The stored form of the version that supersedes this one. */
  byte[] successor(long modRevision, int sub, long lease, Bytes value) {
    Checks.that(
        modRevision > this.modRevision || (modRevision == this.modRevision && sub > this.sub),
        "%d supersedes %d",
        modRevision,
        this.modRevision);
    long next = version + 1;
    long sinceCreation = modRevision - createRevision;
    if (Long.bitCount(next) == 1) {
      byte[] bytes = new byte[length(sinceCreation, next, lease, 0, value)];
      finish(bytes, putHead(bytes, modRevision, sub, sinceCreation, next, lease), value);
      return bytes;
    }
    // The ones that a raised counter loses: so many of this version and those that it tells of are
    // left out.
    Earlier earliest = new Earlier();
    for (int i = Long.numberOfTrailingZeros(next); i > 0; i--) {
      earliest.next();
    }
    long step = ((modRevision - earliest.main) << 1) | (earliest.sub == 0 ? 0 : 1);
    int restBytes = valueAt - earliest.at;
    int earlierBytes =
        RowFormat.varintLength(step)
            + (earliest.sub == 0 ? 0 : RowFormat.varintLength(earliest.sub))
            + restBytes;
    byte[] bytes = new byte[length(sinceCreation, next, lease, earlierBytes, value)];
    int at = putHead(bytes, modRevision, sub, sinceCreation, next, lease);
    at = RowFormat.putVarint(bytes, at, step);
    if (earliest.sub != 0) {
      at = RowFormat.putVarint(bytes, at, earliest.sub);
    }
    System.arraycopy(this.bytes, earliest.at, bytes, at, restBytes);
    finish(bytes, at + restBytes, value);
    return bytes;
  }

  private static int length(
      long sinceCreation, long version, long lease, int earlierBytes, Bytes value) {
    return FIXED_BYTES
        + RowFormat.varintLength(sinceCreation)
        + RowFormat.varintLength(version)
        + (lease == 0 ? 0 : Long.BYTES)
        + earlierBytes
        + value.length();
  }

  private static int putHead(
      byte[] bytes, long modRevision, int sub, long sinceCreation, long version, long lease) {
    bytes[0] = (byte) (RowFormat.FORMAT | (lease == 0 ? 0 : LEASED));
    RowFormat.setLong(bytes, 1, modRevision);
    RowFormat.setInt(bytes, 1 + Long.BYTES, sub);
    int at = RowFormat.putVarint(bytes, FIXED_BYTES, sinceCreation);
    at = RowFormat.putVarint(bytes, at, version);
    if (lease != 0) {
      RowFormat.setLong(bytes, at, lease);
      at += Long.BYTES;
    }
    return at;
  }

  private static void finish(byte[] bytes, int valueAt, Bytes value) {
    int end = value.copyTo(bytes, valueAt);
    Checks.that(end == bytes.length, "version: wrote %d of %d bytes", end, bytes.length);
  }

  /** The hash of a version, from the hash of its key and its stored form. */
  static long hash(long keyHash, byte[] stored) {
    return Hash64.of(stored, 0, stored.length, keyHash);
  }

  /** The hash of a deletion. */
  static long deletionHash(long keyHash, long main, int sub) {
    return Hash64.combine(Hash64.combine(keyHash ^ DELETION_SEED, main), sub);
  }

  /** The hash of a key that the hashes of its versions start from. */
  static long keyHash(Bytes key) {
    return Hash64.of(key, 0);
  }

  /**
   * Takes on a stored version that is a whole row's value.
   *
   * @param row its row, for the message if it is damaged
   * @param stored its bytes, which this keeps until the next call
   */
  void decode(byte[] row, byte[] stored) {
    RowFormat.formatByte(row, stored);
    decode(row, stored, 0);
  }

  /**
   * Takes on a stored version that is the end of a row's value.
   *
   * @param row its row, for the message if it is damaged
   * @param stored the row's value, which this keeps until the next call
   * @param start where the version begins in it
   */
  void decode(byte[] row, byte[] stored, int start) {
    if (stored.length - start < FIXED_BYTES + 2) {
      throw RowFormat.damaged("the version is cut off", row);
    }
    int first = stored[start];
    if ((first & RowFormat.FORMAT_MASK) != RowFormat.FORMAT) {
      throw RowFormat.damaged("the version is of another format", row);
    }
    bytes = stored;
    from = start;
    modRevision = RowFormat.getLong(stored, start + 1);
    sub = RowFormat.getInt(stored, start + 1 + Long.BYTES);
    valueAt = start + FIXED_BYTES;
    createRevision = modRevision - varint(row);
    version = varint(row);
    lease = 0;
    if ((first & LEASED) != 0) {
      if (stored.length < valueAt + Long.BYTES) {
        throw RowFormat.damaged("the version is cut off", row);
      }
      lease = RowFormat.getLong(stored, valueAt);
      valueAt += Long.BYTES;
    }
    if (createRevision <= 0 || createRevision > modRevision || version <= 0 || sub < 0) {
      throw RowFormat.damaged("the version's revisions make no sense", row);
    }
    earlierAt = valueAt;
    long earliest = modRevision;
    for (int left = Long.bitCount(version) - 1; left > 0; left--) {
      long step = varint(row);
      earliest -= step >>> 1;
      if (earliest < createRevision || ((step & 1) != 0 && varint(row) > Integer.MAX_VALUE)) {
        throw RowFormat.damaged("the earlier versions make no sense", row);
      }
    }
  }

  private long varint(byte[] row) {
    long number = 0;
    for (int shift = 0; shift < Long.SIZE; shift += 7) {
      if (valueAt == bytes.length) {
        throw RowFormat.damaged("the version is cut off", row);
      }
      byte group = bytes[valueAt++];
      number |= (long) (group & 0x7f) << shift;
      if (group >= 0) {
        return number;
      }
    }
    throw RowFormat.damaged("a number is too long", row);
  }

  /**
   * Goes back to the version that was visible at a revision: decodes it into this.
   *
   * @param rows which hold the changes after that revision: not forgotten by a compaction
   * @param at at least this version's create revision
   */
  void goBack(Rows rows, long at) {
    Checks.that(createRevision <= at, "created at %d, asked for %d", createRevision, at);
    while (modRevision > at) {
      // The earliest version told of that is still too new; the one before it comes closer by half.
      Earlier earlier = new Earlier();
      byte[] row = RowFormat.changeRow(modRevision, sub);
      long number = version;
      for (long lower = number & (number - 1); lower != 0; lower &= lower - 1) {
        earlier.next();
        if (earlier.main <= at) {
          break;
        }
        row = RowFormat.changeRow(earlier.main, earlier.sub);
        number = lower;
      }
      long created = createRevision;
      StoredChange.readSuperseded(rows, row, this);
      if (version != number - 1 || createRevision != created) {
        throw RowFormat.damaged("the change superseded another version", row);
      }
    }
  }

  /** A walk over this version and the earlier ones that it tells of, starting at itself. */
  private final class Earlier {
    long main = modRevision;
    int sub = StoredVersion.this.sub;

    /** Where the next entry is. */
    int at = earlierAt;

    void next() {
      long step = varint();
      main -= step >>> 1;
      sub = (step & 1) == 0 ? 0 : (int) varint();
    }

    /** A number of a list that {@link #decode} has found whole. */
    private long varint() {
      long number = 0;
      for (int shift = 0; ; shift += 7) {
        byte group = bytes[at++];
        number |= (long) (group & 0x7f) << shift;
        if (group >= 0) {
          return number;
        }
      }
    }
  }

  long createRevision() {
    return createRevision;
  }

  long modRevision() {
    return modRevision;
  }

  int sub() {
    return sub;
  }

  long version() {
    return version;
  }

  long lease() {
    return lease;
  }

  /** Bytes of the stored form. */
  int storedLength() {
    return bytes.length - from;
  }

  /** Copies the stored form to a place in an array that has room for it. */
  void copyStored(byte[] into, int at) {
    System.arraycopy(bytes, from, into, at, bytes.length - from);
  }

  /** The hash of this version, from the hash of its key; equal to that of its stored form. */
  long hash(long keyHash) {
    return Hash64.of(bytes, from, bytes.length - from, keyHash);
  }

  /** The value; shares the stored form's array. */
  Bytes value() {
    return Bytes.wrap(bytes, valueAt, bytes.length - valueAt);
  }

  /** The version as the API shows it. */
  KeyValue toKeyValue(Bytes key, boolean withValue) {
    return new KeyValue(
        key, createRevision, modRevision, version, withValue ? value() : Bytes.EMPTY, lease);
  }
}
