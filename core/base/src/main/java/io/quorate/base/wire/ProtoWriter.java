package io.quorate.base.wire;

import io.quorate.base.Bytes;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Writes one protobuf message after the other into a growing array. Fields at their default are
 * left out, as proto3 does. Not for use by several threads.
 */
public final class ProtoWriter {
  private static final int VARINT = 0;
  private static final int DELIMITED = 2;

  private byte[] array;
  private int length;

  /** An empty message, with room for this many bytes before it grows. */
  public ProtoWriter(int room) {
    array = new byte[Math.max(16, room)];
  }

  /** An integer, enum number or unsigned number; left out if 0. */
  public ProtoWriter number(int field, long value) {
    if (value != 0) {
      tag(field, VARINT);
      varint(value);
    }
    return this;
  }

  /** A truth value; left out if false. */
  public ProtoWriter flag(int field, boolean value) {
    return number(field, value ? 1 : 0);
  }

  /** A byte string; left out if empty. */
  public ProtoWriter bytes(int field, Bytes value) {
    return value.isEmpty() ? this : bytesAlways(field, value);
  }

  /** A byte string that is there even if empty: an element of a list, or a member of a oneof. */
  public ProtoWriter bytesAlways(int field, Bytes value) {
    tag(field, DELIMITED);
    varint(value.length());
    reserve(value.length());
    length = value.copyTo(array, length);
    return this;
  }

  /** A number that is there even if 0: a member of a oneof. */
  public ProtoWriter numberAlways(int field, long value) {
    tag(field, VARINT);
    varint(value);
    return this;
  }

  /** Fields that were written before. */
  public ProtoWriter raw(Bytes fields) {
    reserve(fields.length());
    length = fields.copyTo(array, length);
    return this;
  }

  /** A text; left out if empty. */
  public ProtoWriter text(int field, String value) {
    return bytes(field, Bytes.wrap(value.getBytes(StandardCharsets.UTF_8)));
  }

  /**
   * Opens a message within this one; everything written until {@link #close} belongs to it.
   *
   * @return what to hand to {@code close}
   */
  public int open(int field) {
    tag(field, DELIMITED);
    return length;
  }

  /** Ends the message that {@code open} began, by putting its length before it. */
  public ProtoWriter close(int mark) {
    int size = length - mark;
    int prefix = varintLength(size);
    reserve(prefix);
    System.arraycopy(array, mark, array, mark + prefix, size);
    length = mark;
    varint(size);
    length += size;
    return this;
  }

  /** What was written; this writer must not be used any more. */
  public Bytes toBytes() {
    return Bytes.wrap(array, 0, length);
  }

  /** How many bytes were written. */
  public int length() {
    return length;
  }

  /** How many bytes a number takes as a varint. */
  public static int varintLength(long value) {
    return (70 - Long.numberOfLeadingZeros(value | 1)) / 7;
  }

  private void tag(int field, int type) {
    varint(((long) field << 3) | type);
  }

  private void varint(long value) {
    reserve(10);
    long rest = value;
    while ((rest & ~0x7fL) != 0) {
      array[length++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    array[length++] = (byte) rest;
  }

  private void reserve(int more) {
    if (array.length - length < more) {
      array = Arrays.copyOf(array, Math.max(array.length * 2, length + more));
    }
  }
}
