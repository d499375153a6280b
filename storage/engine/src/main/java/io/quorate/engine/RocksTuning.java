package io.quorate.engine;

import java.util.List;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.CompressionType;
import org.rocksdb.DBOptions;
import org.rocksdb.DataBlockIndexType;
import org.rocksdb.InfoLogLevel;
import org.rocksdb.LRUCache;
import org.rocksdb.Options;
import org.rocksdb.RateLimiter;
import org.rocksdb.RateLimiterMode;
import org.rocksdb.TablePropertiesCollectorFactory;
import org.rocksdb.WriteBufferManager;

/**
 * RocksDB's options, each with its reason, and the native objects that all engines of a process
 * share.
 *
 * <p>What is tuned for: exact gets (most reads), short scans, writes in batches from one thread, a
 * disk that the log needs more than we do, and memory that is bounded over all engines of a
 * process. A database has up to two families ({@link RocksFamilies}): the main one, whose rows come
 * in any order and are what most gets ask for, and the ordered one, whose rows come one behind the
 * other, are asked for only when they are known to exist, and go from the front.
 */
final class RocksTuning implements AutoCloseable {
  private static final long MEBIBYTE = 1L << 20;

  /**
   * A memtable of the main family. Small, since an insertion walks its skip list, whose steps miss
   * the processor's caches the more the larger it is; and no smaller, since each becomes a file:
   * under atomic flush RocksDB doesn't merge memtables into one. What is in it when a member is
   * killed comes from the log again at the next start, before it serves.
   */
  private static final long MEMTABLE_BYTES = 8 * MEBIBYTE;

  /** Of its bound, over both families and all that waits, a memtable takes no more than this. */
  private static final int MEMTABLE_SHARE = 8;

  /**
   * Memtables of a family, the one being filled included, at which writes are slowed; they stop
   * when there is one more. Three pairs that wait for their flush are what the bound allows, 3 × (1
   * + 1.5) of its eighths; while less waits, nothing brakes.
   */
  private static final int MEMTABLES_MAX = 4;

  /**
   * In steps of so much a memtable grows. By default it would take a megabyte with its first row,
   * which a small quota would take for a state of that size.
   */
  private static final long ARENA_BYTES = 8 * 1024;

  /** Share of a memtable that its filter takes: a get of an older row then skips its skip list. */
  private static final double MEMTABLE_FILTER_SHARE = 0.02;

  private static final double FILTER_BITS_PER_ROW = 10;
  private static final double HASH_INDEX_LOAD = 0.75;
  private static final int TABLE_FORMAT = 6;

  /**
   * Files of the main family's top at which cleaning starts. Each has at most 8 MiB, and all of
   * them are merged at once with what they overlap beneath, which is everything: so the more, the
   * less is written again, and the more filters a get asks.
   */
  private static final int TOP_FILES_COMPACTION = 12;

  /** Files of its top at which writes are slowed, and wait: some 250 and 400 MiB. */
  private static final int TOP_FILES_SLOWDOWN = 36;

  private static final int TOP_FILES_STOP = 60;

  /**
   * Files of the ordered family's top at which they are moved beneath, which costs an entry in the
   * manifest, and at which RocksDB may slow writes. That is so early for the sake of the main
   * family: with each flush of a family that needs no brake RocksDB loosens the one brake that all
   * share, by more than the other family pulls it. A flood then ran into the main family's stop,
   * for three seconds at a time. The files gather here while the main family is cleaned, since one
   * thread does both; so whenever that one needs the brake, this one holds it as well. Alone this
   * one slows nothing, for the same reason.
   */
  private static final int ORDERED_TOP_FILES = 4;

  /** They don't overlap, so a get looks into one; this is reached when something is amiss. */
  private static final int ORDERED_TOP_FILES_STOP = 600;

