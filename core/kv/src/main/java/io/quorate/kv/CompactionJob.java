package io.quorate.kv;

import io.quorate.base.Checks;
import io.quorate.base.RowCursor;
import io.quorate.base.RowSink;
import io.quorate.base.Rows;
import org.jspecify.annotations.Nullable;

/**
 * Releases the space of what a compaction has forgotten, in bounded steps.
 *
 * <p>It walks the changes since the last compaction, in revision order, and looks at nothing else:
 * each change holds the version that it superseded, and with the change that version goes. The
 * generation that a deletion ended goes as well. The changes exactly at the compacted revision stay
 * until the next compaction, since a watch from there must still see them, but without what they
 * superseded. So a compaction costs what changed since the one before, not what the store holds.
 *
 * <p>It reads only rows that nothing changes any more, and deletes only rows that nothing reads any
 * more; so it may run beside the store, on any one thread, and its deletions may be written at any
 * time, in order. If it is abandoned, a later job begins where the last written step ended;
 * deleting a row twice does no harm.
 */
public final class CompactionJob {
  private static final int RELEASED_BYTES = 1 + Long.BYTES;

  /** Past so many bytes of changes a step ends; a change holds the value before it. */
  private static final int STEP_BYTES_MAX = 4 << 20;

  private final Rows rows;
  private final StoredChange change = new StoredChange();

  /** Up to this revision, included, everything superseded was released before this job. */
  private final long released;

  private final long target;

  /** Where the next step begins. */
  private long main;

  private int sub;
  private boolean done;

  private CompactionJob(Rows rows, long released, long target) {
    Checks.that(released < target, "released up to %d, target %d", released, target);
    this.rows = rows;
    this.released = released;
    this.target = target;
    this.main = Math.max(0, released);
  }

  static @Nullable CompactionJob resume(Rows rows, long compactedRevision) {
    byte[] row = RowFormat.releasedRow();
    byte[] value = rows.get(row);
    long released = -1;
    if (value != null) {
      RowFormat.formatByte(row, value);
      if (value.length != RELEASED_BYTES) {
        throw RowFormat.damaged("the mark of what was released has another length", row);
      }
      released = RowFormat.getLong(value, 1);
    }
    return released < compactedRevision
        ? new CompactionJob(rows, released, compactedRevision)
        : null;
  }

  /** The compacted revision whose garbage this job removes. */
  public long target() {
    return target;
  }

  /** Whether nothing is left to do. */
  public boolean done() {
    return done;
  }

  /**
   * Does a part of the work.
   *
   * @param maxRows most rows to look at; each leads to two deletions at most
   * @param sink takes the deletions, the changes that stay, and the progress mark; written as one
   *     batch
   * @return whether the job is done
   */
  public boolean step(int maxRows, RowSink sink) {
    Checks.that(maxRows > 0, "a step of %d rows", maxRows);
    if (done) {
      return true;
    }
    try (RowCursor changes =
        rows.scan(RowFormat.changeRow(main, sub), RowFormat.changeRow(target + 1, 0))) {
      int bytes = 0;
      for (int seen = 0; seen < maxRows && bytes < STEP_BYTES_MAX; seen++) {
        if (!changes.next()) {
          done = true;
          break;
        }
        byte[] value = changes.value();
        bytes += value.length;
        change.decode(changes.key(), value);
        release(changes.key(), sink);
        main = change.main();
        sub = change.sub() + 1;
      }
    }
    // The last revision looked at may have more changes; only those before it are done.
    long releasedNow = done ? target : Math.max(released, main - 1);
    byte[] mark = new byte[RELEASED_BYTES];
    mark[0] = RowFormat.FORMAT;
    RowFormat.setLong(mark, 1, releasedNow);
    sink.put(RowFormat.releasedRow(), mark);
    return done;
  }

  private void release(byte[] row, RowSink sink) {
    // What was released before isn't deleted again: it would cost a tombstone.
    if (change.deletion() && change.main() > released) {
      sink.delete(RowFormat.generationRow(change.key(), change.main(), change.sub()));
    }
    if (change.main() < target) {
      sink.delete(row);
    } else if (change.supersedes() && change.superseded().modRevision() < change.main()) {
      // Nobody can go back behind it. Without this, whoever deletes everything at once and compacts
      // there would get no space for it, and on a full store no later revision ever comes.
      sink.put(
          row, StoredChange.encode(change.deletion(), change.garbageBefore(), change.key(), null));
    }
  }
}
