package io.quorate.kv;

import io.quorate.base.Bytes;
import io.quorate.base.RowCursor;
import io.quorate.base.RowSink;
import io.quorate.base.Rows;
import java.util.Collection;
import java.util.TreeMap;

/**
 * Makes the rows of a store out of keys that come from elsewhere, as they were at one revision:
 * with their revisions, versions and leases, but without history. What was before counts as
 * compacted.
 *
 * <p>First {@link #put} and {@link #delete} in the order of the changes, a later one of a key
 * taking the place of an earlier one; then, when the rows are where they can be read, {@link
 * #finish}.
 *
 * <p>Used by one thread.
 */
public final class ImportedStore {
  private final TreeMap<Long, Lease> leases = new TreeMap<>();
  private long revision = 1;

  /**
   * @param leases all there are; a key that is attached to another one is attached to none
   */
  public ImportedStore(Collection<Lease> leases) {
    for (Lease lease : leases) {
      this.leases.put(lease.id(), lease);
    }
  }

  /**
   * A key as it is from its mod revision on.
   *
   * @param sub its place among the changes of that revision
   * @throws IllegalArgumentException if its numbers can't be those of a key
   */
  public void put(KeyValue kv, int sub, RowSink sink) {
    if (kv.key().isEmpty()) {
      throw new IllegalArgumentException("a key is empty");
    }
    long lease = leases.containsKey(kv.lease()) ? kv.lease() : 0;
    sink.put(
        RowFormat.newestRow(kv.key()),
        StoredVersion.alone(
            kv.createRevision(), kv.modRevision(), sub, kv.version(), lease, kv.value()));
    reached(kv.modRevision());
  }

  /** A key that is gone from a revision on. */
  public void delete(Bytes key, long modRevision, RowSink sink) {
    sink.delete(RowFormat.newestRow(key));
    reached(modRevision);
  }

  /** The store has got to a revision, whatever happened there. */
  public void reached(long seen) {
    revision = Math.max(revision, seen);
  }

  /** The revision that the store will be at. */
  public long revision() {
    return revision;
  }

  /**
   * Adds what follows from the keys: leases with their attachments, and the store's own state.
   *
   * @param rows which hold all keys
   * @return how many keys there are
   */
  public long finish(Rows rows, RowSink sink) {
    long keys = 0;
    StoredVersion version = new StoredVersion();
    try (RowCursor newest =
        rows.scan(new byte[] {RowFormat.NEWEST}, RowFormat.endOf(RowFormat.NEWEST))) {
      while (newest.next()) {
        keys++;
        byte[] row = newest.key();
        version.decode(row, newest.value());
        if (version.lease() != 0) {
          sink.put(
              RowFormat.attachmentRow(version.lease(), RowFormat.keyOfNewest(row)),
              Leases.ATTACHED);
        }
      }
    }
    KvStore store = KvStore.imported(rows, revision, leases.values());
    store.finish(sink);
    return keys;
  }
}