  /**
   * Up to this size all that isn't at the top is one level. A level between would be smaller than
   * the top's files together, and be written again with each of their merges for nothing.
   */
  private static final long LEVEL_BASE_BYTES = 256 * MEBIBYTE;

  private static final long FILE_BYTES = 64 * MEBIBYTE;

  /** A file in which this many of so many neighbouring rows are deletes is cleaned soon. */
  private static final int DELETES_WINDOW = 8_192;

  private static final int DELETES_TRIGGER = 4_096;

  private static final int CACHE_SHARD_BITS = 4;

  /** Share of the cache in which indexes and filters are the last to go. */
  private static final double CACHE_INDEX_SHARE = 0.3;

  private static final long RATE_REFILL_MICROS = 100_000;
  private static final int RATE_FAIRNESS = 10;

  private final RocksSettings settings;
  private final LRUCache blockCache;
  private final WriteBufferManager unflushed;
  private final RateLimiter ioRate;
  private final BloomFilter filter = new BloomFilter(FILTER_BITS_PER_ROW, false);
  private final TablePropertiesCollectorFactory deletions =
      TablePropertiesCollectorFactory.NewCompactOnDeletionCollectorFactory(
          DELETES_WINDOW, DELETES_TRIGGER, 0);

  /** What all engines share, made for the settings. */
  RocksTuning(RocksSettings settings) {
    this.settings = settings;
    this.blockCache =
        new LRUCache(settings.memoryBytes(), CACHE_SHARD_BITS, false, CACHE_INDEX_SHARE);
    this.unflushed = new WriteBufferManager(settings.unflushedBytes(), blockCache);
    this.ioRate =
        new RateLimiter(
            settings.ioBytesPerSecond(),
            RATE_REFILL_MICROS,
            RATE_FAIRNESS,
            RateLimiterMode.WRITES_ONLY,
            false);
  }

  /**
   * Options of one database, of its own; closed after it.
   *
   * @param database of all of it
   * @param main of its default family
   * @param ordered of its ordered family, if it has one
   */
  record Choice(DBOptions database, ColumnFamilyOptions main, ColumnFamilyOptions ordered)
      implements AutoCloseable {
    @Override
    public void close() {
      database.close();
      main.close();
      ordered.close();
    }
  }

  /** For a database that is written. */
  Choice forWriting() {
    DBOptions database =
        reading()
            // Both families at once, always: RocksEngine tells why a crash must not part them.
            .setAtomicFlush(true)
            .setWriteBufferManager(unflushed)
            // One thread writes, so the skip list needs no compare-and-set.
            .setAllowConcurrentMemtableWrite(false)
            .setEnableWriteThreadAdaptiveYield(false)
            // close() flushes by itself when it may; RocksDB must not when the log is poisoned.
            .setAvoidFlushDuringShutdown(true)
            // One flush and one compaction at a time: a flush never waits for a long compaction.
            .setMaxBackgroundJobs(2)
            .setMaxSubcompactions(1)
            .setRateLimiter(ioRate)
            // Dirty pages go out as they come, not in one burst that the log's sync must wait for.
            .setBytesPerSync(MEBIBYTE)
            .setMaxManifestFileSize(16 * MEBIBYTE)
            .setManifestPreallocationSize(64 * 1024);
    long memtableBytes = memtableBytes();
    return new Choice(
        database,
        part(
            writing(mainReading())
                .setWriteBufferSize(memtableBytes)
                .setLevel0FileNumCompactionTrigger(TOP_FILES_COMPACTION)
                .setLevel0SlowdownWritesTrigger(TOP_FILES_SLOWDOWN)
                .setLevel0StopWritesTrigger(TOP_FILES_STOP)
                .setMemtablePrefixBloomSizeRatio(MEMTABLE_FILTER_SHARE)
                .setMemtableWholeKeyFiltering(true)),
        // Larger than the other, so that it's seldom the one that has both flushed; its size costs
        // nothing, since an insertion begins where the last one ended. A filter would be asked by
        // no one.
        part(
            writing(orderedReading())
                .setWriteBufferSize(memtableBytes + memtableBytes / 2)
                .setLevel0FileNumCompactionTrigger(ORDERED_TOP_FILES)
                .setLevel0SlowdownWritesTrigger(ORDERED_TOP_FILES)
                .setLevel0StopWritesTrigger(ORDERED_TOP_FILES_STOP)));
  }

