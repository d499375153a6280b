package io.quorate.kv;

import io.quorate.base.Rows;
import org.jspecify.annotations.Nullable;

/**
 * What the history family stores of a superseded version: not the version, but where it is kept,
 * namely in the row of the change that superseded it. A deletion's row says that it is one.
 *
 * <p>Value: format and flag (1), main and sub of the superseding change (8 + 4, unless a deletion).
 *
 * <p>History rows come in the order of keys, so every one lands between older ones and is written
 * again whenever the engine merges what it lands in. Change rows come in the order of revisions, so
 * each lands behind all others. Therefore the values are there, and here are only names.
 */
final class StoredHistory {
  private static final int DELETION = 0x80;
  private static final int POINTER_BYTES = 1 + Long.BYTES + Integer.BYTES;

  /** The stored form of a deletion. */
  private static final byte[] DELETED = {(byte) (RowFormat.FORMAT | DELETION)};

  private StoredHistory() {}

  /** The stored form of a deletion. */
  static byte[] deletion() {
    return DELETED;
  }

  /** The stored form of a version that a change superseded. */
  static byte[] supersededAt(long main, int sub) {
    byte[] bytes = new byte[POINTER_BYTES];
    bytes[0] = RowFormat.FORMAT;
    RowFormat.setLong(bytes, 1, main);
    RowFormat.setInt(bytes, 1 + Long.BYTES, sub);
    return bytes;
  }

  /** Whether a history row is of a deletion. */
  static boolean isDeletion(byte[] row, byte[] stored) {
    boolean deletion = (RowFormat.formatByte(row, stored) & DELETION) != 0;
    if (stored.length != (deletion ? 1 : POINTER_BYTES)) {
      throw RowFormat.damaged("the history's value has another length", row);
    }
    return deletion;
  }

  /**
   * Decodes the version that a history row is of.
   *
   * @param rows which hold the change that superseded it: not forgotten by a compaction
   * @return false if it is of a deletion
   */
  static boolean find(Rows rows, byte[] row, byte[] stored, StoredVersion into) {
    if (isDeletion(row, stored)) {
      return false;
    }
    byte[] changeRow =
        RowFormat.changeRow(RowFormat.getLong(stored, 1), RowFormat.getInt(stored, 1 + Long.BYTES));
    byte @Nullable [] change = rows.get(changeRow);
    if (change == null) {
      throw RowFormat.damaged("the change that superseded it is missing", row);
    }
    StoredChange.decodeSuperseded(changeRow, change, into);
    if (into.modRevision() != RowFormat.mainOfHistory(row)
        || into.sub() != RowFormat.subOfHistory(row)) {
      throw RowFormat.damaged("the change that it names superseded another version", row);
    }
    return true;
  }
}
