package io.quorate.kv;

import io.quorate.base.Bytes;
import io.quorate.base.RowCursor;
import io.quorate.base.Rows;

/**
 * A walk over the keys of a group in the order of the revisions that created them, and of their
 * names within one. Used by one thread, which closes it.
 */
public final class CreationScan implements AutoCloseable {
  private final Bytes group;
  private final RowCursor rows;

  /** Length of what the rows of the group begin with, up to the revision. */
  private final int head;

  private byte[] row = {};

  CreationScan(Rows rows, Bytes group, long revision) {
    this.group = group;
    byte[] from = RowFormat.creationsFrom(group, revision);
    head = from.length - Long.BYTES;
    this.rows = rows.scan(from, RowFormat.afterCreations(group));
  }

  /** Goes to the next key; false at the end. */
  public boolean next() {
    if (!rows.next()) {
      return false;
    }
    row = rows.key();
    return true;
  }

  /** At which the present key was created. */
  public long revision() {
    return RowFormat.getLong(row, head);
  }

  /** The present key, behind the name of the group. */
  public Bytes rest() {
    int from = head + Long.BYTES;
    return Bytes.wrap(row, from, row.length - from);
  }

  /** The present key. */
  public Bytes key() {
    Bytes rest = rest();
    byte[] key = new byte[group.length() + rest.length()];
    rest.copyTo(key, group.copyTo(key, 0));
    return Bytes.wrap(key);
  }

  @Override
  public void close() {
    rows.close();
  }
}
