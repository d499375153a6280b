package io.quorate.kv;

import io.quorate.base.Bytes;
import io.quorate.base.RowCursor;
import io.quorate.base.Rows;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The leases, and which keys are attached to them.
 *
 * <p>The leases are few and asked for at every put that names one, so they are kept in memory
 * beside their rows. A key names its lease in its newest version; the attachment row says the same
 * from the lease's side, so that the end of a lease finds its keys, in key order, by one scan.
 *
 * <p>Owned by the store.
 */
final class Leases {
  static final byte[] ATTACHED = {RowFormat.FORMAT};
  private static final int GRANTED_BYTES = 1 + Long.BYTES;
  private static final int CHECKPOINTED_BYTES = 1 + 2 * Long.BYTES;

  private final SideRows side;
  private final PendingRows rows;
  private final TreeMap<Long, Lease> byId = new TreeMap<>();

  private Leases(SideRows side, PendingRows rows) {
    this.side = side;
    this.rows = rows;
  }

  /** Reads all leases that the rows hold. */
  static Leases open(SideRows side, PendingRows rows) {
    Leases leases = new Leases(side, rows);
    try (RowCursor cursor =
        rows.scan(new byte[] {RowFormat.LEASE}, RowFormat.endOf(RowFormat.LEASE))) {
      while (cursor.next()) {
        Lease lease = decode(cursor.key(), cursor.value());
        leases.byId.put(lease.id(), lease);
      }
    }
    return leases;
  }

  @Nullable Lease find(long id) {
    return byId.get(id);
  }

  boolean exists(long id) {
    return byId.containsKey(id);
  }

  /** All of them, in the order of their numbers. */
  Collection<Lease> all() {
    return Collections.unmodifiableCollection(byId.values());
  }

  /** Creates a lease, or has it say something else. */
  void put(Lease lease) {
    byId.put(lease.id(), lease);
    side.put(RowFormat.leaseRow(lease.id()), encode(lease));
  }

  /** Ends a lease whose keys are detached. */
  void remove(long id) {
    byId.remove(id);
    side.delete(RowFormat.leaseRow(id));
  }

  /** Moves a key from one lease to another; 0 stands for none. */
  void move(Bytes key, long from, long to) {
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

  /** The keys that are attached to a lease, in key order. */
  static List<Bytes> keys(Rows rows, long id) {
    List<Bytes> keys = new ArrayList<>();
    byte[] from = RowFormat.attachmentRow(id, Bytes.EMPTY);
    try (RowCursor cursor = rows.scan(from, RowFormat.afterAttachments(id))) {
      while (cursor.next()) {
        byte[] row = cursor.key();
        keys.add(Bytes.wrap(row, from.length, row.length - from.length));
      }
    }
    return keys;
  }

  private static byte[] encode(Lease lease) {
    boolean checkpointed = lease.remainingSeconds() > 0;
    byte[] value = new byte[checkpointed ? CHECKPOINTED_BYTES : GRANTED_BYTES];
    value[0] = RowFormat.FORMAT;
    RowFormat.setLong(value, 1, lease.ttlSeconds());
    if (checkpointed) {
      RowFormat.setLong(value, GRANTED_BYTES, lease.remainingSeconds());
    }
    return value;
  }

  private static Lease decode(byte[] row, byte[] value) {
    RowFormat.formatByte(row, value);
    if (value.length != GRANTED_BYTES && value.length != CHECKPOINTED_BYTES) {
      throw RowFormat.damaged("a lease has another length", row);
    }
    Lease lease =
        new Lease(
            RowFormat.leaseOfRow(row),
            RowFormat.getLong(value, 1),
            value.length == CHECKPOINTED_BYTES ? RowFormat.getLong(value, GRANTED_BYTES) : 0);
    if (lease.id() == 0 || lease.ttlSeconds() <= 0 || lease.remainingSeconds() < 0) {
      throw RowFormat.damaged("a lease makes no sense", row);
    }
    return lease;
  }
}
