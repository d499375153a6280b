package io.quorate.kv;

import io.quorate.base.Bytes;
import io.quorate.base.Hash64;
import io.quorate.base.Rows;
import org.jspecify.annotations.Nullable;

/**
 * A change as the change family stores it: which key, at which revision, and the version of it that
 * the change superseded.
 *
 * <p>Value: format and flags (1), garbage sum before the change (8), length of the key (varint),
 * key, and, if flagged, the superseded version as {@link StoredVersion} writes it. The garbage sum
 * is what lets a compaction know the hash of all that it forgets without looking at it.
 *
 * <p>Mutable, as {@link StoredVersion} is.
 */
final class StoredChange {
  private static final int DELETION = 0x80;
  private static final int SUPERSEDES = 0x40;
  private static final int KEY_LENGTH_AT = 1 + Long.BYTES;
  private static final long HASH_SEED = 0x6368616e6765L;

  private final StoredVersion superseded = new StoredVersion();
  private long main;
  private int sub;
  private boolean deletion;
  private boolean supersedes;
  private long garbageBefore;
  private Bytes key = Bytes.EMPTY;

  /**
   * The stored form.
   *
   * @param superseded the version that the change supersedes; null if there was none
   */
  static byte[] encode(
      boolean deletion, long garbageBefore, Bytes key, @Nullable StoredVersion superseded) {
    int keyAt = KEY_LENGTH_AT + RowFormat.varintLength(key.length());
    int versionAt = keyAt + key.length();
    byte[] bytes = new byte[versionAt + (superseded == null ? 0 : superseded.storedLength())];
    bytes[0] =
        (byte)
            (RowFormat.FORMAT | (deletion ? DELETION : 0) | (superseded == null ? 0 : SUPERSEDES));
    RowFormat.setLong(bytes, 1, garbageBefore);
    RowFormat.putVarint(bytes, KEY_LENGTH_AT, key.length());
    key.copyTo(bytes, keyAt);
    if (superseded != null) {
      superseded.copyStored(bytes, versionAt);
    }
    return bytes;
  }

  /**
   * The hash of a change, without the version that it superseded.
   *
   * @param keyHash of its key, as {@link StoredVersion#keyHash} has it
   * @param endedCreation when the generation began that it ended, if it is a deletion; else 0
   */
  static long hash(long keyHash, long main, int sub, long endedCreation) {
    long change = Hash64.combine(Hash64.combine(keyHash ^ HASH_SEED, main), sub);
    return Hash64.combine(change, endedCreation);
  }

  /** The garbage sum before a change, without decoding the rest. */
  static long garbageBefore(byte[] row, byte[] stored) {
    RowFormat.formatByte(row, stored);
    if (stored.length < KEY_LENGTH_AT) {
      throw RowFormat.damaged("the change is cut off", row);
    }
    return RowFormat.getLong(stored, 1);
  }

  /**
   * Decodes the version that a change superseded, without decoding the rest.
   *
   * @param rows which hold the change: not forgotten by a compaction
   * @param row its row
   * @param key what the change must be of
   */
  static void readSuperseded(Rows rows, byte[] row, Bytes key, StoredVersion into) {
    byte[] stored = rows.get(row);
    if (stored == null) {
      throw RowFormat.damaged("the change that superseded a version is missing", row);
    }
    if ((RowFormat.formatByte(row, stored) & SUPERSEDES) == 0) {
      throw RowFormat.damaged("the change superseded nothing", row);
    }
    int keyAt = keyAt(row, stored);
    int keyEnd = keyAt + keyLength(row, stored);
    if (!Bytes.wrap(stored, keyAt, keyEnd - keyAt).equals(key)) {
      throw RowFormat.damaged("the change is of another key", row);
    }
    into.decode(row, stored, keyEnd);
  }

  /** Takes on a stored change. */
  void decode(byte[] row, byte[] stored) {
    if (row.length != RowFormat.CHANGE_ROW_BYTES) {
      throw RowFormat.damaged("a change row's name has another length", row);
    }
    main = RowFormat.getLong(row, 1);
    sub = RowFormat.getInt(row, 1 + Long.BYTES);
    int first = RowFormat.formatByte(row, stored);
    if ((first & ~(RowFormat.FORMAT_MASK | DELETION | SUPERSEDES) & 0xff) != 0) {
      throw RowFormat.damaged("the change has a flag that is not known", row);
    }
    deletion = (first & DELETION) != 0;
    supersedes = (first & SUPERSEDES) != 0;
    garbageBefore = garbageBefore(row, stored);
    int keyAt = keyAt(row, stored);
    int keyEnd = keyAt + keyLength(row, stored);
    key = Bytes.wrap(stored, keyAt, keyEnd - keyAt);
    if (supersedes) {
      superseded.decode(row, stored, keyEnd);
    } else if (keyEnd != stored.length) {
      throw RowFormat.damaged("the change is too long", row);
    }
    if (main <= 0 || sub < 0 || (supersedes && !supersededIsBefore())) {
      throw RowFormat.damaged("the change's revisions make no sense", row);
    }
  }

  private boolean supersededIsBefore() {
    long before = superseded.modRevision();
    return before < main || (before == main && superseded.sub() < sub);
  }

  private static int keyAt(byte[] row, byte[] stored) {
    return KEY_LENGTH_AT + RowFormat.varintLength(keyLength(row, stored));
  }

  /** The length of the key; the key is whole. */
  private static int keyLength(byte[] row, byte[] stored) {
    int length = 0;
    int at = KEY_LENGTH_AT;
    for (int shift = 0; shift < Integer.SIZE - 1; shift += 7) {
      if (at >= stored.length) {
        break;
      }
      byte group = stored[at++];
      length |= (group & 0x7f) << shift;
      if (group >= 0) {
        if (length < 0 || length > stored.length - at) {
          break;
        }
        return length;
      }
    }
    throw RowFormat.damaged("the change is cut off", row);
  }

  long main() {
    return main;
  }

  int sub() {
    return sub;
  }

  boolean deletion() {
    return deletion;
  }

  boolean supersedes() {
    return supersedes;
  }

  /** The superseded version, if there was one; overwritten by {@link #decode}. */
  StoredVersion superseded() {
    return superseded;
  }

  long garbageBefore() {
    return garbageBefore;
  }

  Bytes key() {
    return key;
  }
}
