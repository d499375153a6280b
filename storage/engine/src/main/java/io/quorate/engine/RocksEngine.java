package io.quorate.engine;

import io.quorate.base.Checks;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.base.RowCursor;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;
import org.rocksdb.FlushOptions;
import org.rocksdb.ReadOptions;
import org.rocksdb.ReadTier;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.Status;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;

/**
 * An engine on RocksDB, with its log off and one or two column families.
 *
 * <p><b>Families.</b> Rows of the ordered prefix lie in a family of their own ({@link
 * RocksFamilies}). Within one family a flushed file spans all prefixes, so it overlaps with every
 * other, and rows that only ever come behind each other are merged over and over. Alone, their
 * files don't overlap, and cleaning moves them to where they stay without reading them.
 *
 * <p><b>Prefixes.</b> RocksDB numbers every record, fills memtables in that order, puts a batch's
 * records of one family into one memtable of it, and enters flushed memtables into its manifest in
 * order. So without a log, what a crash leaves of one family is always the batches up to some
 * point. That the point is the same for both is what <i>atomic flush</i> does: whatever asks for a
 * flush, a full memtable of one family too, the memtables of both are closed between two batches,
 * and enter the manifest as one group of records, of which RocksDB at its start takes all or none.
 * A flush that we ask for names both families in one call, or it would not be atomic. Each batch
 * ends with the put of the <i>mark row</i> (the empty key, which no caller may use, in the default
 * family), so the mark found after an open is the mark of the last batch that survived, in both.
 *
 * <p><b>The flushed mark</b> is the mark row as RocksDB's <i>persisted tier</i> has it: a get that
 * skips everything still in memory. A file enters that tier when it is synced and the manifest that
 * names it is synced too. So no event of a RocksDB thread has to be matched with a sequence number;
 * the answer is read from what is durable.
 *
 * <p><b>Closing.</b> A call into a closed RocksDB ends the JVM. So the owner checks a flag of its
 * own, calls of other threads hold the shared side of a lock of which a close takes the exclusive
 * side, and views and cursors have a monitor each and end with the engine.
 *
 * <p><b>Reads.</b> A get that RocksDB answers from its block cache costs about 2 µs, one over a
 * million rows 6 to 7 µs; plain arrays and direct buffers cost the same there, so arrays it is. The
 * rows that matter most are answered by {@link RecentRows} in front.
 */
final class RocksEngine implements Engine {
  /** The row that holds the last batch's mark, before every other. */
  private static final byte[] MARK_ROW = {};

  /** Where a scan from the start starts, so that it doesn't show the mark row. */
  static final byte[] FIRST_ROW = {0};

  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private final RocksEngines engines;
  private final RocksFamilies families;
  private final Path directory;
  private final RocksDB db;
  private final WriteBatchCodec codec;
  private final WriteOptions writing = new WriteOptions().setDisableWAL(true);
  private final ReadOptions reading = new ReadOptions();
  private final ReadOptions readingDurable = new ReadOptions().setReadTier(ReadTier.PERSISTED_TIER);
  private final @Nullable RecentRows recent;
  private final OpenResources open = new OpenResources();
  private final Cleaning cleaning = new Cleaning();

  /** What memtables take beside rows. Their filter comes with the first row. */
  private final long emptyMemtableBytes;

  private final ReadWriteLock lifecycle = new ReentrantReadWriteLock();

  /** Written by the owner; volatile, since any thread may ask. */
  private volatile long mark;

  /** Guarded by {@link #lifecycle} for all but the owner, who alone changes it. */
  private boolean closed;

  /** Set when a write failed: what it left is not known, so nothing more is written. */
  private boolean poisoned;

  RocksEngine(
      RocksEngines engines, RocksFamilies families, EngineOptions settings, long filterBytes) {
    this.engines = engines;
    this.families = families;
    this.directory = families.directory();
    this.db = families.db();
    this.codec = families.codec();
    this.recent =
        settings.cachedPrefix() == EngineOptions.NONE || settings.cacheBytesMax() == 0
            ? null
            : new RecentRows(settings.cachedPrefix(), settings.cacheBytesMax(), settings.seed());
    this.mark = markIn(families, reading);
    this.emptyMemtableBytes = filterBytes + memtableBytes();
  }

  /** Of what a new database takes: there is no log to fill its memtables from. */
  private long memtableBytes() {
    try {
      return RocksStatistics.memtableBytes(families);
    } catch (RocksDBException e) {
      throw RocksFailures.of(e, directory);
    }
  }

  @Override
  public byte @Nullable [] get(byte[] row) {
    expectOpen();
    Checks.that(row.length > 0, "a row without a key");
    RecentRows cache = recent;
    if (cache == null || !cache.covers(row)) {
      return getBeneath(row);
    }
    byte[] known = cache.find(row);
    if (known != null) {
      return RecentRows.saysAbsent(known) ? null : known;
    }
    byte[] found = getBeneath(row);
    cache.know(row, found);
    return found;
  }

  @Override
  public RowCursor scan(byte[] from, byte @Nullable [] to) {
    expectOpen();
    return new RocksCursor(families, open, null, from, to);
  }

  @Override
  public void write(RowBatch batch, long mark) {
    expectOpen();
    Checks.that(mark > this.mark, "mark=%d after %d", mark, this.mark);
    if (poisoned) {
      throw QuorateException.of(
          ErrorCode.ENGINE_FAILED, "an earlier write to the engine in " + directory + " failed");
    }
    byte[] markValue = new byte[Long.BYTES];
    LONG.set(markValue, 0, mark);
    try (WriteBatch form = new WriteBatch(codec.encode(batch, MARK_ROW, markValue))) {
      db.write(writing, form);
    } catch (RocksDBException e) {
      poisoned = true;
      throw RocksFailures.of(e, directory);
    }
    if (recent != null) {
      recent.follow(batch);
    }
    this.mark = mark;
  }

