package io.quorate.engine;

import io.quorate.base.Checks;
import io.quorate.base.Hash64;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
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
 * <p>Rows are copied into a ring of bytes, one record behind the other, and found through an
 * open-addressing table with linear probing; a row that goes is closed over by its followers
 * (Knuth's algorithm R), so there are no tombstones to pile up. The ring comes round to the oldest
 * record, which stays once more, at the new end, if it was read since, and is forgotten otherwise:
 * a clock whose hand is the end of the ring. A row that changes is written over where it lies if it
 * fits, and anew if not. To the collector the whole cache is a few dozen arrays that live for ever:
 * as objects the rows would outlive the young generation, each of them, only to die in the old one.
 *
 * <p>The hash is seeded with a number that clients don't know, and no row is placed further than
 * {@link #PROBES_MAX} from its home, so chosen keys can make it useless but not slow.
 */
final class RecentRows {
  // A record of the ring: its length with this head, key length, value length or ABSENT_VALUE,
  // then key, value and slack. No record crosses from one chunk into the next: what is left of a
  // chunk is a record without a key.
  private static final int KEY_LENGTH = 4;
  private static final int VALUE_LENGTH = 8;
  private static final int HEAD_BYTES = 12;

  private static final int ABSENT_VALUE = -1;

  /** A lookup that has not met its row by then won't. */
  private static final int PROBES_MAX = 64;

  private static final int SLOTS_MIN = 64;
  private static final int ROW_BYTES_TYPICAL = 256;

  /** Below half of the smallest region of G1, which gives a larger array whole regions. */
  private static final int CHUNK_BYTES_MAX = 256 * 1024;

  private static final int ALIGNMENT = 8;

  private static final int FREE = -1;

  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

  /** The value of a row that is known not to be there; told from an empty value by identity. */
  private static final byte[] ABSENT = new byte[0];

  private final byte prefix;
  private final long seed;
  private final int mask;
  private final int rowsMax;

  // Slot i holds a row if places[i] is not FREE: the record's place in the ring, in units of the
  // alignment; hashes[i] is its hash, and read[i] says whether it was read since the end passed.
  private final int[] places;
  private final int[] hashes;
  private final boolean[] read;

  /** Made when the ring first reaches them. */
  private final byte[] @Nullable [] chunks;

  private final int chunkBytes;

  /** Where the next record goes, and where the oldest one lies; positions in the ring. */
  private long end;

  private long oldest;

  /** What lies between them. */
  private long filled;

  private int rows;
  private long hits;
  private long misses;

  /**
   * @param prefix first byte of the rows that it covers
   * @param bytesMax bound of the ring and the table together
   * @param seed what clients can't know
   */
  RecentRows(int prefix, long bytesMax, long seed) {
    this.prefix = (byte) prefix;
    this.seed = seed;
    long typical = Math.max(SLOTS_MIN, bytesMax / ROW_BYTES_TYPICAL);
    int slots = Integer.highestOneBit((int) Math.min(typical, 1 << 28));
    this.mask = slots - 1;
    this.rowsMax = slots / 4 * 3;
    this.places = new int[slots];
    this.hashes = new int[slots];
    this.read = new boolean[slots];
    Arrays.fill(places, FREE);
    long ring = Math.max(0, bytesMax - (long) slots * (Integer.BYTES + Integer.BYTES + 1));
    this.chunkBytes =
        (int) Math.min(CHUNK_BYTES_MAX, ring / 4) / ALIGNMENT * ALIGNMENT; // a few at least
    this.chunks = new byte[chunkBytes == 0 ? 0 : (int) (ring / chunkBytes)][];
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
    long place = place(slot);
    byte[] chunk = chunk(place);
    int at = offset(place);
    int length = (int) INT.get(chunk, at + VALUE_LENGTH);
    if (length == ABSENT_VALUE) {
      return ABSENT;
    }
    int from = at + HEAD_BYTES + row.length;
    return Arrays.copyOfRange(chunk, from, from + length);
  }

  /** Whether what {@link #find} returned means that the row is not there. */
  @SuppressWarnings("ReferenceEquality")
  static boolean saysAbsent(byte[] found) {
    return found == ABSENT;
  }

  /** Takes what the engine said of a covered row (null: not there), or what a batch made of it. */
  void know(byte[] row, byte @Nullable [] said) {
    int hash = hash(row);
    int slot = slotOf(row, hash);
    boolean wasRead = false;
    if (slot >= 0) {
      if (overwrite(slot, row.length, said)) {
        return;
      }
      wasRead = read[slot];
      forget(slot);
    }
    int length = recordBytes(row.length + (said == null ? 0 : said.length));
    if (length > chunkBytes || length < 0) {
      return;
    }
    makeRoom(length);
    int free = freeSlot(hash);
    if (free >= 0) {
      long place = append(length);
      write(place, row, said);
      fill(free, hash, place, wasRead);
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
    Arrays.fill(places, FREE);
    rows = 0;
    filled = 0;
    oldest = end;
  }

  int rows() {
    return rows;
  }

  /** What the ring holds, forgotten rows included that it hasn't come round to yet. */
  long bytes() {
    return filled;
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
      if (places[slot] != FREE && compare(slot, from) >= 0 && compare(slot, to) < 0) {
        setAbsent(slot);
      }
    }
  }

  private void setAbsent(int slot) {
    long place = place(slot);
    INT.set(chunk(place), offset(place) + VALUE_LENGTH, ABSENT_VALUE);
  }

  /** How a slot's key compares with another. */
  private int compare(int slot, byte[] key) {
    long place = place(slot);
    byte[] chunk = chunk(place);
    int at = offset(place);
    int from = at + HEAD_BYTES;
    int to = from + (int) INT.get(chunk, at + KEY_LENGTH);
    return Arrays.compareUnsigned(chunk, from, to, key, 0, key.length);
  }

  private int hash(byte[] row) {
    return (int) Hash64.of(row, 0, row.length, seed);
  }

  private int slotOf(byte[] row, int hash) {
    int slot = hash & mask;
    for (int probe = 0; probe < PROBES_MAX; probe++) {
      if (places[slot] == FREE) {
        return -1;
      }
      if (hashes[slot] == hash && holds(place(slot), row)) {
        return slot;
      }
      slot = (slot + 1) & mask;
    }
    return -1;
  }

  private boolean holds(long place, byte[] row) {
    byte[] chunk = chunk(place);
    int at = offset(place);
    int from = at + HEAD_BYTES;
    return (int) INT.get(chunk, at + KEY_LENGTH) == row.length
        && Arrays.equals(chunk, from, from + row.length, row, 0, row.length);
  }

  /** The first free slot near a hash's home; -1 if it is too far away. */
  private int freeSlot(int hash) {
    int slot = hash & mask;
    for (int probe = 0; probe < PROBES_MAX; probe++) {
      if (places[slot] == FREE) {
        return slot;
      }
      slot = (slot + 1) & mask;
    }
    return -1;
  }

  private void fill(int slot, int hash, long place, boolean wasRead) {
    places[slot] = (int) (place / ALIGNMENT);
    hashes[slot] = hash;
    read[slot] = wasRead;
    rows++;
  }

  /** Empties a slot and moves up each follower that could not be at home for it. */
  private void forget(int victim) {
    rows--;
    int hole = victim;
    for (int slot = (hole + 1) & mask; places[slot] != FREE; slot = (slot + 1) & mask) {
      int home = hashes[slot] & mask;
      // The row may go to the hole unless its home lies after the hole, on the way to the slot.
      if (((slot - home) & mask) >= ((slot - hole) & mask)) {
        places[hole] = places[slot];
        hashes[hole] = hashes[slot];
        read[hole] = read[slot];
        hole = slot;
      }
    }
    places[hole] = FREE;
  }

  // ---- the ring --------------------------------------------------------------------------------

  private long ringBytes() {
    return (long) chunks.length * chunkBytes;
  }

  private static int recordBytes(int content) {
    return (HEAD_BYTES + content + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }

  private long place(int slot) {
    return (long) places[slot] * ALIGNMENT;
  }

  private byte[] chunk(long place) {
    int number = (int) (place / chunkBytes);
    byte[] chunk = chunks[number];
    if (chunk == null) {
      chunk = new byte[chunkBytes];
      chunks[number] = chunk;
    }
    return chunk;
  }

  private int offset(long place) {
    return (int) (place % chunkBytes);
  }

  /** Forgets, or takes to the end, what is oldest, until a record of that length fits. */
  private void makeRoom(int length) {
    int kept = 0; // what all has been read is not gone round for ever
    while (filled + length + endOfChunk(length) > ringBytes() || rows >= rowsMax) {
      long place = oldest;
      byte[] chunk = chunk(place);
      int at = offset(place);
      int bytes = (int) INT.get(chunk, at);
      int keyLength = (int) INT.get(chunk, at + KEY_LENGTH);
      oldest = (oldest + bytes) % ringBytes();
      filled -= bytes;
      if (keyLength == 0) {
        continue;
      }
      int slot = slotAt(chunk, at, keyLength, place);
      if (slot < 0) {
        continue;
      }
      if (read[slot] && kept < PROBES_MAX && filled + bytes + endOfChunk(bytes) <= ringBytes()) {
        kept++;
        read[slot] = false;
        long anew = append(bytes);
        System.arraycopy(chunk, at, chunk(anew), offset(anew), bytes);
        places[slot] = (int) (anew / ALIGNMENT);
      } else {
        forget(slot);
      }
    }
  }

  /** The slot of the record at a place; -1 if it has been forgotten, or lies elsewhere by now. */
  private int slotAt(byte[] chunk, int at, int keyLength, long place) {
    int slot = (int) Hash64.of(chunk, at + HEAD_BYTES, keyLength, seed) & mask;
    int wanted = (int) (place / ALIGNMENT);
    for (int probe = 0; probe < PROBES_MAX && places[slot] != FREE; probe++) {
      if (places[slot] == wanted) {
        return slot;
      }
      slot = (slot + 1) & mask;
    }
    return -1;
  }

  /** What is lost at the end of a chunk if a record of that length comes next. */
  private int endOfChunk(int length) {
    int left = chunkBytes - offset(end);
    return length <= left ? 0 : left;
  }

  /** Takes so many bytes at the end of the ring; there is room. */
  private long append(int length) {
    int lost = endOfChunk(length);
    if (lost > 0) {
      byte[] chunk = chunk(end);
      int at = offset(end);
      INT.set(chunk, at, lost);
      INT.set(chunk, at + KEY_LENGTH, 0);
      filled += lost;
      end = (end + lost) % ringBytes();
    }
    long place = end;
    INT.set(chunk(place), offset(place), length);
    filled += length;
    end = (end + length) % ringBytes();
    return place;
  }

  private void write(long place, byte[] row, byte @Nullable [] said) {
    byte[] chunk = chunk(place);
    int at = offset(place);
    INT.set(chunk, at + KEY_LENGTH, row.length);
    System.arraycopy(row, 0, chunk, at + HEAD_BYTES, row.length);
    writeValue(chunk, at, row.length, said);
  }

  private static void writeValue(byte[] chunk, int at, int keyLength, byte @Nullable [] said) {
    INT.set(chunk, at + VALUE_LENGTH, said == null ? ABSENT_VALUE : said.length);
    if (said != null) {
      System.arraycopy(said, 0, chunk, at + HEAD_BYTES + keyLength, said.length);
    }
  }

  /** Changes what a slot's record says, if there is room in it. */
  private boolean overwrite(int slot, int keyLength, byte @Nullable [] said) {
    long place = place(slot);
    byte[] chunk = chunk(place);
    int at = offset(place);
    int room = (int) INT.get(chunk, at) - HEAD_BYTES - keyLength;
    if (said != null && said.length > room) {
      return false;
    }
    writeValue(chunk, at, keyLength, said);
    return true;
  }
}
