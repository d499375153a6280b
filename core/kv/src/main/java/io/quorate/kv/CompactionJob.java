package io.quorate.kv;

import io.quorate.base.RowSink;
import io.quorate.base.Rows;

/**
 * Releases the space of what a compaction has forgotten, in bounded steps.
 *
 * <p>It reads only rows that nothing changes any more, and deletes only rows that nothing reads any
 * more; so it may run beside the store, on any one thread, and its deletions may be written at any
 * time, in order. If it is abandoned, a later job begins where the last written step ended.
 */
@SuppressWarnings("DoNotCallSuggester")
public final class CompactionJob {
  private final Rows rows;
  private final long target;

  CompactionJob(Rows rows, long target) {
    this.rows = rows;
    this.target = target;
  }

  /** The compacted revision whose garbage this job removes. */
  public long target() {
    return target;
  }

  /** Whether nothing is left to do. */
  public boolean done() {
    return false;
  }

  /**
   * Does a part of the work.
   *
   * @param maxRows most rows to look at
   * @param sink takes the deletions and the progress mark; written as one batch
   * @return whether the job is done
   */
  public boolean step(int maxRows, RowSink sink) {
    throw new UnsupportedOperationException(rows.toString() + maxRows + sink);
  }
}
