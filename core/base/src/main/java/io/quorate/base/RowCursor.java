package io.quorate.base;

/**
 * A walk over {@link Rows}, before its first row at the start. Used by one thread, and closed by
 * it.
 */
public interface RowCursor extends AutoCloseable {
  /**
   * Goes to the next row; false at the end, from where {@link #key} and {@link #value} may not be
   * called.
   */
  boolean next();

  /** The present row's key; a fresh array or one that never changes. */
  byte[] key();

  /** The present row's value; a fresh array or one that never changes. */
  byte[] value();

  @Override
  void close();
}
