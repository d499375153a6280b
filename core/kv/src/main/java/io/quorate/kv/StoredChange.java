package io.quorate.kv;

import io.quorate.base.Bytes;

/**
 * A change as the change family stores it: which key, at which revision, and which version of it
 * the change superseded.
 *
 * <p>Value: format and flags (1), garbage sum before the change (8), main and sub of the superseded
 * version (8 + 4, if flagged), key. The garbage sum is what lets a compaction know the hash of all
 * that it forgets without looking at it.
 *
 * <p>Mutable, as {@link StoredVersion} is.
 */
final class StoredChange {
  private static final int DELETION = 0x80;
  private static final int SUPERSEDES = 0x40;

  private long main;
  private int sub;
  private boolean deletion;
  private long garbageBefore;
  private long supersededMain;
  private int supersededSub;
  private Bytes key = Bytes.EMPTY;

  /** The stored form; a superseded revision of 0 says that there was no version before. */
  static byte[] encode(
      boolean deletion, long garbageBefore, long supersededMain, int supersededSub, Bytes key) {
    int head = 1 + Long.BYTES + (supersededMain == 0 ? 0 : Long.BYTES + Integer.BYTES);
    byte[] bytes = new byte[head + key.length()];
    bytes[0] =
        (byte)
            (RowFormat.FORMAT | (deletion ? DELETION : 0) | (supersededMain == 0 ? 0 : SUPERSEDES));
    RowFormat.setLong(bytes, 1, garbageBefore);
    if (supersededMain != 0) {
      RowFormat.setLong(bytes, 1 + Long.BYTES, supersededMain);
      RowFormat.setInt(bytes, 1 + 2 * Long.BYTES, supersededSub);
    }
    key.copyTo(bytes, head);
    return bytes;
  }

  /** The garbage sum before a change, without decoding the rest. */
  static long garbageBefore(byte[] row, byte[] stored) {
    RowFormat.formatByte(row, stored);
    if (stored.length < 1 + Long.BYTES) {
      throw RowFormat.damaged("the change is cut off", row);
    }
    return RowFormat.getLong(stored, 1);
  }

  /** Takes on a stored change. */
  void decode(byte[] row, byte[] stored) {
    if (row.length != RowFormat.CHANGE_ROW_BYTES) {
      throw RowFormat.damaged("a change row's name has another length", row);
    }
    main = RowFormat.getLong(row, 1);
    sub = RowFormat.getInt(row, 1 + Long.BYTES);
    int first = RowFormat.formatByte(row, stored);
    deletion = (first & DELETION) != 0;
    garbageBefore = garbageBefore(row, stored);
    int head = 1 + Long.BYTES;
    supersededMain = 0;
    supersededSub = 0;
    if ((first & SUPERSEDES) != 0) {
      head += Long.BYTES + Integer.BYTES;
      if (stored.length < head) {
        throw RowFormat.damaged("the change is cut off", row);
      }
      supersededMain = RowFormat.getLong(stored, 1 + Long.BYTES);
      supersededSub = RowFormat.getInt(stored, 1 + 2 * Long.BYTES);
    }
    if (main <= 0 || sub < 0 || supersededMain < 0 || supersededMain > main) {
      throw RowFormat.damaged("the change's revisions make no sense", row);
    }
    key = Bytes.wrap(stored, head, stored.length - head);
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
    return supersededMain != 0;
  }

  long supersededMain() {
    return supersededMain;
  }

  int supersededSub() {
    return supersededSub;
  }

  long garbageBefore() {
    return garbageBefore;
  }

  Bytes key() {
    return key;
  }
}
