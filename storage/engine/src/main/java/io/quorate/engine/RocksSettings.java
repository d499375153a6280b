package io.quorate.engine;

import io.quorate.base.Checks;

/**
 * What the engines of a process may take together.
 *
 * @param memoryBytes blocks of rows, indexes, filters and unflushed rows, over all engines
 * @param unflushedBytes the part of it that unflushed rows may take, over all engines
 * @param ioBytesPerSecond how fast flushes and cleaning may write, so that they leave the disk to
 *     the log
 */
public record RocksSettings(long memoryBytes, long unflushedBytes, long ioBytesPerSecond) {
  private static final long MEBIBYTE = 1L << 20;

  public RocksSettings {
    Checks.that(unflushedBytes >= MEBIBYTE, "unflushedBytes=%d", unflushedBytes);
    Checks.that(
        memoryBytes >= 2 * unflushedBytes,
        "memoryBytes=%d unflushedBytes=%d",
        memoryBytes,
        unflushedBytes);
    Checks.that(ioBytesPerSecond >= MEBIBYTE, "ioBytesPerSecond=%d", ioBytesPerSecond);
  }

  /**
   * For a member with a machine of its own. With a million rows of 256 bytes (275 MiB of files)
   * half of the blocks are held here; the others come from the operating system's cache.
   */
  public static RocksSettings standard() {
    return new RocksSettings(192 * MEBIBYTE, 64 * MEBIBYTE, 128 * MEBIBYTE);
  }

  /** For members that share a JVM with an application or with each other. */
  public static RocksSettings small() {
    return new RocksSettings(48 * MEBIBYTE, 16 * MEBIBYTE, 64 * MEBIBYTE);
  }
}
