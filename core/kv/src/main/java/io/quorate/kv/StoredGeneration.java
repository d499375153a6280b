package io.quorate.kv;

import io.quorate.base.Bytes;
import io.quorate.base.Rows;

/**
 * A generation of a key that a deletion ended, as the generation family stores it: from its
 * creation to the deletion that the row is named after. A key that exists is in a generation that
 * has no row yet; its newest version says when it was created.
 *
 * <p>Value: format (1), create revision (8). The last version lies in the row of the deletion.
 */
final class StoredGeneration {
  private static final int STORED_BYTES = 1 + Long.BYTES;

  private StoredGeneration() {}

  /** The stored form. */
  static byte[] encode(long createRevision) {
    byte[] bytes = new byte[STORED_BYTES];
    bytes[0] = RowFormat.FORMAT;
    RowFormat.setLong(bytes, 1, createRevision);
    return bytes;
  }

  /** The revision at which the generation began. */
  static long createRevision(byte[] row, byte[] stored) {
    if (RowFormat.formatByte(row, stored) != RowFormat.FORMAT || stored.length != STORED_BYTES) {
      throw RowFormat.damaged("the generation's value has other flags or another length", row);
    }
    long created = RowFormat.getLong(stored, 1);
    if (created <= 0 || created > RowFormat.deletionOfGeneration(row)) {
      throw RowFormat.damaged("the generation's revisions make no sense", row);
    }
    return created;
  }

  /**
   * Decodes the version of a generation that was visible at a revision.
   *
   * @param at at least the generation's creation, and before the deletion that ended it
   */
  static void find(Rows rows, byte[] row, byte[] stored, long at, StoredVersion into) {
    Bytes key = RowFormat.keyOfGeneration(row);
    byte[] deletion =
        RowFormat.changeRow(
            RowFormat.deletionOfGeneration(row), RowFormat.deletionSubOfGeneration(row));
    StoredChange.readSuperseded(rows, deletion, key, into);
    if (into.createRevision() != createRevision(row, stored)) {
      throw RowFormat.damaged("the deletion ended another generation", row);
    }
    into.goBack(rows, key, at);
  }
}
