package io.quorate.base;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * An unchanging run of bytes: a key, a value, an encoded command.
 *
 * <p>It is a view of an array that it may share with other slices ({@link #wrap} copies nothing),
 * so whoever wraps an array gives it away. Order is by unsigned bytes, a prefix before what it
 * begins: etcd's order of keys. Safe to share between threads.
 */
public final class Bytes implements Comparable<Bytes> {
  /** No bytes at all. */
  public static final Bytes EMPTY = new Bytes(new byte[0], 0, 0);

  private final byte[] array;
  private final int offset;
  private final int length;

  private Bytes(byte[] array, int offset, int length) {
    this.array = array;
    this.offset = offset;
    this.length = length;
  }

  /** The whole array, which the caller never changes again. */
  public static Bytes wrap(byte[] array) {
    return array.length == 0 ? EMPTY : new Bytes(array, 0, array.length);
  }

  /**
   * A part of an array that the caller never changes again.
   *
   * @throws IndexOutOfBoundsException if the part is not within the array
   */
  public static Bytes wrap(byte[] array, int offset, int length) {
    java.util.Objects.checkFromIndexSize(offset, length, array.length);
    return length == 0 ? EMPTY : new Bytes(array, offset, length);
  }

  /** A copy of an array that stays the caller's. */
  public static Bytes copyOf(byte[] array) {
    return wrap(array.clone());
  }

  /** The UTF-8 form of a text. */
  public static Bytes utf8(String text) {
    return wrap(text.getBytes(StandardCharsets.UTF_8));
  }

  /** Length in bytes. */
  public int length() {
    return length;
  }

  /** Whether there are no bytes. */
  public boolean isEmpty() {
    return length == 0;
  }

  /**
   * The byte at a position, signed as Java has it.
   *
   * @throws IndexOutOfBoundsException if there is no such position
   */
  public byte at(int index) {
    java.util.Objects.checkIndex(index, length);
    return array[offset + index];
  }

  /**
   * The bytes from {@code from} up to, not including, {@code to}; shares the array.
   *
   * @throws IndexOutOfBoundsException if the bounds are not within this
   */
  public Bytes slice(int from, int to) {
    java.util.Objects.checkFromToIndex(from, to, length);
    return wrap(array, offset + from, to - from);
  }

  /** Whether this begins with {@code prefix}. */
  public boolean startsWith(Bytes prefix) {
    return length >= prefix.length
        && Arrays.equals(
            array,
            offset,
            offset + prefix.length,
            prefix.array,
            prefix.offset,
            prefix.offset + prefix.length);
  }

  /** A fresh array with these bytes. */
  public byte[] toArray() {
    return Arrays.copyOfRange(array, offset, offset + length);
  }

  /**
   * Copies all bytes into {@code target} from {@code at} on.
   *
   * @return the position after the last byte written
   */
  public int copyTo(byte[] target, int at) {
    System.arraycopy(array, offset, target, at, length);
    return at + length;
  }

  /** Appends all bytes to {@code target}. */
  public void copyTo(ByteBuffer target) {
    target.put(array, offset, length);
  }

  /** A read-only buffer over these bytes; shares the array. */
  public ByteBuffer asByteBuffer() {
    return ByteBuffer.wrap(array, offset, length).slice().asReadOnlyBuffer();
  }

  /**
   * The array behind this slice, for codecs that read without copying; they never write to it.
   *
   * @see #arrayOffset()
   */
  public byte[] array() {
    return array;
  }

  /** Where in {@link #array()} this slice begins. */
  public int arrayOffset() {
    return offset;
  }

  /**
   * These bytes without anything around them: this itself if it spans its array, else a copy. For
   * what is kept long, so that it doesn't hold the frame it came in.
   */
  public Bytes compact() {
    return length == array.length ? this : wrap(toArray());
  }

  /** The bytes read as UTF-8; malformed input becomes U+FFFD. */
  public String toUtf8() {
    return new String(array, offset, length, StandardCharsets.UTF_8);
  }

  /** Unsigned, byte by byte; a prefix sorts first. */
  public static int compare(byte[] a, byte[] b) {
    return Arrays.compareUnsigned(a, b);
  }

  @Override
  public int compareTo(Bytes that) {
    return Arrays.compareUnsigned(
        array, offset, offset + length, that.array, that.offset, that.offset + that.length);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Bytes that
        && Arrays.equals(
            array, offset, offset + length, that.array, that.offset, that.offset + that.length);
  }

  @Override
  public int hashCode() {
    int hash = 1;
    for (int i = offset; i < offset + length; i++) {
      hash = 31 * hash + array[i];
    }
    return hash;
  }

  /** Printable ASCII as it is, anything else as hex. For messages, never for parsing. */
  @Override
  public String toString() {
    for (int i = 0; i < length; i++) {
      byte b = array[offset + i];
      if (b < 0x20 || b > 0x7e) {
        return "0x" + HexFormat.of().formatHex(array, offset, offset + length);
      }
    }
    return toUtf8();
  }
}
