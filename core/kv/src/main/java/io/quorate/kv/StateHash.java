package io.quorate.kv;

import io.quorate.base.Bytes;
import io.quorate.base.Hash64;
import io.quorate.base.RowCursor;
import io.quorate.base.Rows;
import org.jspecify.annotations.Nullable;

/**
 * What the store's content sums up to, independent of the order in which it came and of what
 * compaction has released so far.
 *
 * <p>Every version, and every deletion, has a hash of its own; the content's is their sum. Three
 * sums are kept: of all versions there ever were, of those that a later change made garbage (a
 * superseded version, a deletion), and of the garbage that compaction has forgotten. The content is
 * the first less the last.
 */
final class StateHash {
  private StateHash() {}

  /** The hash of a store's state. */
  static long of(long revision, long compactedRevision, long contentSum) {
    return Hash64.combine(Hash64.combine(contentSum, revision), compactedRevision);
  }

  /**
   * The content sum computed anew from the rows, at the cost of reading them all: to compare with
   * the one that was kept.
   */
  static long contentSum(Rows rows, long compactedRevision) {
    long sum = 0;
    try (RowCursor newest =
        rows.scan(new byte[] {RowFormat.NEWEST}, RowFormat.endOf(RowFormat.NEWEST))) {
      while (newest.next()) {
        Bytes key = RowFormat.keyOfNewest(newest.key());
        sum += StoredVersion.hash(StoredVersion.keyHash(key), newest.value());
      }
    }
    return sum + historySum(rows, compactedRevision);
  }

  private static long historySum(Rows rows, long compactedRevision) {
    long sum = 0;
    StoredVersion version = new StoredVersion();
    byte @Nullable [] previous = null;
    boolean forgotten = false;
    long keyHash = 0;
    try (RowCursor history =
        rows.scan(new byte[] {RowFormat.HISTORY}, RowFormat.endOf(RowFormat.HISTORY))) {
      while (history.next()) {
        byte[] row = history.key();
        if (previous == null || !RowFormat.sameKeyInHistory(previous, row)) {
          Bytes key = RowFormat.keyOfHistory(row);
          keyHash = StoredVersion.keyHash(key);
          forgotten = newestIsAtOrBelow(rows, key, compactedRevision);
        }
        previous = row;
        if (forgotten) {
          continue;
        }
        long main = RowFormat.mainOfHistory(row);
        forgotten = main <= compactedRevision;
        if (StoredHistory.find(rows, row, history.value(), version)) {
          sum += version.hash(keyHash);
        } else if (!forgotten) {
          sum += StoredVersion.deletionHash(keyHash, main, RowFormat.subOfHistory(row));
        }
      }
    }
    return sum;
  }

  private static boolean newestIsAtOrBelow(Rows rows, Bytes key, long revision) {
    byte[] row = RowFormat.newestRow(key);
    byte[] stored = rows.get(row);
    return stored != null && StoredVersion.modRevision(row, stored) <= revision;
  }
}
