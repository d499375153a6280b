package io.quorate.base.wire;

import io.quorate.base.Bytes;
import java.util.Objects;

/**
 * Reads the fields of one protobuf message, in the order in which they were written. Byte strings
 * share the message's array. Not for use by several threads.
 *
 * <pre>{@code
 * while (in.next()) {
 *   switch (in.field()) {
 *     case 1 -> key = in.bytes();
 *     case 3 -> limit = in.number();
 *     default -> {}
 *   }
 * }
 * }</pre>
 *
 * A field that is not asked for is skipped.
 */
public final class ProtoReader {
  private static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int DELIMITED = 2;
  private static final int FIXED32 = 5;

  private final byte[] array;
  private final int end;
  private int at;
  private int field;
  private int type;
  private long number;
  private int start;
  private int size;

  /** Over one whole message. */
  public ProtoReader(Bytes message) {
    array = message.array();
    at = message.arrayOffset();
    end = at + message.length();
  }

  private ProtoReader(byte[] array, int at, int end) {
    this.array = array;
    this.at = at;
    this.end = end;
  }

  /**
   * Goes to the next field.
   *
   * @return whether there was one
   * @throws MalformedMessage if what follows is no field
   */
  public boolean next() {
    if (at == end) {
      return false;
    }
    long tag = varint();
    field = (int) (tag >>> 3);
    type = (int) (tag & 7);
    if (field <= 0 || tag >>> 32 != 0) {
      throw new MalformedMessage("no field has the tag " + tag);
    }
    switch (type) {
      case VARINT -> number = varint();
      case FIXED64 -> skip(8);
      case FIXED32 -> skip(4);
      case DELIMITED -> {
        long length = varint();
        if (length < 0 || length > end - at) {
          throw new MalformedMessage("field " + field + " ends beyond its message");
        }
        skip((int) length);
      }
      default -> throw new MalformedMessage("no field has the type " + type);
    }
    return true;
  }

  /** The present field's number. */
  public int field() {
    return field;
  }

  /** The present field as a number. */
  public long number() {
    expect(VARINT);
    return number;
  }

  /** The present field as a truth value. */
  public boolean flag() {
    return number() != 0;
  }

  /** The present field as a byte string; shares the array. */
  public Bytes bytes() {
    expect(DELIMITED);
    return Bytes.wrap(array, start, size);
  }

  /** The present field as a text. */
  public String text() {
    return bytes().toUtf8();
  }

  /** The present field as a message of its own. */
  public ProtoReader message() {
    expect(DELIMITED);
    return new ProtoReader(array, start, start + size);
  }

  private void expect(int wanted) {
    if (type != wanted) {
      throw new MalformedMessage("field " + field + " has type " + type + ", not " + wanted);
    }
  }

  private void skip(int bytes) {
    if (bytes > end - at) {
      throw new MalformedMessage("field " + field + " ends beyond its message");
    }
    start = at;
    size = bytes;
    at += bytes;
  }

  private long varint() {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (at >= end) {
        throw new MalformedMessage("a number ends beyond its message");
      }
      byte b = array[Objects.checkIndex(at++, end)];
      value |= (b & 0x7fL) << shift;
      if (b >= 0) {
        return value;
      }
    }
    throw new MalformedMessage("a number of more than ten bytes");
  }
}
