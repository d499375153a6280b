package io.quorate.kv;

import io.quorate.base.Bytes;
import io.quorate.base.Hash64;
import io.quorate.base.RowCursor;
import io.quorate.base.Rows;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the keys of some prefixes in the order of their creation, too: one more row for each key
 * that is created, and one less for each that is deleted. A key that is put again stays where it
 * is.
 *
 * <p>Owned by the store.
 */
final class CreationOrders {
  /** How many prefixes can be followed: each put of a new key looks its own up. */
  static final int FOLLOWED_MAX = 10_000;

  private static final byte GROUP_END = '#';
  private static final int STORED_BYTES = 2 + Long.BYTES;
  private static final byte[] HERE = {RowFormat.FORMAT};

  private final SideRows side;
  private final PendingRows pending;

  /** No prefix begins with another. */
  private final TreeMap<Bytes, Followed> followed = new TreeMap<>();

  /**
   * How a prefix is followed.
   *
   * @param grouped see {@link KvStep#follow}
   * @param since keys that were created at this revision or later are in order
   */
  private record Followed(boolean grouped, long since) {}

  private CreationOrders(SideRows side, PendingRows pending) {
    this.side = side;
    this.pending = pending;
  }

  /** Reads which prefixes are followed. */
  static CreationOrders open(SideRows side, PendingRows pending) {
    CreationOrders orders = new CreationOrders(side, pending);
    byte[] first = {RowFormat.FOLLOWED};
    try (RowCursor cursor = side.scan(first, RowFormat.endOf(RowFormat.FOLLOWED))) {
      while (cursor.next()) {
        byte[] row = cursor.key();
        Bytes prefix = Bytes.wrap(row, 1, row.length - 1);
        orders.followed.put(prefix, decode(row, cursor.value()));
      }
    }
    return orders;
  }

  /** See {@link KvReader#followedSince}. */
  static long since(Rows rows, Bytes prefix) {
    byte[] row = RowFormat.followedRow(prefix);
    byte[] stored = rows.get(row);
    return stored == null ? Long.MAX_VALUE : decode(row, stored).since();
  }

  /**
   * See {@link KvStep#follow}.
   *
   * @param revision the next one
   */
  void follow(Bytes prefix, boolean grouped, long revision) {
    if (followed.containsKey(prefix) || followed.size() >= FOLLOWED_MAX || overlaps(prefix)) {
      return;
    }
    byte[] newest = RowFormat.newestRow(prefix);
    boolean isNew;
    try (RowCursor cursor = pending.scan(newest, RowFormat.endOf(RowFormat.NEWEST))) {
      isNew = !cursor.next() || !Bytes.wrap(cursor.key()).startsWith(Bytes.wrap(newest));
    }
    Followed as = new Followed(grouped, isNew ? 0 : revision);
    followed.put(prefix.compact(), as);
    byte[] value = new byte[STORED_BYTES];
    value[0] = RowFormat.FORMAT;
    value[1] = (byte) (grouped ? 1 : 0);
    RowFormat.setLong(value, 2, as.since());
    side.put(RowFormat.followedRow(prefix), value);
  }

  private boolean overlaps(Bytes prefix) {
    Bytes before = followed.floorKey(prefix);
    Bytes behind = followed.ceilingKey(prefix);
    return (before != null && prefix.startsWith(before))
        || (behind != null && behind.startsWith(prefix));
  }

  /** A key is there that wasn't; what its row adds to the content's sum. */
  long created(Bytes key, long revision) {
    byte[] row = row(key, revision);
    if (row == null) {
      return 0;
    }
    pending.put(row, HERE);
    return hash(row);
  }

  /** A key is gone; what its row takes from the content's sum. */
  long deleted(Bytes key, long createRevision) {
    byte[] row = row(key, createRevision);
    if (row == null) {
      return 0;
    }
    pending.delete(row);
    return hash(row);
  }

  /** What all rows add to the content's sum, at the cost of reading them. */
  static long contentSum(Rows rows) {
    long sum = 0;
    try (RowCursor cursor =
        rows.scan(new byte[] {RowFormat.CREATION}, RowFormat.endOf(RowFormat.CREATION))) {
      while (cursor.next()) {
        RowFormat.formatByte(cursor.key(), cursor.value());
        sum += hash(cursor.key());
      }
    }
    return sum;
  }

  private static long hash(byte[] row) {
    return Hash64.of(row, 0, row.length, 0);
  }

  /** The row of a key that was created at a revision, or null if it has none. */
  private byte @Nullable [] row(Bytes key, long createRevision) {
    if (followed.isEmpty()) {
      return null;
    }
    Map.Entry<Bytes, Followed> nearest = followed.floorEntry(key);
    if (nearest == null
        || !key.startsWith(nearest.getKey())
        || createRevision < nearest.getValue().since()) {
      return null;
    }
    Bytes group = groupOf(key, nearest);
    return group == null ? null : RowFormat.creationRow(group, createRevision, key);
  }

  /** The group of a key below a prefix that is followed, or null if it is in none. */
  private static @Nullable Bytes groupOf(Bytes key, Map.Entry<Bytes, Followed> nearest) {
    if (!nearest.getValue().grouped()) {
      return nearest.getKey();
    }
    for (int i = nearest.getKey().length(); i < key.length(); i++) {
      if (key.at(i) == GROUP_END) {
        return key.slice(0, i + 1);
      }
    }
    return null;
  }

  private static Followed decode(byte[] row, byte[] value) {
    RowFormat.formatByte(row, value);
    if (value.length != STORED_BYTES || value[1] < 0 || value[1] > 1) {
      throw RowFormat.damaged("how the prefix is followed makes no sense", row);
    }
    return new Followed(value[1] == 1, RowFormat.getLong(value, 2));
  }
}
