package io.quorate.engine;

import io.quorate.base.RowCursor;
import io.quorate.base.Rows;
import org.jspecify.annotations.Nullable;

/**
 * The rows of one group, in one directory.
 *
 * <p>Rows are ordered by unsigned bytes; a key has at least one byte. Every batch carries a
 * <i>mark</i> that only grows (the applied index): it lands with the batch's rows or not at all,
 * and after a crash {@link #mark} tells which prefix of the batches is still there. Nothing is
 * durable until it is flushed, which the engine does when it likes and whenever {@link #flush}
 * asks.
 *
 * <p><b>Threads.</b> One thread owns an engine: it alone calls {@link #get}, {@link #scan}, {@link
 * #write}, {@link #view}, {@link #close} and {@link #closeAbruptly}. The other methods are safe
 * from any thread. A {@link RowView} and its cursors may be handed to one other thread each. After
 * a close every call on the engine, its views and its cursors throws {@code Unavailable STOPPED};
 * closing a view or cursor late is harmless.
 *
 * <p><b>Failures.</b> Damage is {@code Corrupt ENGINE_DAMAGED} and names the file; a full disk is
 * {@code Unavailable DISK_FULL}; any other failure of the disk is {@code Corrupt ENGINE_FAILED}.
 * What was durable stays so; what a failed write left is known only after the engine was opened
 * anew.
 */
public interface Engine extends Rows, AutoCloseable {
  /**
   * The value of a row as the last batch left it, or null. Served from the cache of newest rows
   * where that covers the row.
   */
  @Override
  byte @Nullable [] get(byte[] row);

  /**
   * The rows from {@code from} up to, not including, {@code to} (null: to the end) as they are now;
   * later batches don't show. The caller closes the cursor.
   */
  @Override
  RowCursor scan(byte[] from, byte @Nullable [] to);

  /**
   * Writes a batch, all or nothing, and shows it to every later read. The batch stays the caller's,
   * who may {@link RowBatch#clear} and refill it; its row arrays must not change any more.
   *
   * @param mark greater than that of the batch before
   */
  void write(RowBatch batch, long mark);

  /**
   * The mark of the last batch written, after an open of the last batch found; 0 if there is none.
   */
  long mark();

  /**
   * The highest mark whose batch, and every one before it, no crash can take away. Never above
   * {@link #mark}, and never falls. Costs a lookup, so ask once a tick rather than once an entry.
   */
  long flushedMark();

  /** The rows as the last batch left them, for as long as the view stays open. */
  RowView view();

  /** Makes every batch written before the call durable; returns when it is. Blocks on the disk. */
  void flush();

  /** Starts a flush of what was written so far and returns at once. */
  void requestFlush();

  /**
   * Removes rows that nobody will ask for again, outside the order of marks, and never blocks the
   * owner for long. What MVCC compaction leaves behind goes this way, from any thread, in small
   * batches. A purge lands after all batches that were written before it: it survives no crash that
   * they don't.
   *
   * @param deletes deletes, and puts of rows that say how far the work has come or are left of
   *     larger ones; none of a row that the cache covers, and no ranges
   */
  void purge(RowBatch deletes);

  /**
   * Gives back the disk space of rows that were removed; returns when that is done. Blocks on the
   * disk for as long as it takes to write again what lies around them, and ends early with the
   * engine. The owner goes on writing meanwhile.
   */
  void reclaim();

  /**
   * Writes the present state into a directory, named as in {@link Engines}, that must not exist yet
   * while its parent does; shares the files where the engine's format allows (hard links), so it
   * costs a flush and little more. Blocks on the disk; the owner may go on writing meanwhile.
   *
   * @return the mark it holds, at least that of the last batch written before the call, and its
   *     files
   */
  Checkpoint checkpoint(String directory);

  /** What this engine weighs and how it fares; a few microseconds. */
  EngineStatistics statistics();

  /** Flushes, then closes. */
  @Override
  void close();

  /**
   * Closes without a flush: for when the log that these rows came from can no longer be trusted to
   * hold them.
   */
  void closeAbruptly();
}
