package io.quorate.kv;

import io.quorate.base.Bytes;
import io.quorate.base.Checks;
import io.quorate.base.Hash64;

/**
 * A version of a key as the newest family stores it, and the change family at the end of a row when
 * it is superseded; decoded in place.
 *
 * <p>Layout: format and flags (1), mod revision (8), sub-revision (4), mod − create (varint),
 * version (varint), lease (8, if flagged), value.
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
  private int valueAt;

  /** The stored form of a version. */
  static byte[] encode(
      long createRevision, long modRevision, int sub, long version, long lease, Bytes value) {
    Checks.that(
        createRevision <= modRevision && version > 0,
        "create=%d mod=%d version=%d",
        createRevision,
        modRevision,
        version);
    int length =
        FIXED_BYTES
            + RowFormat.varintLength(modRevision - createRevision)
            + RowFormat.varintLength(version)
            + (lease == 0 ? 0 : Long.BYTES)
            + value.length();
    byte[] bytes = new byte[length];
    bytes[0] = (byte) (RowFormat.FORMAT | (lease == 0 ? 0 : LEASED));
    RowFormat.setLong(bytes, 1, modRevision);
    RowFormat.setInt(bytes, 1 + Long.BYTES, sub);
    int at = RowFormat.putVarint(bytes, FIXED_BYTES, modRevision - createRevision);
    at = RowFormat.putVarint(bytes, at, version);
    if (lease != 0) {
      RowFormat.setLong(bytes, at, lease);
      at += Long.BYTES;
    }
    at = value.copyTo(bytes, at);
    Checks.that(at == length, "version: wrote %d of %d bytes", at, length);
    return bytes;
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

  /** The mod revision of a newest row's version, without decoding the rest. */
  static long modRevision(byte[] row, byte[] stored) {
    RowFormat.formatByte(row, stored);
    if (stored.length < FIXED_BYTES) {
      throw RowFormat.damaged("it should hold a version", row);
    }
    return RowFormat.getLong(stored, 1);
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
