package io.quorate.node;

import io.quorate.base.Bytes;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/** Builds one frame's bytes: fixed-width fields, little-endian. Reused by its one owner. */
final class FrameWriter {
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

  private byte[] array = new byte[256];
  private int length;

  /** Begins a frame. */
  FrameWriter begin(FrameType type, long group) {
    length = 0;
    return u8(type.code).u64(group);
  }

  /** Begins a part without a head of its own. */
  FrameWriter begin() {
    length = 0;
    return this;
  }

  FrameWriter u8(int value) {
    room(1);
    array[length++] = (byte) value;
    return this;
  }

  FrameWriter u32(int value) {
    room(4);
    INT.set(array, length, value);
    length += 4;
    return this;
  }

  FrameWriter u64(long value) {
    room(8);
    LONG.set(array, length, value);
    length += 8;
    return this;
  }

  FrameWriter bool(boolean value) {
    return u8(value ? 1 : 0);
  }

  /** Length, then the bytes. */
  FrameWriter bytes(Bytes value) {
    u32(value.length());
    room(value.length());
    length = value.copyTo(array, length);
    return this;
  }

  /** Length, then the text in UTF-8. */
  FrameWriter text(String value) {
    return bytes(Bytes.utf8(value));
  }

  int length() {
    return length;
  }

  /** A copy of what was written. */
  Bytes toBytes() {
    return Bytes.wrap(Arrays.copyOf(array, length));
  }

  private void room(int bytes) {
    if (array.length - length < bytes) {
      array = Arrays.copyOf(array, Math.max(array.length * 2, length + bytes));
    }
  }
}
