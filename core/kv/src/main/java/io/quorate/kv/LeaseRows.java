package io.quorate.kv;

import io.quorate.base.Bytes;
import io.quorate.base.Rows;

/**
 * The rows of leases and of the keys attached to them.
 *
 * <p>A key names its lease in its newest version; the attachment row says the same from the lease's
 * side, so that the end of a lease finds its keys, in key order, by one scan.
 */
final class LeaseRows {
  private static final byte[] ATTACHED = {RowFormat.FORMAT};

  private LeaseRows() {}

  /** The stored form of a lease. */
  static byte[] encode(long grantedTtlSeconds) {
    byte[] value = new byte[1 + Long.BYTES];
    value[0] = RowFormat.FORMAT;
    RowFormat.setLong(value, 1, grantedTtlSeconds);
    return value;
  }

  /** Whether a lease exists. */
  static boolean exists(Rows rows, long lease) {
    return rows.get(RowFormat.leaseRow(lease)) != null;
  }

  /** Moves a key from one lease to another; 0 stands for none. */
  static void move(PendingRows rows, Bytes key, long from, long to) {
    if (from == to) {
      return;
    }
    if (from != 0) {
      rows.delete(RowFormat.attachmentRow(from, key));
    }
    if (to != 0) {
      rows.put(RowFormat.attachmentRow(to, key), ATTACHED);
    }
  }
}
