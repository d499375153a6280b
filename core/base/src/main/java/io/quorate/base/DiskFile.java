package io.quorate.base;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * An open file of a {@link Disk}, read and written at positions. Reads may run beside writes to
 * other parts of the file; only one thread writes.
 */
public interface DiskFile extends Closeable {
  /** Length in bytes. */
  long size() throws IOException;

  /**
   * Reads from a position on until the buffer is full or the file ends.
   *
   * @return how many bytes were read; 0 at the end of the file
   */
  int read(ByteBuffer target, long position) throws IOException;

  /** Writes all that remains in the buffer from a position on; the file grows as needed. */
  void write(ByteBuffer source, long position) throws IOException;

  /** Writes zeros from {@code from} up to {@code to}, so that the blocks exist and are written. */
  void fillWithZeros(long from, long to) throws IOException;

  /**
   * Makes what was written durable: the data, and of the metadata only what reading it back needs.
   * If it fails, what became of the writes since the last success is unknown, and calling it again
   * tells nothing.
   */
  void sync() throws IOException;
}
