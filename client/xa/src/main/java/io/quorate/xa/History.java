package io.quorate.xa;

import io.quorate.base.Bytes;

/**
 * Which transactions were committed by all their branches, after their decisions were deleted: a
 * bit for each of {@value #CHUNK} in a row.
 */
final class History {
  static final int CHUNK = 1_024;

  /** How long what is over is known at least, in seconds. */
  static final long KEPT_SECONDS = 24 * 3_600;

  private static final int BYTES = CHUNK / Byte.SIZE;

  private History() {}

  /** The chunk that a transaction's bit is in. */
  static long chunk(long sequence) {
    return sequence / CHUNK;
  }

  /** A chunk in which no bit is set. */
  static byte[] empty() {
    return new byte[BYTES];
  }

  /** A chunk to write to. */
  static byte[] copy(Bytes stored) {
    byte[] bits = empty();
    stored.slice(0, Math.min(BYTES, stored.length())).copyTo(bits, 0);
    return bits;
  }

  static void set(byte[] bits, long sequence) {
    int bit = (int) (sequence % CHUNK);
    bits[bit / Byte.SIZE] |= (byte) (1 << (bit % Byte.SIZE));
  }

  static boolean has(Bytes stored, long sequence) {
    int bit = (int) (sequence % CHUNK);
    int at = bit / Byte.SIZE;
    return at < stored.length() && (stored.at(at) & (1 << (bit % Byte.SIZE))) != 0;
  }
}
