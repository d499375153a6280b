package io.quorate.wal;

import io.quorate.base.DiskFile;
import java.io.IOException;
import java.nio.ByteBuffer;

/** A part of a file in memory that moves along with whoever reads it. One thread at a time. */
final class Window {
  private ByteBuffer buffer;
  private final int capacity;
  private DiskFile file;
  private long base;
  private int filled;
  private long limit;

  Window(int capacity, DiskFile file, long limit) {
    this.capacity = capacity;
    this.buffer = Format.buffer(capacity);
    this.file = file;
    this.limit = limit;
  }

  /** Turns to another file, of which only the bytes below {@code limit} count. */
  void turnTo(DiskFile other, long itsLimit) {
    file = other;
    limit = itsLimit;
    filled = 0;
    base = 0;
  }

  /** Gives back what a long record made it take. */
  void shrink() {
    if (buffer.capacity() > capacity) {
      buffer = Format.buffer(capacity);
    }
    filled = 0;
  }

  /** The bytes; positions come from {@link #at}. It may change with every call of that. */
  ByteBuffer buffer() {
    return buffer;
  }

  /** Where in the buffer the bytes from an offset on are; -1 if the file ends before they do. */
  int at(long offset, int length) throws IOException {
    if (offset + length > limit) {
      return -1;
    }
    if (offset < base || offset + length > base + filled) {
      load(offset, length);
    }
    return offset + length > base + filled ? -1 : (int) (offset - base);
  }

  private void load(long offset, int length) throws IOException {
    long from = offset & -Format.BLOCK;
    int needed = Format.roundUp((int) (offset - from) + length);
    if (needed > buffer.capacity()) {
      buffer = Format.buffer(needed);
    }
    int want = (int) Math.min(buffer.capacity(), roundUp(limit) - from);
    buffer.clear().limit(want);
    base = from;
    filled = 0;
    filled = (int) Math.min(file.read(buffer, from), limit - from);
    buffer.clear();
  }

  private static long roundUp(long bytes) {
    return (bytes + Format.BLOCK - 1) & -Format.BLOCK;
  }
}
