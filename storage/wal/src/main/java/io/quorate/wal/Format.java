package io.quorate.wal;

/** The bytes on the disk. */
final class Format {
  /** Batches begin at multiples of this. */
  static final int BLOCK = 4096;

  private Format() {}
}
