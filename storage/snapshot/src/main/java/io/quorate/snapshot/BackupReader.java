package io.quorate.snapshot;

import io.quorate.base.ErrorCode;
import io.quorate.base.InvariantViolation;
import io.quorate.base.QuorateException;
import io.quorate.base.RowSink;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;

/**
 * Reads a backup from its begin to its end, and hands out nothing that doesn't have its hash. That
 * the file is whole is known only when {@link #next} has said that there is no more: until then
 * what was handed out must not be put to use.
 *
 * <p>Used by one thread, which closes it.
 */
public final class BackupReader implements AutoCloseable {
  private final InputStream in;
  private final String name;
  private final MessageDigest whole = BackupFormat.sha256();
  private final BackupHeader header;
  private long bytes;
  private long chunks;
  private long rows;
  private boolean ended;
  private byte kind;
  private byte[] sha256 = {};

  /**
   * Begins to read.
   *
   * @param in the file, from its first byte; closed with this
   * @param name what to call it when it is damaged
   * @throws QuorateException.Corrupt if it is no backup, one of a newer version, or damaged
   */
  public BackupReader(InputStream in, String name) {
    this.in = in;
    this.name = name;
    byte[] start = read(BackupFormat.START_BYTES);
    if (!Arrays.equals(start, 0, BackupFormat.MAGIC.length, BackupFormat.MAGIC, 0, 7)) {
      throw damaged("it is no backup of Quorate's. What an etcd saved is read by quorate import");
    }
    byte version = start[BackupFormat.MAGIC.length];
    if (version != BackupFormat.VERSION) {
      throw damaged(
          "it has version "
              + version
              + ", and this software reads version "
              + BackupFormat.VERSION
              + ": take the one that wrote it, or a later one");
    }
    ByteBuffer first = chunk();
    if (kind != BackupFormat.HEADER || first.remaining() < BackupFormat.HEADER_BYTES_MIN) {
      throw damaged("it has no header");
    }
    try {
      header =
          new BackupHeader(
              first.getLong(),
              first.getLong(),
              first.getLong(),
              first.getLong(),
              first.getLong(),
              first.getLong(),
              StandardCharsets.UTF_8.decode(first).toString());
    } catch (InvariantViolation e) {
      throw damaged("its header makes no sense: " + e.getMessage());
    }
  }

  /** Whether a file begins as a backup does; it may be none all the same. */
  public static boolean begins(byte[] start) {
    return start.length >= BackupFormat.MAGIC.length
        && Arrays.equals(start, 0, BackupFormat.MAGIC.length, BackupFormat.MAGIC, 0, 7);
  }

  /** What the backup says of itself. */
  public BackupHeader header() {
    return header;
  }

  /**
   * Hands over the next rows.
   *
   * @return false when there are no more, and the whole file has its hash
   * @throws QuorateException.Corrupt naming what is wrong
   */
  public boolean next(RowSink sink) {
    if (ended) {
      return false;
    }
    ByteBuffer payload = chunk();
    if (kind == BackupFormat.END) {
      end(payload);
      return false;
    }
    if (kind != BackupFormat.ROWS) {
      throw damaged("chunk " + (chunks - 1) + " is of kind " + kind);
    }
    while (payload.hasRemaining()) {
      if (payload.remaining() < BackupFormat.ROW_HEAD_BYTES) {
        throw damaged("a row is cut off in chunk " + (chunks - 1));
      }
      int key = payload.getInt();
      int value = payload.getInt();
      if (key <= 0 || value < 0 || (long) key + value > payload.remaining()) {
        throw damaged("a row has a wrong length in chunk " + (chunks - 1));
      }
      byte[] row = new byte[key];
      byte[] content = new byte[value];
      payload.get(row).get(content);
      sink.put(row, content);
      rows++;
    }
    return true;
  }

  /** How many chunks were read. */
  public long chunks() {
    return chunks;
  }

  /** How many bytes were read: of the whole file after its end. */
  public long bytes() {
    return bytes;
  }

  /** The file's hash, once its end was read. */
  public byte[] sha256() {
    return sha256.clone();
  }

  @Override
  public void close() {
    try {
      in.close();
    } catch (IOException e) {
      throw Failures.of("close", name, e);
    }
  }

  private void end(ByteBuffer payload) {
    if (payload.remaining() != BackupFormat.END_BYTES
        || payload.getLong() != rows
        || payload.getLong() != chunks - 1) {
      throw damaged("its end tells of other rows than it has");
    }
    for (byte padding : read(BackupFormat.padding(bytes))) {
      if (padding != 0) {
        throw damaged("there is something behind its end");
      }
    }
    sha256 = whole.digest();
    byte[] told = read(BackupFormat.HASH_BYTES);
    if (!MessageDigest.isEqual(sha256, told)) {
      throw damaged("its SHA-256 is another than the one at its end");
    }
    try {
      if (in.read() >= 0) {
        throw damaged("it is longer than it says");
      }
    } catch (IOException e) {
      throw Failures.of("read", name, e);
    }
    ended = true;
  }

  private ByteBuffer chunk() {
    ByteBuffer head = ByteBuffer.wrap(read(BackupFormat.CHUNK_HEAD_BYTES));
    kind = head.get();
    int length = head.getInt();
    if (length < 0 || length > BackupFormat.PAYLOAD_BYTES_MAX) {
      throw damaged("chunk " + chunks + " has a wrong length");
    }
    byte[] payload = read(length);
    if (BackupFormat.hash(kind, chunks, payload, 0, length) != head.getLong()) {
      throw damaged("chunk " + chunks + " is not what was written");
    }
    chunks++;
    return ByteBuffer.wrap(payload);
  }

  private byte[] read(int length) {
    try {
      byte[] read = in.readNBytes(length);
      if (read.length < length) {
        throw damaged("it is cut off");
      }
      whole.update(read);
      bytes += length;
      return read;
    } catch (IOException e) {
      throw Failures.of("read", name, e);
    }
  }

  private QuorateException damaged(String what) {
    return QuorateException.of(ErrorCode.DATA_DAMAGED, name + ", byte " + bytes + ": " + what);
  }
}
