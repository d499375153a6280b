package io.quorate.snapshot;

import io.quorate.base.Bytes;
import io.quorate.base.Checks;
import io.quorate.base.RowCursor;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Writes a backup, a part at a time: each {@link #next} reads as many rows as fill a chunk, so that
 * whoever passes the parts on decides the pace, and no more than one is in memory.
 *
 * <p>Used by one thread at a time, which closes it.
 */
public final class BackupWriter implements AutoCloseable {
  /** How many bytes at a backup's end are the hash of all before them. */
  public static final int HASH_BYTES = BackupFormat.HASH_BYTES;

  private final RowCursor rows;
  private final int rowsBytes;
  private final MessageDigest whole = BackupFormat.sha256();
  private final BackupHeader header;
  private boolean moreRows = true;
  private boolean ended;
  private long chunks;
  private long rowsWritten;
  private long bytes;
  private ByteBuffer out = ByteBuffer.allocate(2 * BackupFormat.ROWS_BYTES);

  /**
   * @param rows what is backed up, in their order; closed with this
   */
  public BackupWriter(BackupHeader header, RowCursor rows) {
    this(header, rows, BackupFormat.ROWS_BYTES);
  }

  /**
   * For simulations, which want several parts of little.
   *
   * @param rowsBytes past which a part takes no more rows
   */
  public BackupWriter(BackupHeader header, RowCursor rows, int rowsBytes) {
    this.header = header;
    this.rows = rows;
    this.rowsBytes = rowsBytes;
  }

  /** The next part of the file; null after the last. */
  public @Nullable Bytes next() {
    if (ended) {
      return null;
    }
    out.clear();
    if (chunks == 0) {
      out.put(BackupFormat.MAGIC).put(BackupFormat.VERSION);
      chunk(BackupFormat.HEADER, this::putHeader);
    } else if (moreRows && rows.next()) {
      chunk(BackupFormat.ROWS, this::putRows);
    } else {
      chunk(BackupFormat.END, () -> out.putLong(rowsWritten).putLong(chunks));
      out.put(new byte[BackupFormat.padding(bytes + out.position())]);
      ended = true;
    }
    whole.update(out.array(), 0, out.position());
    bytes += out.position();
    if (ended) {
      out.put(whole.digest());
    }
    return Bytes.wrap(Arrays.copyOf(out.array(), out.position()));
  }

  @Override
  public void close() {
    rows.close();
  }

  private void chunk(byte kind, Runnable payload) {
    int head = out.position();
    out.position(head + BackupFormat.CHUNK_HEAD_BYTES);
    int from = out.position();
    payload.run();
    int length = out.position() - from;
    out.put(head, kind)
        .putInt(head + 1, length)
        .putLong(
            head + 1 + Integer.BYTES, BackupFormat.hash(kind, chunks, out.array(), from, length));
    chunks++;
  }

  private void putHeader() {
    out.putLong(header.clusterId()).putLong(header.member());
    out.putLong(header.index()).putLong(header.term());
    out.putLong(header.revision()).putLong(header.compactedRevision());
    out.put(software(header));
  }

  /** The row that the cursor stands on, and those behind it that have room. */
  private void putRows() {
    int from = out.position();
    do {
      byte[] key = rows.key();
      byte[] value = rows.value();
      room(BackupFormat.ROW_HEAD_BYTES + key.length + value.length);
      out.putInt(key.length).putInt(value.length).put(key).put(value);
      rowsWritten++;
      if (out.position() - from >= rowsBytes) {
        return;
      }
      moreRows = rows.next();
    } while (moreRows);
  }

  private void room(int length) {
    if (out.remaining() < length + BackupFormat.PAGE_BYTES) {
      ByteBuffer larger =
          ByteBuffer.allocate(Math.addExact(out.position(), length) + BackupFormat.PAGE_BYTES);
      out = larger.put(out.flip());
    }
  }

  static byte[] software(BackupHeader header) {
    byte[] software = header.software().getBytes(StandardCharsets.UTF_8);
    Checks.that(
        software.length <= BackupHeader.SOFTWARE_BYTES_MAX, "software of %d", software.length);
    return software;
  }
}
