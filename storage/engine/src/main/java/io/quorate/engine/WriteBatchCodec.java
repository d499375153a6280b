package io.quorate.engine;

import io.quorate.base.Checks;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * RocksDB's own form of a write batch, built on this side of the native border, so that a batch
 * crosses it once instead of once a row; that costs a third to a half of what a call a row does.
 *
 * <p>Eight bytes of sequence number (zero, RocksDB sets it), four of record count, both little
 * endian; then records: a tag, the number of the column family as a varint unless it is the default
 * one (the tag tells), and key and value each after its length as a varint. The form is what
 * RocksDB writes to its log and reads from older releases, so it does not change; a test decodes
 * ours with RocksDB and compares it, byte for byte, with what RocksDB builds.
 *
 * <p>A range delete that reaches into both families is a record in each, with the same bounds:
 * neither has a row where only the other may.
 */
final class WriteBatchCodec {
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

  private static final int HEADER_BYTES = 12;
  private static final int COUNT_OFFSET = 8;
  private static final int FORM_BYTES_MAX = 1 << 30;

  private static final byte TAG_DELETE = 0x0;
  private static final byte TAG_PUT = 0x1;
  private static final byte TAG_FAMILY_DELETE = 0x4;
  private static final byte TAG_FAMILY_PUT = 0x5;
  private static final byte TAG_FAMILY_DELETE_RANGE = 0xE;
  private static final byte TAG_DELETE_RANGE = 0xF;

  private final int orderedPrefix;
  private final int orderedFamily;

  /**
   * @param orderedPrefix first byte of the rows that have a family of their own, or {@link
   *     EngineOptions#NONE}
   * @param orderedFamily number of that family
   */
  WriteBatchCodec(int orderedPrefix, int orderedFamily) {
    this.orderedPrefix = orderedPrefix;
    this.orderedFamily = orderedFamily;
  }

  /**
   * All records of a batch.
   *
   * @return an array that holds the form and nothing else, as the native side wants it
   */
  byte[] encode(RowBatch batch) {
    byte[] form = new byte[sized(HEADER_BYTES + recordsBytes(batch))];
    finish(form, records(batch), putRecords(form, HEADER_BYTES, batch));
    return form;
  }

  /** All records of a batch, and after them the put of one row more into the default family. */
  byte[] encode(RowBatch batch, byte[] lastKey, byte[] lastValue) {
    long last = 1L + sliceBytes(lastKey) + sliceBytes(lastValue);
    byte[] form = new byte[sized(HEADER_BYTES + recordsBytes(batch) + last)];
    int at = putRecords(form, HEADER_BYTES, batch);
    at = putSlice(form, putHead(form, at, TAG_PUT, false), lastKey);
    finish(form, records(batch) + 1, putSlice(form, at, lastValue));
    return form;
  }

  /** Whether a record changes the default family. */
  private boolean inMain(byte kind, byte[] key, byte[] value) {
    return first(key) != orderedPrefix || (kind == RowBatch.DELETE_RANGE && endsAbove(value));
  }

  /** Whether a record changes the ordered family. */
  private boolean inOrdered(byte kind, byte[] key, byte[] value) {
    return first(key) == orderedPrefix
        || (kind == RowBatch.DELETE_RANGE && first(key) < orderedPrefix && !endsBelow(value));
  }

  /** Whether a range ends before the first row of the ordered prefix. */
  private boolean endsBelow(byte[] end) {
    return first(end) < orderedPrefix || (first(end) == orderedPrefix && end.length == 1);
  }

  /** Whether a range ends behind rows that come after all of the ordered prefix. */
  private boolean endsAbove(byte[] end) {
    return first(end) > orderedPrefix + 1 || (first(end) == orderedPrefix + 1 && end.length > 1);
  }

  private static int first(byte[] row) {
    return row[0] & 0xff;
  }

