package io.quorate.base;

/**
 * Where a state machine writes rows: everything put in before one commit lands together or not at
 * all.
 */
public interface RowSink {
  /** Writes a row, replacing what it held. */
  void put(byte[] row, byte[] value);

  /** Removes a row, if it is there. */
  void delete(byte[] row);
}
