package io.quorate.kv;

import io.quorate.base.Bytes;
import io.quorate.base.Hash64;
import io.quorate.base.RowCursor;
import io.quorate.base.Rows;

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
    return sum + garbageSum(rows, compactedRevision);
  }

  /** The sum of what the changes after a revision made garbage. */
  private static long garbageSum(Rows rows, long compactedRevision) {
    long sum = 0;
    StoredChange change = new StoredChange();
    byte[] from = RowFormat.changeRow(Math.max(0, compactedRevision) + 1, 0);
    try (RowCursor changes = rows.scan(from, RowFormat.endOf(RowFormat.CHANGE))) {
      while (changes.next()) {
        change.decode(changes.key(), changes.value());
        long keyHash = StoredVersion.keyHash(change.key());
        if (change.supersedes()) {
          sum += change.superseded().hash(keyHash);
        }
        if (change.deletion()) {
          sum += StoredVersion.deletionHash(keyHash, change.main(), change.sub());
        }
      }
    }
    return sum;
  }
}
