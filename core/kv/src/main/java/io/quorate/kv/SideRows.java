package io.quorate.kv;

import io.quorate.base.Hash64;
import io.quorate.base.RowCursor;
import io.quorate.base.RowSink;
import io.quorate.base.Rows;
import org.jspecify.annotations.Nullable;

/**
 * The rows that a group agrees on beside the versions of keys: leases, and whatever else must be
 * equal on all members. Every change of one goes through here, so that the state hash knows of it.
 *
 * <p>Each row has a hash of its own, and the sum of them is kept, as {@link StateHash} keeps that
 * of the versions. Nothing here can be undone: a transaction changes none of these rows.
 *
 * <p>Owned by the store.
 */
final class SideRows {
  /** The families that are summed up. */
  private static final byte[] FAMILIES = {
    RowFormat.AUTH,
    RowFormat.LEASE,
    RowFormat.ROLE,
    RowFormat.USER,
    RowFormat.ALARM,
    RowFormat.FOLLOWED
  };

  private static final int SUM_BYTES = 1 + Long.BYTES;

  private final PendingRows rows;
  private long sum;
  private boolean changed;

  private SideRows(PendingRows rows) {
    this.rows = rows;
  }

  /** Opens what the rows hold. */
  static SideRows open(PendingRows rows) {
    SideRows side = new SideRows(rows);
    byte[] row = RowFormat.sideSumRow();
    byte[] value = rows.get(row);
    if (value != null) {
      RowFormat.formatByte(row, value);
      if (value.length != SUM_BYTES) {
        throw RowFormat.damaged("the sum over the rows beside the keys has another length", row);
      }
      side.sum = RowFormat.getLong(value, 1);
    }
    return side;
  }

  /** The sum of the hashes of all rows; 0 of none. */
  long sum() {
    return sum;
  }

  byte @Nullable [] get(byte[] row) {
    return rows.get(row);
  }

  RowCursor scan(byte[] from, byte @Nullable [] to) {
    return rows.scan(from, to);
  }

  void put(byte[] row, byte[] value) {
    forget(row);
    sum += hash(row, value);
    changed = true;
    rows.put(row, value);
  }

  void delete(byte[] row) {
    if (forget(row)) {
      changed = true;
      rows.delete(row);
    }
  }

  /** Hands over the sum if it changed. The rows themselves come with the pending ones. */
  void finish(RowSink sink) {
    if (changed) {
      byte[] value = new byte[SUM_BYTES];
      value[0] = RowFormat.FORMAT;
      RowFormat.setLong(value, 1, sum);
      sink.put(RowFormat.sideSumRow(), value);
      changed = false;
    }
  }

  /** The sum computed anew, at the cost of reading all rows. */
  static long recomputedSum(Rows rows) {
    long sum = 0;
    for (byte family : FAMILIES) {
      try (RowCursor cursor = rows.scan(new byte[] {family}, RowFormat.endOf(family))) {
        while (cursor.next()) {
          sum += hash(cursor.key(), cursor.value());
        }
      }
    }
    return sum;
  }

  private boolean forget(byte[] row) {
    byte[] before = rows.get(row);
    if (before != null) {
      sum -= hash(row, before);
    }
    return before != null;
  }

  private static long hash(byte[] row, byte[] value) {
    return Hash64.of(value, 0, value.length, Hash64.of(row, 0, row.length, 0));
  }
}
