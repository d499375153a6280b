package io.quorate.machine;

import io.quorate.base.Bytes;
import io.quorate.base.Checks;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Fills an array of known length from front to back. Used once, by one thread. */
final class CommandWriter {
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private final byte[] bytes;
  private int at;

  CommandWriter(int length) {
    bytes = new byte[length];
  }

  /** Bytes that {@link #putVarint} takes for a number, which may be any. */
  static int varintLength(long number) {
    return (70 - Long.numberOfLeadingZeros(number | 1)) / 7;
  }

  /** Bytes that {@link #putSigned} takes for a number. */
  static int signedLength(long number) {
    return varintLength(zigzag(number));
  }

  /** Bytes that {@link #putBytes} takes for a slice. */
  static int bytesLength(Bytes slice) {
    return varintLength(slice.length()) + slice.length();
  }

  void putByte(int value) {
    bytes[at++] = (byte) value;
  }

  void putLong(long value) {
    LONG.set(bytes, at, value);
    at += Long.BYTES;
  }

  /** Groups of seven bits, the lowest first. */
  void putVarint(long number) {
    long rest = number;
    while ((rest & ~0x7fL) != 0) {
      bytes[at++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    bytes[at++] = (byte) rest;
  }

  /** Small numbers of either sign stay short. */
  void putSigned(long number) {
    putVarint(zigzag(number));
  }

  void putBytes(Bytes slice) {
    putVarint(slice.length());
    at = slice.copyTo(bytes, at);
  }

  Bytes finish() {
    Checks.that(at == bytes.length, "wrote %d of %d bytes", at, bytes.length);
    return Bytes.wrap(bytes);
  }

  private static long zigzag(long number) {
    return (number << 1) ^ (number >> 63);
  }
}
