package io.quorate.etcd;

import io.quorate.base.Bytes;

/** Writes protobuf's wire format: sizes first, then bytes into an array that has room for them. */
final class Wire {
  private Wire() {}

  /** Length of a number as a varint; a negative one takes ten bytes. */
  static int varintSize(long value) {
    return (Long.SIZE - Long.numberOfLeadingZeros(value | 1) + 6) / 7;
  }

  /** Writes a number as a varint; returns where the next byte goes. */
  static int putVarint(byte[] target, int at, long value) {
    long rest = value;
    int next = at;
    while ((rest & ~0x7FL) != 0) {
      target[next++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    target[next++] = (byte) rest;
    return next;
  }

  /** Size of a number field with a one-byte tag; nothing if it is 0. */
  static int numberSize(long value) {
    return value == 0 ? 0 : 1 + varintSize(value);
  }

  static int putNumber(byte[] target, int at, int field, long value) {
    if (value == 0) {
      return at;
    }
    target[at] = (byte) (field << 3);
    return putVarint(target, at + 1, value);
  }

  /** Size of a field of bytes with a one-byte tag; nothing if it is empty. */
  static int bytesSize(Bytes value) {
    int length = value.length();
    return length == 0 ? 0 : 1 + varintSize(length) + length;
  }

  static int putBytes(byte[] target, int at, int field, Bytes value) {
    int length = value.length();
    if (length == 0) {
      return at;
    }
    return value.copyTo(target, putLength(target, at, field, length));
  }

  /** Size of a message field with a one-byte tag, whose content has {@code length} bytes. */
  static int messageSize(int length) {
    return 1 + varintSize(length) + length;
  }

  /** Writes the tag and length of a field whose content follows. */
  static int putLength(byte[] target, int at, int field, int length) {
    target[at] = (byte) (field << 3 | WireReader.LENGTH);
    return putVarint(target, at + 1, length);
  }
}
