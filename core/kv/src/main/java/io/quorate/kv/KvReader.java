package io.quorate.kv;

import io.quorate.base.Bytes;
import io.quorate.base.Rows;
import org.jspecify.annotations.Nullable;

/**
 * Reads the store as it was at one moment.
 *
 * <p>It keeps nothing between calls: with rows that don't change (a view of the engine) and the
 * revisions that belong to them, it may be used on any thread, as long as the rows may.
 */
@SuppressWarnings("DoNotCallSuggester")
public final class KvReader {
  private final Rows rows;
  private final long revision;
  private final long compactedRevision;

  /**
   * A reader of rows.
   *
   * @param rows the rows, in the state that {@code revision} left them
   * @param revision the store's revision, for the header and the bound of what may be read
   * @param compactedRevision the oldest readable revision, or −1 if nothing was compacted yet
   */
  public KvReader(Rows rows, long revision, long compactedRevision) {
    this.rows = rows;
    this.revision = revision;
    this.compactedRevision = compactedRevision;
  }

  /** The revision of the store that is read. */
  public long revision() {
    return revision;
  }

  /** The oldest readable revision, or −1 if nothing was compacted yet. */
  public long compactedRevision() {
    return compactedRevision;
  }

  /** Answers a range; the failure is COMPACTED or FUTURE_REVISION. */
  public KvResult range(RangeRequest request) {
    throw new UnsupportedOperationException(rows.toString() + request);
  }

  /**
   * Answers a transaction that changes nothing ({@link TxnRequest#readOnly}).
   *
   * @throws IllegalArgumentException if it could change something
   */
  public KvResult txn(TxnRequest request) {
    throw new UnsupportedOperationException(request.toString());
  }

  /** The newest version of a key, or null if it doesn't exist. */
  public @Nullable KeyValue get(Bytes key) {
    throw new UnsupportedOperationException(key.toString());
  }
}