  private static int sized(long bytes) {
    Checks.that(bytes <= FORM_BYTES_MAX, "a batch of %d bytes", bytes);
    return (int) bytes;
  }

  private static void finish(byte[] form, int records, int end) {
    Checks.that(end == form.length, "wrote %d bytes of %d", end, form.length);
    INT.set(form, COUNT_OFFSET, records);
  }

  /** Records that a batch has in RocksDB's form: some range deletes are two. */
  private int records(RowBatch batch) {
    int records = batch.records();
    if (batch.rangeDeletes() == 0) {
      return records;
    }
    for (int i = 0; i < batch.records(); i++) {
      byte kind = batch.kind(i);
      byte[] key = batch.key(i);
      byte[] value = batch.value(i);
      records += inMain(kind, key, value) && inOrdered(kind, key, value) ? 1 : 0;
    }
    return records;
  }

  private long recordsBytes(RowBatch batch) {
    long bytes = 0;
    for (int i = 0; i < batch.records(); i++) {
      byte kind = batch.kind(i);
      byte[] key = batch.key(i);
      byte[] value = batch.value(i);
      long slices = sliceBytes(key) + (kind == RowBatch.DELETE ? 0 : sliceBytes(value));
      if (inMain(kind, key, value)) {
        bytes += 1 + slices;
      }
      if (inOrdered(kind, key, value)) {
        bytes += 1 + varintBytes(orderedFamily) + slices;
      }
    }
    return bytes;
  }

  private int putRecords(byte[] form, int at, RowBatch batch) {
    int next = at;
    for (int i = 0; i < batch.records(); i++) {
      byte kind = batch.kind(i);
      byte[] key = batch.key(i);
      byte[] value = batch.value(i);
      if (inMain(kind, key, value)) {
        next = putHead(form, next, tag(kind), false);
        next = putSlices(form, next, kind, key, value);
      }
      if (inOrdered(kind, key, value)) {
        next = putHead(form, next, familyTag(kind), true);
        next = putSlices(form, next, kind, key, value);
      }
    }
    return next;
  }

  private int putHead(byte[] form, int at, byte tag, boolean ordered) {
    form[at] = tag;
    return ordered ? putVarint(form, at + 1, orderedFamily) : at + 1;
  }

  private static int putSlices(byte[] form, int at, byte kind, byte[] key, byte[] value) {
    int next = putSlice(form, at, key);
    return kind == RowBatch.DELETE ? next : putSlice(form, next, value);
  }

  private static byte tag(byte kind) {
    return switch (kind) {
      case RowBatch.PUT -> TAG_PUT;
      case RowBatch.DELETE -> TAG_DELETE;
      case RowBatch.DELETE_RANGE -> TAG_DELETE_RANGE;
      default -> throw Checks.unreachable("record kind " + kind);
    };
  }

  private static byte familyTag(byte kind) {
    return switch (kind) {
      case RowBatch.PUT -> TAG_FAMILY_PUT;
      case RowBatch.DELETE -> TAG_FAMILY_DELETE;
      case RowBatch.DELETE_RANGE -> TAG_FAMILY_DELETE_RANGE;
      default -> throw Checks.unreachable("record kind " + kind);
    };
  }

  private static long sliceBytes(byte[] slice) {
    return (long) varintBytes(slice.length) + slice.length;
  }

  private static int putSlice(byte[] form, int at, byte[] slice) {
    int next = putVarint(form, at, slice.length);
    System.arraycopy(slice, 0, form, next, slice.length);
    return next + slice.length;
  }

  private static int putVarint(byte[] form, int at, int value) {
    int next = at;
    int rest = value;
    while ((rest & ~0x7f) != 0) {
      form[next++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    form[next++] = (byte) rest;
    return next;
  }

  private static int varintBytes(int value) {
    return (Math.max(1, 32 - Integer.numberOfLeadingZeros(value)) + 6) / 7;
  }
}
