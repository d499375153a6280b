package io.quorate.kv;

import io.quorate.base.Bytes;
import io.quorate.base.Checks;
import io.quorate.base.Hash64;
import io.quorate.base.Rows;
import org.jspecify.annotations.Nullable;

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
 * and {@link #goBack} reaches any of n versions in at most log2(n) reads. Entries go from the
 * newest to the oldest; each is how many revisions it lies below the entry before it (the first:
 * below this version), doubled, plus one if a sub-revision other than 0 follows.
 *
 * <p>Mutable, so that a scan decodes any number of rows into one; owned by whoever made it.
 */
final class StoredVersion {
  private static final int LEASED = 0x40;
  private static final int FIXED_BYTES = 1 + Long.BYTES + Integer.BYTES;

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
    return encode(modRevision, sub, 0, 1, lease, null, value);
  }

  /**
   * The stored form of a version whose earlier ones are forgotten: nobody will go back to them, so
   * the revisions that it tells of are only ones that they could have had.
   *
   * @throws IllegalArgumentException if a key can't have been changed that often since its creation
   */
  static byte[] alone(
      long createRevision, long modRevision, int sub, long version, long lease, Bytes value) {
    if (createRevision <= 0
        || sub < 0
        || version <= 0
        || modRevision < createRevision
        || version - 1 > modRevision - createRevision) {
      throw new IllegalArgumentException(
          "no key has create revision "
              + createRevision
              + ", mod revision "
              + modRevision
              + ", version "
              + version);
    }
    byte[] earlier = new byte[Long.SIZE * 10];
    int length = 0;
    long last = modRevision;
    for (long number = version & (version - 1); number != 0; number &= number - 1) {
      long main = createRevision + number - 1;
      length = RowFormat.putVarint(earlier, length, (last - main) << 1);
      last = main;
    }
    byte[] head =
        encode(modRevision, sub, modRevision - createRevision, version, lease, null, value);
    byte[] stored = new byte[head.length + length];
    int valueAt = head.length - value.length();
    System.arraycopy(head, 0, stored, 0, valueAt);
    System.arraycopy(earlier, 0, stored, valueAt, length);
    value.copyTo(stored, valueAt + length);
    return stored;
  }

  /** The stored form of the version that supersedes this one. */
  byte[] successor(long modRevision, int sub, long lease, Bytes value) {
    Checks.that(
        modRevision > this.modRevision || (modRevision == this.modRevision && sub > this.sub),
        "%d supersedes %d",
        modRevision,
        this.modRevision);
    long next = version + 1;
    Earlier kept = null;
    if (Long.bitCount(next) > 1) {
      // Raising the counter clears its trailing ones: as many drop out of this version and those
      // that it tells of, newest first.
      kept = new Earlier();
      for (int i = Long.numberOfTrailingZeros(next); i > 0; i--) {
        kept.next();
      }
    }
    return encode(modRevision, sub, modRevision - createRevision, next, lease, kept, value);
  }

  /** The stored form, with a list that begins at {@code earlier}; null for none. */
  private static byte[] encode(
      long modRevision,
      int sub,
      long sinceCreation,
      long version,
      long lease,
      @Nullable Earlier earlier,
      Bytes value) {
    int length =
        FIXED_BYTES
            + RowFormat.varintLength(sinceCreation)
            + RowFormat.varintLength(version)
            + (lease == 0 ? 0 : Long.BYTES)
            + (earlier == null ? 0 : earlier.storedLength(modRevision))
            + value.length();
    byte[] bytes = new byte[length];
    bytes[0] = (byte) (RowFormat.FORMAT | (lease == 0 ? 0 : LEASED));
    RowFormat.setLong(bytes, 1, modRevision);
    RowFormat.setInt(bytes, 1 + Long.BYTES, sub);
    int at = RowFormat.putVarint(bytes, FIXED_BYTES, sinceCreation);
    at = RowFormat.putVarint(bytes, at, version);
    if (lease != 0) {
      RowFormat.setLong(bytes, at, lease);
      at += Long.BYTES;
    }
    if (earlier != null) {
      at = earlier.store(bytes, at, modRevision);
    }
    at = value.copyTo(bytes, at);
    Checks.that(at == length, "version: wrote %d of %d bytes", at, length);
    return bytes;
  }

  /** The hash of a version, from the hash of its key and its stored form. */
  static long hash(long keyHash, byte[] stored) {
    return Hash64.of(stored, 0, stored.length, keyHash);
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
    long main = modRevision;
    long last = sub;
    for (int left = Long.bitCount(version) - 1; left > 0; left--) {
      long step = varint(row);
      long next = (step & 1) == 0 ? 0 : varint(row);
      main -= step >>> 1;
      if (main < createRevision
          || (step >>> 1 == 0 && next >= last)
          || ((step & 1) != 0 && (next <= 0 || next > Integer.MAX_VALUE))) {
        throw RowFormat.damaged("the earlier versions make no sense", row);
      }
      last = next;
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
   * @param key whose version this is
   * @param at at least this version's create revision
   */
  void goBack(Rows rows, Bytes key, long at) {
    Checks.that(createRevision <= at, "created at %d, asked for %d", createRevision, at);
    while (modRevision > at) {
      // Of this version and those that it tells of, the oldest that is still too new. The one
      // before it tells of those in between.
      Earlier earlier = new Earlier();
      long main = modRevision;
      int tooNewSub = sub;
      long number = version;
      for (long lower = number & (number - 1); lower != 0; lower &= lower - 1) {
        earlier.next();
        if (earlier.main <= at) {
          break;
        }
        main = earlier.main;
        tooNewSub = earlier.sub;
        number = lower;
      }
      long created = createRevision;
      byte[] row = RowFormat.changeRow(main, tooNewSub);
      StoredChange.readSuperseded(rows, row, key, this);
      if (version != number - 1 || createRevision != created) {
        throw RowFormat.damaged("the change superseded another version", row);
      }
    }
  }

  /** A walk over this version and the earlier ones that it tells of, starting at itself. */
  private final class Earlier {
    private long main = modRevision;
    private int sub = StoredVersion.this.sub;

    /** Where the next entry is. */
    private int at = earlierAt;

    private void next() {
      long step = varint();
      main -= step >>> 1;
      sub = (step & 1) == 0 ? 0 : (int) varint();
    }

    /** Bytes of the present entry and all after it in the list of a version. */
    private int storedLength(long ofRevision) {
      return RowFormat.varintLength(step(ofRevision))
          + (sub == 0 ? 0 : RowFormat.varintLength(sub))
          + valueAt
          - at;
    }

    /** Writes the present entry and all after it into a version's list; returns where it ends. */
    private int store(byte[] into, int from, long ofRevision) {
      int end = RowFormat.putVarint(into, from, step(ofRevision));
      if (sub != 0) {
        end = RowFormat.putVarint(into, end, sub);
      }
      System.arraycopy(bytes, at, into, end, valueAt - at);
      return end + valueAt - at;
    }

    private long step(long ofRevision) {
      return ((ofRevision - main) << 1) | (sub == 0 ? 0 : 1);
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
