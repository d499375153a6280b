package io.quorate.wal;

import io.quorate.base.DiskFile;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;

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
    filled = (int) Math.min(read(from, want), limit - from);
    buffer.clear();
  }

  /**
   * Reads into the buffer. Where the device gives nothing back there are zeros, which verify as
   * nothing: the rest is worth having.
   */
  private int read(long from, int want) throws IOException {
    try {
      return file.read(buffer, from);
    } catch (ClosedChannelException | FileNotFoundException gone) {
      throw gone;
    } catch (IOException unreadable) {
      int read = 0;
      for (int at = 0; at < want; at += Format.BLOCK) {
        buffer.clear().position(at).limit(at + Format.BLOCK);
        try {
          int length = file.read(buffer, from + at);
          read = length > 0 ? at + length : read;
        } catch (ClosedChannelException gone) {
          throw gone;
        } catch (IOException stillUnreadable) {
          clear(at);
          read = at + Format.BLOCK;
        }
      }
      return read;
    }
  }

  private void clear(int at) {
    for (int i = at; i < at + Format.BLOCK; i += Long.BYTES) {
      buffer.putLong(i, 0);
    }
  }

  /** Fills a buffer from the file's beginning; what the file lacks becomes zeros. */
  void copy(ByteBuffer target) throws IOException {
    load(0, target.capacity());
    target.put(0, buffer, 0, Math.min(filled, target.capacity()));
  }

  private static long roundUp(long bytes) {
    return (bytes + Format.BLOCK - 1) & -Format.BLOCK;
  }
}
