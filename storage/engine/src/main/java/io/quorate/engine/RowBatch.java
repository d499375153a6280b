package io.quorate.engine;

import io.quorate.base.Checks;
import io.quorate.base.RowSink;
import java.util.Arrays;

/**
 * Changes that land together: puts, deletes and range deletes, in the order in which they were made
 * (of two to one row the later counts).
 *
 * <p>It keeps the arrays it is given and copies nothing, so they must never change afterwards; the
 * engine and its cache go on using them. Made once and refilled: after {@link #clear} it allocates
 * nothing until it grows beyond what it once held. Owned by one thread.
 */
public final class RowBatch implements RowSink {
  private static final byte[] NOTHING = {};
  private static final int INITIAL_RECORDS = 64;

  /** Past this many records, {@link #clear} gives the room back. */
  private static final int KEPT_RECORDS_MAX = 1 << 16;

  // Record i is (kinds[i], keys[i], values[i]); a delete's value is empty, a range delete's its
  // end.
  private byte[] kinds = new byte[INITIAL_RECORDS];
  private byte[][] keys = new byte[INITIAL_RECORDS][];
  private byte[][] values = new byte[INITIAL_RECORDS][];
  private int records;
  private long bytes;
  private int puts;
  private int rangeDeletes;

  static final byte PUT = 1;
  static final byte DELETE = 2;
  static final byte DELETE_RANGE = 3;

  /** An empty batch. */
  public RowBatch() {}

  @Override
  public void put(byte[] row, byte[] value) {
    add(PUT, row, value);
    puts++;
  }

  @Override
  public void delete(byte[] row) {
    add(DELETE, row, NOTHING);
  }

  /**
   * Removes every row from {@code from} up to, not including, {@code to}. Cheap to write whatever
   * it removes; reads near it get slower until the engine has cleaned up, so it is for large
   * ranges.
   */
  public void deleteRange(byte[] from, byte[] to) {
    Checks.that(Arrays.compareUnsigned(from, to) < 0, "an inverted range");
    add(DELETE_RANGE, from, to);
    rangeDeletes++;
  }

  /** Number of records. */
  public int records() {
    return records;
  }

  /** Keys and values of all records together, in bytes. */
  public long bytes() {
    return bytes;
  }

  /** Whether there is nothing in it. */
  public boolean isEmpty() {
    return records == 0;
  }

  /** Forgets all records and their arrays. */
  public void clear() {
    if (records > KEPT_RECORDS_MAX) {
      kinds = new byte[INITIAL_RECORDS];
      keys = new byte[INITIAL_RECORDS][];
      values = new byte[INITIAL_RECORDS][];
    } else {
      Arrays.fill(keys, 0, records, NOTHING);
      Arrays.fill(values, 0, records, NOTHING);
    }
    records = 0;
    bytes = 0;
    puts = 0;
    rangeDeletes = 0;
  }

  byte kind(int record) {
    return kinds[record];
  }

  byte[] key(int record) {
    return keys[record];
  }

  /** A put's value, a range delete's end; empty for a delete. */
  byte[] value(int record) {
    return values[record];
  }

  int puts() {
    return puts;
  }

  int rangeDeletes() {
    return rangeDeletes;
  }

  private void add(byte kind, byte[] row, byte[] value) {
    Checks.that(row.length > 0, "a row without a key");
    if (records == kinds.length) {
      int room = records * 2;
      kinds = Arrays.copyOf(kinds, room);
      keys = Arrays.copyOf(keys, room);
      values = Arrays.copyOf(values, room);
    }
    kinds[records] = kind;
    keys[records] = row;
    values[records] = value;
    records++;
    bytes += row.length + value.length;
  }
}
