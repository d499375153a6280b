package io.quorate.engine;

import io.quorate.base.Disk;
import io.quorate.base.DiskFile;
import io.quorate.base.ErrorCode;
import io.quorate.base.Hash64;
import io.quorate.base.QuorateException;
import io.quorate.base.RowCursor;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * The file in which a memory engine keeps its rows: written anew by each flush, read by an open.
 *
 * <p>Blocks of at most {@link #BLOCK_BYTES}, each after its length (4 bytes) and its XXH64, seeded
 * with its number (8 bytes), all big endian. The content is the blocks' bytes one after another:
 * magic and format version, mark, number of rows; then of each row the lengths of key and value and
 * their bytes. A block of no bytes ends the file, so a file that stops early is told from a whole
 * one.
 */
final class MemoryImage {
  /** The file's name. */
  static final String NAME = "rows";

  /** Its name until it is whole. */
  static final String NEW_NAME = "rows.new";

  private static final int BLOCK_BYTES = 64 * 1024;
  private static final int BLOCK_HEADER_BYTES = 12;
  private static final long MAGIC = 0x514D454D00000001L; // "QMEM", version 1

  private MemoryImage() {}

  /** What an image holds. */
  record Content(RowTree rows, long mark) {}

  /** Writes an image beside the present one and puts it in its place; durable when it returns. */
  static long write(Disk disk, String directory, RowTree rows, long mark) throws IOException {
    String fresh = directory + "/" + NEW_NAME;
    if (disk.exists(fresh)) {
      disk.delete(fresh);
    }
    long bytes;
    try (DiskFile file = disk.create(fresh)) {
      Writer writer = new Writer(file);
      writer.putLong(MAGIC);
      writer.putLong(mark);
      writer.putLong(rows.rows());
      try (RowCursor cursor = rows.scan(new byte[0], null)) {
        while (cursor.next()) {
          byte[] key = cursor.key();
          byte[] value = cursor.value();
          writer.putInt(key.length);
          writer.putInt(value.length);
          writer.put(key);
          writer.put(value);
        }
      }
      writer.finish();
      file.sync();
      bytes = file.size();
    }
    disk.rename(fresh, directory + "/" + NAME);
    disk.syncDirectory(directory);
    return bytes;
  }

  /**
   * Reads an image.
   *
   * @throws QuorateException.Corrupt naming file and offset of the damage
   */
  static Content read(Disk disk, String directory) throws IOException {
    String path = directory + "/" + NAME;
    if (!disk.exists(path)) {
      throw QuorateException.of(ErrorCode.ENGINE_DAMAGED, path + " is missing");
    }
    try (DiskFile file = disk.open(path)) {
      Reader reader = new Reader(file, path);
      if (reader.getLong() != MAGIC) {
        throw QuorateException.of(
            ErrorCode.WRONG_IDENTITY, path + " is not an image of rows of a format that I know");
      }
      long mark = reader.getLong();
      long rows = reader.getLong();
      RowTree.Editor editor = RowTree.EMPTY.edit();
      for (long i = 0; i < rows; i++) {
        int keyBytes = reader.getInt();
        int valueBytes = reader.getInt();
        byte[] key = reader.get(keyBytes);
        editor.put(key, reader.get(valueBytes));
      }
      reader.expectEnd();
      return new Content(editor.finish(), mark);
    }
  }

  private static final class Writer {
    private final DiskFile file;
    private final ByteBuffer block = ByteBuffer.allocate(BLOCK_HEADER_BYTES + BLOCK_BYTES);
    private long offset;
    private int number;

    private Writer(DiskFile file) {
      this.file = file;
      block.position(BLOCK_HEADER_BYTES);
    }

    private void putLong(long value) throws IOException {
      room(Long.BYTES);
      block.putLong(value);
    }

    private void putInt(int value) throws IOException {
      room(Integer.BYTES);
      block.putInt(value);
    }

    private void put(byte[] bytes) throws IOException {
      int at = 0;
      while (at < bytes.length) {
        room(1);
        int part = Math.min(block.remaining(), bytes.length - at);
        block.put(bytes, at, part);
        at += part;
      }
    }

    private void finish() throws IOException {
      if (block.position() > BLOCK_HEADER_BYTES) {
        writeBlock();
      }
      writeBlock();
    }

    private void room(int bytes) throws IOException {
      if (block.remaining() < bytes) {
        writeBlock();
      }
    }

    private void writeBlock() throws IOException {
      int length = block.position() - BLOCK_HEADER_BYTES;
      block.putInt(0, length);
      block.putLong(4, Hash64.of(block.array(), BLOCK_HEADER_BYTES, length, number));
      block.flip();
      int bytes = block.remaining();
      file.write(block, offset);
      offset += bytes;
      number++;
      block.clear().position(BLOCK_HEADER_BYTES);
    }
  }

  private static final class Reader {
    private final DiskFile file;
    private final String path;
    private final ByteBuffer block = ByteBuffer.allocate(BLOCK_BYTES);
    private final ByteBuffer header = ByteBuffer.allocate(BLOCK_HEADER_BYTES);
    private final long fileBytes;
    private long offset;
    private int number;

    private Reader(DiskFile file, String path) throws IOException {
      this.file = file;
      this.path = path;
      this.fileBytes = file.size();
      block.limit(0);
    }

    private long getLong() throws IOException {
      need(Long.BYTES);
      return block.getLong();
    }

    private int getInt() throws IOException {
      need(Integer.BYTES);
      return block.getInt();
    }

    private byte[] get(int length) throws IOException {
      if (length < 0 || length > fileBytes) {
        throw damaged("a row of " + length + " bytes");
      }
      byte[] bytes = new byte[length];
      int at = 0;
      while (at < length) {
        need(1);
        int part = Math.min(block.remaining(), length - at);
        block.get(bytes, at, part);
        at += part;
      }
      return bytes;
    }

    private void expectEnd() throws IOException {
      if (block.hasRemaining()) {
        throw damaged("rows after the last");
      }
      readBlock();
      if (block.hasRemaining() || offset != fileBytes) {
        throw damaged("rows after the last");
      }
    }

    /** Words never lie across blocks, so what is short of one is at its end. */
    private void need(int bytes) throws IOException {
      if (block.remaining() >= bytes) {
        return;
      }
      if (block.hasRemaining()) {
        throw damaged("a word that is cut");
      }
      readBlock();
      if (block.remaining() < bytes) {
        throw damaged("too few rows");
      }
    }

    private void readBlock() throws IOException {
      header.clear();
      if (read(header, offset) < BLOCK_HEADER_BYTES) {
        throw damaged("the end of the file");
      }
      int length = header.getInt(0);
      if (length < 0 || length > BLOCK_BYTES) {
        throw damaged("a block of " + length + " bytes");
      }
      block.clear().limit(length);
      if (read(block, offset + BLOCK_HEADER_BYTES) < length) {
        throw damaged("the end of the file");
      }
      block.flip();
      if (Hash64.of(block.array(), 0, length, number) != header.getLong(4)) {
        throw damaged("a block that is not what was written");
      }
      offset += BLOCK_HEADER_BYTES + length;
      number++;
    }

    private int read(ByteBuffer into, long at) {
      try {
        return file.read(into, at);
      } catch (IOException e) {
        throw damaged(String.valueOf(e.getMessage()));
      }
    }

    private QuorateException damaged(String what) {
      return QuorateException.of(
          ErrorCode.ENGINE_DAMAGED, path + " is damaged near offset " + offset + ": " + what);
    }
  }
}
