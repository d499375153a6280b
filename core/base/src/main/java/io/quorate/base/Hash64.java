package io.quorate.base;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * XXH64, the 64-bit hash of Yann Collet's xxHash, over little-endian input.
 *
 * <p>It chains the log ({@code H(previous, entry)}) and sums up state. It finds accidents, not
 * forgeries: where somebody may want to deceive, it is the wrong tool.
 */
public final class Hash64 {
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

  private static final long P1 = 0x9E3779B185EBCA87L;
  private static final long P2 = 0xC2B2AE3D27D4EB4FL;
  private static final long P3 = 0x165667B19E3779F9L;
  private static final long P4 = 0x85EBCA77C2B2AE63L;
  private static final long P5 = 0x27D4EB2F165667C5L;

  private Hash64() {}

  /** The hash of a slice under a seed. */
  public static long of(Bytes bytes, long seed) {
    return of(bytes.array(), bytes.arrayOffset(), bytes.length(), seed);
  }

  /**
   * The hash of {@code length} bytes from {@code offset} on, under a seed.
   *
   * @throws IndexOutOfBoundsException if they are not within the array
   */
  public static long of(byte[] array, int offset, int length, long seed) {
    java.util.Objects.checkFromIndexSize(offset, length, array.length);
    int at = offset;
    int end = offset + length;
    long hash;
    if (length >= 32) {
      long a = seed + P1 + P2;
      long b = seed + P2;
      long c = seed;
      long d = seed - P1;
      for (int limit = end - 32; at <= limit; at += 32) {
        a = round(a, (long) LONG.get(array, at));
        b = round(b, (long) LONG.get(array, at + 8));
        c = round(c, (long) LONG.get(array, at + 16));
        d = round(d, (long) LONG.get(array, at + 24));
      }
      hash =
          Long.rotateLeft(a, 1)
              + Long.rotateLeft(b, 7)
              + Long.rotateLeft(c, 12)
              + Long.rotateLeft(d, 18);
      hash = merge(merge(merge(merge(hash, a), b), c), d);
    } else {
      hash = seed + P5;
    }
    hash += length;
    for (; at + 8 <= end; at += 8) {
      hash = Long.rotateLeft(hash ^ round(0, (long) LONG.get(array, at)), 27) * P1 + P4;
    }
    if (at + 4 <= end) {
      long word = ((int) INT.get(array, at)) & 0xFFFFFFFFL;
      hash = Long.rotateLeft(hash ^ word * P1, 23) * P2 + P3;
      at += 4;
    }
    for (; at < end; at++) {
      hash = Long.rotateLeft(hash ^ (array[at] & 0xFF) * P5, 11) * P1;
    }
    return mix(hash);
  }

  /** Folds one word into a running hash: cheap, order matters. */
  public static long combine(long hash, long word) {
    return mix(Long.rotateLeft(hash ^ round(0, word), 27) * P1 + P4);
  }

  private static long round(long accumulator, long word) {
    return Long.rotateLeft(accumulator + word * P2, 31) * P1;
  }

  private static long merge(long hash, long accumulator) {
    return (hash ^ round(0, accumulator)) * P1 + P4;
  }

  private static long mix(long hash) {
    hash = (hash ^ (hash >>> 33)) * P2;
    hash = (hash ^ (hash >>> 29)) * P3;
    return hash ^ (hash >>> 32);
  }
}
