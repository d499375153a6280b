package io.quorate.node;

import io.quorate.base.Bytes;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Reads what {@link FrameWriter} wrote. A frame comes from another process: whatever doesn't fit is
 * a {@link Malformed}, never an index out of bounds and never an allocation that the frame's own
 * length doesn't cover.
 */
final class FrameReader {
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

  private final Bytes frame;
  private int at;

  FrameReader(Bytes frame) {
    this.frame = frame;
  }

  /** A frame that no member of this version sends. */
  static final class Malformed extends Exception {
    private static final long serialVersionUID = 1L;

    Malformed(String message) {
      super(message);
    }
  }

  int u8() throws Malformed {
    need(1);
    return frame.at(at++) & 0xFF;
  }

  int u32() throws Malformed {
    need(4);
    int value = (int) INT.get(frame.array(), frame.arrayOffset() + at);
    at += 4;
    return value;
  }

  long u64() throws Malformed {
    need(8);
    long value = (long) LONG.get(frame.array(), frame.arrayOffset() + at);
    at += 8;
    return value;
  }

  boolean bool() throws Malformed {
    int value = u8();
    if (value > 1) {
      throw new Malformed("neither true nor false: " + value);
    }
    return value == 1;
  }

  /** A number of things of at least {@code bytesEach} bytes, all of which must be in the frame. */
  int count(int bytesEach) throws Malformed {
    int count = u32();
    if (count < 0 || (long) count * bytesEach > remaining()) {
      throw new Malformed("a count of " + count + " with " + remaining() + " bytes left");
    }
    return count;
  }

  /** Bytes with their length in front; shares the frame's array. */
  Bytes bytes() throws Malformed {
    int length = count(1);
    Bytes value = frame.slice(at, at + length);
    at += length;
    return value;
  }

  String text() throws Malformed {
    return bytes().toUtf8();
  }

  int remaining() {
    return frame.length() - at;
  }

  void end() throws Malformed {
    if (remaining() != 0) {
      throw new Malformed(remaining() + " bytes left over");
    }
  }

  private void need(int bytes) throws Malformed {
    if (remaining() < bytes) {
      throw new Malformed("cut off after " + frame.length() + " bytes");
    }
  }
}
