package io.quorate.kv;

import io.quorate.base.Bytes;
import io.quorate.base.Hash64;
import io.quorate.base.RowCursor;
import io.quorate.base.Rows;

/**
 * What the store's content sums up to, independent of the order in which it came and of what
 * compaction has released so far.
 *
 * <p>Every version and every change has a hash of its own; the content's is their sum. Three sums
 * are kept: of all that there ever were, of those that are garbage as soon as a compaction passes
 * the change (the change itself and the version that it superseded), and of the garbage that
 * compaction has forgotten. The content is the first less the last. Rows of an order of creation
 * are added when they come, and taken away when they go.
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
    return sum + CreationOrders.contentSum(rows) + garbageSum(rows, compactedRevision);
  }

  /**
   * The hash of what can be read at a revision and before it, as far as compaction has left it:
   * equal on all members that are asked for the same revision after the same compaction, whatever
   * space each has released. The cost is that of reading it all.
   */
  static long upTo(KvReader reader, long revision) {
    long sum = 0;

    try (VersionScan visible = reader.scan(KeyRange.FIRST_KEY, KeyRange.UNBOUNDED, revision)) {
      while (visible.next()) {
        sum += visible.version().hash(StoredVersion.keyHash(visible.key()));
      }
    }
    StoredChange change = new StoredChange();
    byte[] from = RowFormat.changeRow(Math.max(0, reader.compactedRevision()) + 1, 0);
    try (RowCursor changes = reader.rows().scan(from, RowFormat.changeRow(revision + 1, 0))) {
      while (changes.next()) {
        change.decode(changes.key(), changes.value());
        long keyHash = StoredVersion.keyHash(change.key());
        long ended = change.deletion() ? change.superseded().createRevision() : 0;
        sum += StoredChange.hash(keyHash, change.main(), change.sub(), ended);
        sum += change.supersedes() ? change.superseded().hash(keyHash) : 0;
      }
    }
    return of(revision, reader.compactedRevision(), sum);
  }

  /**
   * The sum of what the changes after a revision made garbage. Whatever is told twice must agree: a
   * change's garbage sum with those before it, a deletion with the generation that it ended. If it
   * doesn't, the result is another.
   */
  private static long garbageSum(Rows rows, long compactedRevision) {
    long sum = 0;
    long ended = 0;
    long differences = 0;
    long expected = 0;
    boolean first = true;
    StoredChange change = new StoredChange();
    byte[] from = RowFormat.changeRow(Math.max(0, compactedRevision) + 1, 0);
    try (RowCursor changes = rows.scan(from, RowFormat.endOf(RowFormat.CHANGE))) {
      while (changes.next()) {
        change.decode(changes.key(), changes.value());
        if (!first) {
          differences = withDifference(differences, change.garbageBefore() - expected);
        }
        first = false;
        long keyHash = StoredVersion.keyHash(change.key());
        StoredVersion superseded = change.superseded();
        long created = change.deletion() ? superseded.createRevision() : 0;
        long own = StoredChange.hash(keyHash, change.main(), change.sub(), created);
        long garbage = own + (change.supersedes() ? superseded.hash(keyHash) : 0);
        ended += change.deletion() ? own : 0;
        sum += garbage;
        expected = change.garbageBefore() + garbage;
      }
    }
    return sum + withDifference(differences, deletionsSum(rows, compactedRevision) - ended);
  }

  /** Not a sum: what one difference adds, another must not take away. */
  private static long withDifference(long differences, long difference) {
    return difference == 0 ? differences : Hash64.combine(differences, difference);
  }

  /** The sum of the deletions after a revision, by the generations that they ended. */
  private static long deletionsSum(Rows rows, long compactedRevision) {
    long sum = 0;
    try (RowCursor ended =
        rows.scan(new byte[] {RowFormat.GENERATION}, RowFormat.endOf(RowFormat.GENERATION))) {
      while (ended.next()) {
        byte[] row = ended.key();
        long main = RowFormat.deletionOfGeneration(row);
        if (main > compactedRevision) {
          sum +=
              StoredChange.hash(
                  StoredVersion.keyHash(RowFormat.keyOfGeneration(row)),
                  main,
                  RowFormat.deletionSubOfGeneration(row),
                  StoredGeneration.createRevision(row, ended.value()));
        }
      }
    }
    return sum;
  }
}
