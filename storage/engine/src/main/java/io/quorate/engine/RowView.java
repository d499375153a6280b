package io.quorate.engine;

import io.quorate.base.Rows;

/**
 * Rows that stand still. Used by one thread at a time, which need not be the engine's owner; its
 * cursors likewise. Held no longer than needed: it keeps old rows from being cleaned away.
 */
public interface RowView extends Rows, AutoCloseable {
  /** The mark of the last batch that this view shows; 0 if none. */
  long mark();

  /** Ends the view and its cursors; once is enough, twice is harmless. */
  @Override
  void close();
}
