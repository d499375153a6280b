package io.quorate.machine;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Reads a command from front to back, and nothing past its end. Whatever it meets that no writer
 * wrote ends in {@link QuorateException.Corrupt}. Used by one thread.
 */
final class CommandReader {
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private final Bytes payload;
  private final byte[] array;
  private final int start;
  private final int end;
  private int at;

  CommandReader(Bytes payload) {
    this.payload = payload;
    this.array = payload.array();
    this.start = payload.arrayOffset();
    this.end = start + payload.length();
    this.at = start;
  }

  int position() {
    return at - start;
  }

  int remaining() {
    return end - at;
  }

  byte getByte() {
    need(1);
    return array[at++];
  }

  /** The next byte, which stays where it is. */
  byte peekByte() {
    need(1);
    return array[at];
  }

  long getLong() {
    need(Long.BYTES);
    long value = (long) LONG.get(array, at);
    at += Long.BYTES;
    return value;
  }

  long getVarint() {
    long number = 0;
    for (int shift = 0; shift < Long.SIZE; shift += 7) {
      byte group = getByte();
      long bits = group & 0x7f;
      number |= bits << shift;
      if (group >= 0) {
        if ((shift > 0 && bits == 0) || (shift == 63 && bits > 1)) {
          throw damaged("a number is not in its shortest form");
        }
        return number;
      }
    }
    throw damaged("a number is too long");
  }

  long getSigned() {
    long zigzag = getVarint();
    return (zigzag >>> 1) ^ -(zigzag & 1);
  }

  /** A slice of the payload. */
  Bytes getBytes() {
    long length = getVarint();
    if (length < 0 || length > remaining()) {
      throw damaged("a byte string reaches past the end");
    }
    int from = at - start;
    at += (int) length;
    return payload.slice(from, from + (int) length);
  }

  /** A text, of its UTF-8 form. */
  String getText() {
    return getBytes().toUtf8();
  }

  /** The length of a list whose elements take at least {@code minBytes} each. */
  int getCount(int minBytes) {
    long count = getVarint();
    if (count < 0 || count > remaining() / minBytes) {
      throw damaged("a list is longer than the bytes that are left");
    }
    return (int) count;
  }

  /** Nothing may be left. */
  void end() {
    if (at != end) {
      throw damaged("there are bytes after the request");
    }
  }

  QuorateException damaged(String what) {
    return QuorateException.of(
        ErrorCode.DATA_DAMAGED,
        "a command of "
            + payload.length()
            + " bytes can't be read at byte "
            + position()
            + ": "
            + what
            + "; the group must stop");
  }

  private void need(int count) {
    if (remaining() < count) {
      throw damaged("it is cut off");
    }
  }
}
