package io.quorate.kv;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * How the store's rows are named, and the bytes that their values share. The table of the families
 * is in the package's description.
 *
 * <p>A value's first byte is its format in the low four bits and flags in the high four. A row of
 * another format is never guessed at: {@link #damaged} stops the group.
 */
final class RowFormat {
  /** The format that this code writes, and the only one that it reads. */
  static final int FORMAT = 2;

  static final int FORMAT_MASK = 0x0f;

  static final byte META = 'M';
  static final byte NEWEST = 'N';
  static final byte GENERATION = 'G';
  static final byte CHANGE = 'R';
  static final byte LEASE = 'L';
  static final byte ATTACHMENT = 'K';
  static final byte AUTH = 'A';
  static final byte USER = 'U';
  static final byte ROLE = 'P';
  static final byte ALARM = 'Z';
  static final byte FOLLOWED = 'F';
  static final byte CREATION = 'O';

  /** Length of the name of a change row. */
  static final int CHANGE_ROW_BYTES = 1 + Long.BYTES + Integer.BYTES;

  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

  private static final byte[] STATE_ROW = {META, 's'};
  private static final byte[] RELEASED_ROW = {META, 'p'};
  private static final byte[] SIDE_SUM_ROW = {META, 'x'};

  /** Bytes after the escaped key in a generation row: end mark, main, sub. */
  private static final int GENERATION_TAIL_BYTES = 2 + Long.BYTES + Integer.BYTES;

  private static final byte ESCAPE = 0;
  private static final byte ESCAPED_ZERO = (byte) 0xff;
  private static final byte END_OF_KEY = 1;

  private RowFormat() {}

  static long getLong(byte[] array, int at) {
    return (long) LONG.get(array, at);
  }

  static void setLong(byte[] array, int at, long value) {
    LONG.set(array, at, value);
  }

  static int getInt(byte[] array, int at) {
    return (int) INT.get(array, at);
  }

  static void setInt(byte[] array, int at, int value) {
    INT.set(array, at, value);
  }

  /** The row of the store's revisions and hash sums. */
  static byte[] stateRow() {
    return STATE_ROW;
  }

  /** The row that says up to which revision space was released; a member's own business. */
  static byte[] releasedRow() {
    return RELEASED_ROW;
  }

  /** The row of the hash sum over the rows beside the versions; see {@link SideRows}. */
  static byte[] sideSumRow() {
    return SIDE_SUM_ROW;
  }

  /** The row that comes after all rows of a family. */
  static byte[] endOf(byte family) {
    return new byte[] {(byte) (family + 1)};
  }

  /** The row of the version of a key that is visible now. */
  static byte[] newestRow(Bytes key) {
    byte[] row = new byte[1 + key.length()];
    row[0] = NEWEST;
    key.copyTo(row, 1);
    return row;
  }

  /** The key that a newest row is about; shares the row's array. */
  static Bytes keyOfNewest(byte[] row) {
    return Bytes.wrap(row, 1, row.length - 1);
  }

  /** The row of a generation of a key, by the deletion that ended it. */
  static byte[] generationRow(Bytes key, long main, int sub) {
    byte[] row = new byte[1 + escapedLength(key) + GENERATION_TAIL_BYTES];
    int at = escape(GENERATION, key, row);
    setLong(row, at, main);
    setInt(row, at + Long.BYTES, sub);
    return row;
  }

  /** Before all generation rows of a key. */
  static byte[] beforeGenerations(Bytes key) {
    byte[] row = new byte[1 + escapedLength(key) + 2];
    escape(GENERATION, key, row);
    return row;
  }

  /** After all generation rows of a key, and before those of any larger one. */
  static byte[] afterGenerations(Bytes key) {
    byte[] row = beforeGenerations(key);
    row[row.length - 1] = END_OF_KEY + 1;
    return row;
  }

  /** The revision of the deletion that ended a generation. */
  static long deletionOfGeneration(byte[] row) {
    return getLong(row, row.length - Long.BYTES - Integer.BYTES);
  }

  /** The sub-revision of the deletion that ended a generation. */
  static int deletionSubOfGeneration(byte[] row) {
    return getInt(row, row.length - Integer.BYTES);
  }

  /** How many leading bytes of a generation row name its key. */
  static int keyPrefixOfGeneration(byte[] row) {
    int length = row.length - Long.BYTES - Integer.BYTES;
    if (length < 3 || row[0] != GENERATION) {
      throw damaged("a generation row's name is too short", row);
    }
    return length;
  }

  /** Whether two generation rows are of the same key. */
  static boolean sameKeyInGenerations(byte[] a, byte[] b) {
    int length = keyPrefixOfGeneration(a);
    return length == keyPrefixOfGeneration(b) && Arrays.equals(a, 0, length, b, 0, length);
  }

  /** The key that a generation row is about. */
  static Bytes keyOfGeneration(byte[] row) {
    int end = keyPrefixOfGeneration(row) - 2;
    int zeros = 0;
    for (int i = 1; i < end; i++) {
      if (row[i] == ESCAPE) {
        zeros++;
        i++;
      }
    }
    if (zeros == 0) {
      return Bytes.wrap(row, 1, end - 1);
    }
    byte[] key = new byte[end - 1 - zeros];
    int at = 0;
    for (int i = 1; i < end; i++) {
      key[at++] = row[i];
      if (row[i] == ESCAPE) {
        i++;
      }
    }
    return Bytes.wrap(key);
  }

  /** The row of the change at a revision. */
  static byte[] changeRow(long main, int sub) {
    byte[] row = new byte[CHANGE_ROW_BYTES];
    row[0] = CHANGE;
    setLong(row, 1, main);
    setInt(row, 1 + Long.BYTES, sub);
    return row;
  }

  /** The row of a lease. */
  static byte[] leaseRow(long lease) {
    byte[] row = new byte[1 + Long.BYTES];
    row[0] = LEASE;
    setLong(row, 1, lease);
    return row;
  }

  /** The lease that a row is about. */
  static long leaseOfRow(byte[] row) {
    if (row.length != 1 + Long.BYTES) {
      throw damaged("a lease row's name has another length", row);
    }
    return getLong(row, 1);
  }

  /** The row that attaches a key to a lease. */
  static byte[] attachmentRow(long lease, Bytes key) {
    byte[] row = new byte[1 + Long.BYTES + key.length()];
    row[0] = ATTACHMENT;
    setLong(row, 1, lease);
    key.copyTo(row, 1 + Long.BYTES);
    return row;
  }

  /** Comes after all attachments of a lease, and before those of the next. */
  static byte[] afterAttachments(long lease) {
    return lease == -1 ? endOf(ATTACHMENT) : attachmentRow(lease + 1, Bytes.EMPTY);
  }

  /** The row of an alarm, by the number of its kind and the member that it is about. */
  static byte[] alarmRow(int kind, long member) {
    byte[] row = new byte[2 + Long.BYTES];
    row[0] = ALARM;
    row[1] = (byte) kind;
    setLong(row, 2, member);
    return row;
  }

  /** The number of the kind of alarm that a row is about. */
  static int kindOfAlarm(byte[] row) {
    if (row.length != 2 + Long.BYTES) {
      throw damaged("an alarm row's name has another length", row);
    }
    return row[1] & 0xff;
  }

  /** The member that an alarm row is about. */
  static long memberOfAlarm(byte[] row) {
    return getLong(row, 2);
  }

  /** The row that says how a prefix is followed. */
  static byte[] followedRow(Bytes prefix) {
    byte[] row = new byte[1 + prefix.length()];
    row[0] = FOLLOWED;
    prefix.copyTo(row, 1);
    return row;
  }

  /**
   * The row of a key of a group by the revision that created it; what the group says is left out.
   */
  static byte[] creationRow(Bytes group, long created, Bytes key) {
    int rest = key.length() - group.length();
    byte[] row = new byte[1 + escapedLength(group) + 2 + Long.BYTES + rest];
    int at = escape(CREATION, group, row);
    setLong(row, at, created);
    key.slice(group.length(), key.length()).copyTo(row, at + Long.BYTES);
    return row;
  }

  /** Before the rows of a group whose keys were created from a revision on. */
  static byte[] creationsFrom(Bytes group, long created) {
    return creationRow(group, created, group);
  }

  /** After all creation rows of a group, and before those of any other. */
  static byte[] afterCreations(Bytes group) {
    byte[] row = new byte[1 + escapedLength(group) + 2];
    escape(CREATION, group, row);
    row[row.length - 1] = END_OF_KEY + 1;
    return row;
  }

  /** The first byte of a value, whose format must be ours. */
  static int formatByte(byte[] row, byte[] value) {
    if (value.length == 0 || (value[0] & FORMAT_MASK) != FORMAT) {
      throw damaged(
          value.length == 0
              ? "the row's value is empty"
              : "the row's format is "
                  + (value[0] & FORMAT_MASK)
                  + ", this version reads "
                  + FORMAT,
          row);
    }
    return value[0];
  }

  /** What to throw when a row isn't what this code ever wrote. */
  static QuorateException damaged(String what, byte[] row) {
    return QuorateException.of(
        ErrorCode.DATA_DAMAGED, "row " + Bytes.copyOf(row) + ": " + what + "; the group must stop");
  }

  /** Bytes that {@link #putVarint} takes for a number, which may be any. */
  static int varintLength(long number) {
    return (70 - Long.numberOfLeadingZeros(number | 1)) / 7;
  }

  /** Writes a number in groups of seven bits, the lowest first; returns the position after it. */
  static int putVarint(byte[] array, int at, long number) {
    long rest = number;
    int position = at;
    while ((rest & ~0x7fL) != 0) {
      array[position++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    array[position++] = (byte) rest;
    return position;
  }

  private static int escapedLength(Bytes key) {
    int length = key.length();
    byte[] array = key.array();
    int end = key.arrayOffset() + key.length();
    for (int i = key.arrayOffset(); i < end; i++) {
      if (array[i] == ESCAPE) {
        length++;
      }
    }
    return length;
  }

  /** Writes family, escaped key and end mark; returns the position after them. */
  private static int escape(byte family, Bytes key, byte[] row) {
    row[0] = family;
    byte[] array = key.array();
    int end = key.arrayOffset() + key.length();
    int at = 1;
    for (int i = key.arrayOffset(); i < end; i++) {
      row[at++] = array[i];
      if (array[i] == ESCAPE) {
        row[at++] = ESCAPED_ZERO;
      }
    }
    row[at++] = ESCAPE;
    row[at++] = END_OF_KEY;
    return at;
  }
}