  @Override
  public long mark() {
    return mark;
  }

  @Override
  public long flushedMark() {
    lifecycle.readLock().lock();
    try {
      expectOpen();
      return markIn(families, readingDurable);
    } finally {
      lifecycle.readLock().unlock();
    }
  }

  @Override
  public RowView view() {
    expectOpen();
    return new RocksView(families, open, mark);
  }

  @Override
  public void flush() {
    flush(true);
  }

  @Override
  public void requestFlush() {
    flush(false);
  }

  @Override
  public void purge(RowBatch deletes) {
    for (int i = 0; i < deletes.records(); i++) {
      Checks.that(deletes.kind(i) != RowBatch.DELETE_RANGE, "record %d of a purge is a range", i);
      Checks.that(
          recent == null || !recent.covers(deletes.key(i)), "record %d of a purge is cached", i);
    }
    lifecycle.readLock().lock();
    try (WriteBatch form = new WriteBatch(codec.encode(deletes))) {
      expectOpen();
      db.write(writing, form);
    } catch (RocksDBException e) {
      throw RocksFailures.of(e, directory);
    } finally {
      lifecycle.readLock().unlock();
    }
  }

  @Override
  public void reclaim() {
    lifecycle.readLock().lock();
    try {
      flush(true);
      cleaning.run(families);
    } catch (RocksDBException e) {
      throw RocksFailures.of(e, directory);
    } finally {
      lifecycle.readLock().unlock();
    }
  }

  @Override
  public Checkpoint checkpoint(String target) {
    lifecycle.readLock().lock();
    try {
      // RocksDB flushes for it as well, and may not wait for all of it.
      flush(true);
      return engines.checkpoint(db, directory, target);
    } finally {
      lifecycle.readLock().unlock();
    }
  }

  @Override
  public EngineStatistics statistics() {
    lifecycle.readLock().lock();
    try {
      expectOpen();
      return RocksStatistics.of(families, recent, emptyMemtableBytes);
    } catch (RocksDBException e) {
      throw RocksFailures.of(e, directory);
    } finally {
      lifecycle.readLock().unlock();
    }
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    try {
      if (!poisoned) {
        flush(true);
      }
    } finally {
      closeAbruptly();
    }
  }

  @Override
  public void closeAbruptly() {
    cleaning.end();
    lifecycle.writeLock().lock();
    try {
      if (closed) {
        return;
      }
      closed = true;
      open.endAll();
      families.close();
      writing.close();
      reading.close();
      readingDurable.close();
    } finally {
      lifecycle.writeLock().unlock();
    }
    engines.closed(this);
  }

  /** The mark that the rows carry, as far as a read of that kind sees them. */
  static long markIn(RocksFamilies families, ReadOptions reading) {
    byte[] value;
    try {
      value = families.db().get(families.main(), reading, MARK_ROW);
    } catch (RocksDBException e) {
      throw RocksFailures.of(e, families.directory());
    }
    if (value == null) {
      return 0;
    }
    if (value.length != Long.BYTES) {
      throw QuorateException.of(
          ErrorCode.ENGINE_DAMAGED,
          "the mark in " + families.directory() + " has " + value.length + " bytes; expected 8");
    }
    return (long) LONG.get(value, 0);
  }

  static QuorateException stopped() {
    return QuorateException.of(ErrorCode.STOPPED, "the engine has been closed");
  }

  /** Keeps every file of the directory in place, so that it can be copied while it is in use. */
  void holdFiles(boolean hold) {
    expectOpen();
    try {
      if (hold) {
        db.disableFileDeletions();
      } else {
        db.enableFileDeletions();
      }
    } catch (RocksDBException e) {
      throw RocksFailures.of(e, directory);
    }
  }

  /** The database beneath, for a look at its files. */
  RocksFamilies families() {
    return families;
  }

  private byte @Nullable [] getBeneath(byte[] row) {
    try {
      return db.get(families.of(row), reading, row);
    } catch (RocksDBException e) {
      throw RocksFailures.of(e, directory);
    }
  }

  /**
   * With or without waiting, never for the brake to be loosened: a flush is what loosens it.
   *
   * <p>RocksDB may come back from an atomic flush before all of it is durable. It keeps the number
   * of the memtable to wait for with each family in a hash table, and then reads them in the order
   * of the table as if it were that of the families. The numbers differ as soon as one family had
   * nothing to flush, and then it waits for too little. So we ask what is durable, and flush again.
   */
  private void flush(boolean wait) {
    lifecycle.readLock().lock();
    try (FlushOptions how = new FlushOptions().setWaitForFlush(wait).setAllowWriteStall(true)) {
      expectOpen();
      long asked = mark;
      do {
        db.flush(how, families.all());
      } while (wait && markIn(families, readingDurable) < asked);
    } catch (RocksDBException e) {
      Status status = e.getStatus();
      if (!wait && status != null && status.getCode() == Status.Code.TryAgain) {
        // Writes wait until the flushes end that are under way.
        return;
      }
      throw RocksFailures.of(e, directory);
    } finally {
      lifecycle.readLock().unlock();
    }
  }

  private void expectOpen() {
    if (closed) {
      throw stopped();
    }
  }
}
