package io.quorate.offline;

import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.base.RowSink;
import io.quorate.snapshot.BackupHeader;
import io.quorate.snapshot.BackupReader;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HexFormat;

/** A backup on this machine's disk. */
public final class BackupFile {
  private static final int BUFFER_BYTES = 1 << 20;

  /** First byte of the rows that hold a key each. */
  private static final byte KEY_ROWS = 'N';

  private BackupFile() {}

  /**
   * What a backup is, once all of it was read and found whole.
   *
   * @param header what it says of itself
   * @param keys how many keys it has
   * @param rows how many rows, with history, leases, users and roles
   * @param bytes its length
   * @param sha256 of all but itself, in hexadecimal digits
   */
  public record Status(BackupHeader header, long keys, long rows, long bytes, String sha256) {
    /** A short form of the hash, as etcdctl prints one. */
    public long hash() {
      return Long.parseLong(sha256.substring(0, 8), 16);
    }
  }

  /**
   * Reads a backup through.
   *
   * @throws QuorateException.Corrupt if it is none, or damaged; the message says where
   */
  public static Status status(Path file) {
    Counter counter = new Counter();
    try (BackupReader reader = open(file)) {
      while (reader.next(counter)) {}
      return new Status(
          reader.header(),
          counter.keys,
          counter.rows,
          reader.bytes(),
          HexFormat.of().formatHex(reader.sha256()));
    }
  }

  /** Opens one to be read from its begin. */
  static BackupReader open(Path file) {
    try {
      return new BackupReader(
          new BufferedInputStream(Files.newInputStream(file), BUFFER_BYTES), file.toString());
    } catch (NoSuchFileException e) {
      throw QuorateException.of(ErrorCode.NOT_FOUND, "there is no file " + file, e);
    } catch (IOException e) {
      throw QuorateException.of(
          ErrorCode.INVALID_REQUEST, file + " can't be read: " + e.getMessage(), e);
    }
  }

  private static final class Counter implements RowSink {
    private long keys;
    private long rows;

    @Override
    public void put(byte[] row, byte[] value) {
      rows++;
      keys += row[0] == KEY_ROWS ? 1 : 0;
    }

    @Override
    public void delete(byte[] row) {
      throw new IllegalStateException("a backup deletes nothing");
    }
  }
}
