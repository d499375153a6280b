package io.quorate.wal;

import io.quorate.base.DiskFile;
import java.io.IOException;
import java.nio.ByteBuffer;

/** In the place of a segment's file that is gone or tells nothing. */
enum LostFile implements DiskFile {
  INSTANCE;

  private static IOException gone() {
    return new IOException("the segment is lost");
  }

  @Override
  public long size() {
    return 0;
  }

  @Override
  public int read(ByteBuffer target, long position) throws IOException {
    throw gone();
  }

  @Override
  public void write(ByteBuffer source, long position) throws IOException {
    throw gone();
  }

  @Override
  public void fillWithZeros(long from, long to) throws IOException {
    throw gone();
  }

  @Override
  public void sync() throws IOException {
    throw gone();
  }

  @Override
  public void close() {}
}
