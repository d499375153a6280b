package io.quorate.engine;

import io.quorate.base.Checks;
import io.quorate.base.Hash64;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The newest rows, by exact key, in front of an engine: a get that it answers costs a hash and a
 * compare instead of a walk through memtable, filters and blocks.
 *
 * <p>It covers the rows that begin with one byte, knows of a covered row either its value or that
 * it is not there, and follows each batch in the same step as the engine does. So what it says is
 * always what the engine would say; forgetting a row is the only freedom it has. Owned by the
 * engine's thread, never read by a view.
 *
 * <p>An open-addressing table with linear probing, in parallel arrays; a row that goes is closed
 * over by its followers (Knuth's algorithm R), so there are no tombstones to pile up. What to
 * forget is chosen by the clock algorithm: a hand goes round the table, passes each row once that
 * was read since, and takes the next. Nothing is allocated but the table: keys and values are the
 * arrays that batches and engine hand over, which never change.
 *
 * <p>The hash is seeded with a number that clients don't know, and no row is placed further than
 * {@link #PROBES_MAX} from its home, so chosen keys can make it useless but not slow.
 */
final class RecentRows {
  /**
   * What a row takes beside its bytes: two array headers, the slot, and the table's empty slots.
   */
  static final int ROW_OVERHEAD_BYTES = 72;

  /** A lookup that has not met its row by then won't. */
  private static final int PROBES_MAX = 64;

  private static final int SLOTS_MIN = 64;
  private static final int ROW_BYTES_TYPICAL = 256;

  /** The value of a row that is known not to be there; told from an empty value by identity. */
  private static final byte[] ABSENT = new byte[0];

  private final byte prefix;
  private final long bytesMax;
  private final long seed;
  private final int mask;
  private final int rowsMax;

  // Slot i holds a row if keys[i] is not null; then hashes[i] and values[i] are its hash and value,
  // and read[i] says whether it was read since the hand passed.
  private final byte[] @Nullable [] keys;
  private final byte[] @Nullable [] values;
  private final int[] hashes;
  private final boolean[] read;

  private int rows;
  private long bytes;
  private int hand;
  private long hits;
  private long misses;

  /**
   * @param prefix first byte of the rows that it covers
   * @param bytesMax bound of keys, values and bookkeeping together
   * @param seed what clients can't know
   */
  RecentRows(int prefix, long bytesMax, long seed) {
    this.prefix = (byte) prefix;
    this.bytesMax = bytesMax;
    this.seed = seed;
    long typical = Math.max(SLOTS_MIN, bytesMax / (ROW_BYTES_TYPICAL + ROW_OVERHEAD_BYTES));
    int slots = Integer.highestOneBit((int) Math.min(typical, 1 << 28)) << 1;
    this.mask = slots - 1;
    this.rowsMax = slots / 4 * 3;
    this.keys = new byte[slots][];
    this.values = new byte[slots][];
    this.hashes = new int[slots];
    this.read = new boolean[slots];
  }

  /** Whether a row is of those that it may know. */
  boolean covers(byte[] row) {
    return row.length > 0 && row[0] == prefix;
  }

  /** A covered row's value, null if nothing is known of it; see {@link #saysAbsent}. */
  byte @Nullable [] find(byte[] row) {
    int slot = slotOf(row, hash(row));
    if (slot < 0) {
      misses++;
      return null;
    }
    hits++;
    read[slot] = true;
    return values[slot];
  }

  /** Whether what {@link #find} returned means that the row is not there. */
  @SuppressWarnings("ReferenceEquality")
  static boolean saysAbsent(byte[] found) {
    return found == ABSENT;
  }

  /** Takes what the engine said of a covered row (null: not there), or what a batch made of it. */
  void know(byte[] row, byte @Nullable [] said) {
    byte[] value = said == null ? ABSENT : said;
    int hash = hash(row);
    int slot = slotOf(row, hash);
    if (slot >= 0) {
      byte[] old = values[slot];
      values[slot] = value;
      bytes += value.length - (old == null ? 0 : old.length);
    } else {
      insert(row, hash, value);
    }
    while (bytes > bytesMax || rows > rowsMax) {
      forget(victim());
    }
  }

  /** Follows a batch that the engine has written. */
  void follow(RowBatch batch) {
    int records = batch.records();
    for (int i = 0; i < records; i++) {
      byte[] key = batch.key(i);
      switch (batch.kind(i)) {
        case RowBatch.PUT -> {
          if (covers(key)) {
            know(key, batch.value(i));
          }
        }
        case RowBatch.DELETE -> {
          if (covers(key)) {
            lose(key);
          }
        }
        case RowBatch.DELETE_RANGE -> loseRange(key, batch.value(i));
        default -> throw Checks.unreachable("record kind " + batch.kind(i));
      }
    }
  }

  /** Forgets everything. */
  void clear() {
    Arrays.fill(keys, null);
    Arrays.fill(values, null);
    rows = 0;
    bytes = 0;
  }

  int rows() {
    return rows;
  }

  long bytes() {
    return bytes;
  }

  long hits() {
    return hits;
  }

  long misses() {
    return misses;
  }

  /** A deleted row that it knows, it knows to be absent; of others it says nothing. */
  private void lose(byte[] row) {
    int slot = slotOf(row, hash(row));
    if (slot >= 0) {
      setAbsent(slot);
    }
  }

  /** Visits the whole table: range deletes of covered rows are for rare and large removals. */
  private void loseRange(byte[] from, byte[] to) {
    byte[] first = {prefix};
    boolean meetsCovered =
        Arrays.compareUnsigned(to, first) > 0
            && (from.length == 0 || (from[0] & 0xff) <= (prefix & 0xff));
    if (!meetsCovered) {
      return;
    }
    for (int slot = 0; slot <= mask; slot++) {
      byte[] key = keys[slot];
      if (key != null
          && Arrays.compareUnsigned(key, from) >= 0
          && Arrays.compareUnsigned(key, to) < 0) {
        setAbsent(slot);
      }
    }
  }

  private void setAbsent(int slot) {
    byte[] old = values[slot];
    bytes -= old == null ? 0 : old.length;
    values[slot] = ABSENT;
  }

  private int hash(byte[] row) {
    return (int) Hash64.of(row, 0, row.length, seed);
  }

  private int slotOf(byte[] row, int hash) {
    int slot = hash & mask;
    for (int probe = 0; probe < PROBES_MAX; probe++) {
      byte[] key = keys[slot];
      if (key == null) {
        return -1;
      }
      if (hashes[slot] == hash && Arrays.equals(key, row)) {
        return slot;
      }
      slot = (slot + 1) & mask;
    }
    return -1;
  }

  /** Puts a row that is not there into the first free slot near its home, or nowhere. */
  private void insert(byte[] row, int hash, byte[] value) {
    int slot = hash & mask;
    for (int probe = 0; probe < PROBES_MAX; probe++) {
      if (keys[slot] == null) {
        keys[slot] = row;
        values[slot] = value;
        hashes[slot] = hash;
        read[slot] = false;
        rows++;
        bytes += row.length + value.length + ROW_OVERHEAD_BYTES;
        return;
      }
      slot = (slot + 1) & mask;
    }
  }

  private int victim() {
    while (true) {
      int slot = hand;
      hand = (hand + 1) & mask;
      if (keys[slot] != null) {
        if (!read[slot]) {
          return slot;
        }
        read[slot] = false;
      }
    }
  }

  /** Empties a slot and moves up each follower that could not be at home for it. */
  private void forget(int victim) {
    byte[] key = keys[victim];
    byte[] value = values[victim];
    if (key == null || value == null) {
      throw Checks.unreachable("no row in slot " + victim);
    }
    rows--;
    bytes -= key.length + value.length + ROW_OVERHEAD_BYTES;
    int hole = victim;
    for (int slot = (hole + 1) & mask; keys[slot] != null; slot = (slot + 1) & mask) {
      int home = hashes[slot] & mask;
      // The row may go to the hole unless its home lies after the hole, on the way to the slot.
      if (((slot - home) & mask) >= ((slot - hole) & mask)) {
        keys[hole] = keys[slot];
        values[hole] = values[slot];
        hashes[hole] = hashes[slot];
        read[hole] = read[slot];
        hole = slot;
      }
    }
    keys[hole] = null;
    values[hole] = null;
  }
}
