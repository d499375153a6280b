package io.quorate.snapshot;

import io.quorate.base.RowCursor;

/**
 * How long a backup will be, found out by going over its rows, in bounded steps. Used by one thread
 * at a time, which closes it.
 */
public final class BackupLength implements AutoCloseable {
  private final RowCursor rows;
  private final int rowsBytes;
  private long length;
  private long chunk;

  /**
   * @param rows the rows that will be written; closed with this
   */
  public BackupLength(BackupHeader header, RowCursor rows) {
    this(header, rows, BackupFormat.ROWS_BYTES);
  }

  /** Of what a writer with the same arguments writes. */
  public BackupLength(BackupHeader header, RowCursor rows, int rowsBytes) {
    this.rows = rows;
    this.rowsBytes = rowsBytes;
    this.length =
        (long) BackupFormat.START_BYTES
            + BackupFormat.CHUNK_HEAD_BYTES
            + BackupFormat.HEADER_BYTES_MIN
            + BackupWriter.software(header).length;
  }

  /**
   * Goes on.
   *
   * @param bytesMax past which this step ends
   * @return whether all rows were seen
   */
  public boolean step(long bytesMax) {
    for (long seen = 0; seen < bytesMax; ) {
      if (!rows.next()) {
        return true;
      }
      if (chunk == 0 || chunk >= rowsBytes) {
        length += BackupFormat.CHUNK_HEAD_BYTES;
        chunk = 0;
      }
      long row = BackupFormat.ROW_HEAD_BYTES + rows.key().length + (long) rows.value().length;
      length += row;
      chunk += row;
      seen += row;
    }
    return false;
  }

  /** The length of the whole file, once all rows were seen. */
  public long bytes() {
    long content = length + BackupFormat.CHUNK_HEAD_BYTES + BackupFormat.END_BYTES;
    return content + BackupFormat.padding(content) + BackupFormat.HASH_BYTES;
  }

  @Override
  public void close() {
    rows.close();
  }
}
