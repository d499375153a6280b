package io.quorate.base;

import org.jspecify.annotations.Nullable;

/**
 * Ordered rows as a state machine reads them: byte strings to byte strings, in unsigned order.
 *
 * <p>Implemented by the storage engine; the machine sees nothing else of it. Arrays that go in or
 * come out are never changed afterwards, by either side.
 */
public interface Rows {
  /** The value of a row, or null if there is none. */
  byte @Nullable [] get(byte[] row);

  /**
   * The rows from {@code from} up to, not including, {@code to} (null: to the end), in order. An
   * empty or inverted range has no rows. The caller closes the cursor.
   */
  RowCursor scan(byte[] from, byte @Nullable [] to);
}