  private long memtableBytes() {
    return Math.min(MEMTABLE_BYTES, settings.unflushedBytes() / MEMTABLE_SHARE);
  }

  /** What the filter of a memtable takes, however few rows there are. */
  long memtableFilterBytes() {
    return (long) (memtableBytes() * MEMTABLE_FILTER_SHARE);
  }

  /** For looking at a database without changing it. */
  Choice forReading() {
    return new Choice(reading(), part(mainReading()), part(orderedReading()));
  }

  /** Once all databases are closed. */
  @Override
  public void close() {
    unflushed.close();
    blockCache.close();
    ioRate.close();
    filter.close();
    deletions.close();
  }

  private static DBOptions reading() {
    return new DBOptions()
        // All files stay open: no lookup in a table of open files; the size of a group bounds them.
        .setMaxOpenFiles(-1)
        .setStatsDumpPeriodSec(0)
        .setStatsPersistPeriodSec(0)
        .setInfoLogLevel(InfoLogLevel.WARN_LEVEL)
        .setMaxLogFileSize(MEBIBYTE)
        .setKeepLogFileNum(2);
  }

  /** Gets of rows that may not be there, one by one: filters, and a hash index in each block. */
  private Options mainReading() {
    return family(
        table()
            .setFilterPolicy(filter)
            .setWholeKeyFiltering(true)
            .setOptimizeFiltersForMemory(true)
            .setDataBlockIndexType(DataBlockIndexType.kDataBlockBinaryAndHash)
            .setDataBlockHashTableUtilRatio(HASH_INDEX_LOAD));
  }

  /**
   * Rows that are known to be there, each in the one file whose bounds say so: a filter could only
   * agree. Most are read as stretches.
   */
  private Options orderedReading() {
    return family(table());
  }

  private BlockBasedTableConfig table() {
    return new BlockBasedTableConfig()
        .setFormatVersion(TABLE_FORMAT)
        .setBlockCache(blockCache)
        // Indexes and filters count as memory like everything else, and stay the longest.
        .setCacheIndexAndFilterBlocks(true)
        .setCacheIndexAndFilterBlocksWithHighPriority(true)
        .setPinL0FilterAndIndexBlocksInCache(true);
  }

  private static Options family(BlockBasedTableConfig table) {
    return new Options()
        .setTableFormatConfig(table)
        // A block that is read is searched as it is; values that compress well lose disk by it.
        .setCompressionType(CompressionType.NO_COMPRESSION);
  }

  /** What both families need for being written. */
  private Options writing(Options family) {
    family
        .setMaxWriteBufferNumber(MEMTABLES_MAX)
        .setArenaBlockSize(ARENA_BYTES)
        .setLevelCompactionDynamicLevelBytes(true)
        .setMaxBytesForLevelBase(LEVEL_BASE_BYTES)
        .setTargetFileSizeBase(FILE_BYTES)
        // In the ordered family too. What MVCC compaction deletes at its front is most of the bytes
        // that it frees, and on a member whose writes have ended (a full one) no other file would
        // come to start the cleaning that gives them back. While it runs, files gather at the top
        // and are merged together, so it doesn't run once for each.
        .setTablePropertiesCollectorFactory(List.of(deletions));
    return family;
  }

  /** A family's part of options, which are the only ones on this side to take a collector. */
  private static ColumnFamilyOptions part(Options options) {
    try (options) {
      return new ColumnFamilyOptions(options);
    }
  }
}
