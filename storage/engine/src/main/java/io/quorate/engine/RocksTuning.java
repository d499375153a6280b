package io.quorate.engine;

import java.util.List;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.CompressionType;
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
 * process.
 */
final class RocksTuning implements AutoCloseable {
  private static final long MEBIBYTE = 1L << 20;

  /**
   * A memtable. Small, since an insertion walks its skip list: in 4 MiB it takes half the time that
   * it takes in 32 MiB, where most steps miss the processor's caches.
   */
  private static final long MEMTABLE_BYTES = 4 * MEBIBYTE;

  /**
   * How many of them become one file, so that small memtables don't make many small files. What is
   * in them when a member is killed comes from the log again at the next start, before it serves:
   * 16 MiB are some 40,000 puts of 256 bytes, or 0.3 s.
   */
  private static final int MEMTABLES_MERGED = 4;

  private static final int MEMTABLES_MAX = 3 * MEMTABLES_MERGED;

  /** Share of a memtable that its filter takes: a get of an older row then skips its skip list. */
  private static final double MEMTABLE_FILTER_SHARE = 0.02;

  private static final double FILTER_BITS_PER_ROW = 10;
  private static final double HASH_INDEX_LOAD = 0.75;
  private static final int TABLE_FORMAT = 6;

  /**
   * Overlapping files at the top at which cleaning starts, writes are slowed, writes wait. Cleaning
   * starts when they hold about as much as the level beneath, which is written again with them.
   */
  private static final int TOP_FILES_COMPACTION = 8;

  private static final int TOP_FILES_SLOWDOWN = 24;
  private static final int TOP_FILES_STOP = 40;

  private static final long LEVEL_BASE_BYTES = 128 * MEBIBYTE;
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

  /** Options of an engine, of its own; the caller closes them after the database. */
  Options forWriting() {
    Options options = common();
    options
        .setWriteBufferManager(unflushed)
        .setWriteBufferSize(
            Math.min(MEMTABLE_BYTES, settings.unflushedBytes() / (2 * MEMTABLES_MERGED)))
        .setMinWriteBufferNumberToMerge(MEMTABLES_MERGED)
        .setMaxWriteBufferNumber(MEMTABLES_MAX)
        .setMemtablePrefixBloomSizeRatio(MEMTABLE_FILTER_SHARE)
        .setMemtableWholeKeyFiltering(true)
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
        .setLevelCompactionDynamicLevelBytes(true)
        .setLevel0FileNumCompactionTrigger(TOP_FILES_COMPACTION)
        .setLevel0SlowdownWritesTrigger(TOP_FILES_SLOWDOWN)
        .setLevel0StopWritesTrigger(TOP_FILES_STOP)
        .setMaxBytesForLevelBase(LEVEL_BASE_BYTES)
        .setTargetFileSizeBase(FILE_BYTES)
        .setMaxManifestFileSize(16 * MEBIBYTE)
        .setManifestPreallocationSize(64 * 1024);
    options.setTablePropertiesCollectorFactory(List.of(deletions));
    return options;
  }

  /** For looking at a database without changing it. */
  Options forReading() {
    return common();
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

  private Options common() {
    return new Options()
        .setTableFormatConfig(
            new BlockBasedTableConfig()
                .setFormatVersion(TABLE_FORMAT)
                .setBlockCache(blockCache)
                // Indexes and filters count as memory like everything else, and stay the longest.
                .setCacheIndexAndFilterBlocks(true)
                .setCacheIndexAndFilterBlocksWithHighPriority(true)
                .setPinL0FilterAndIndexBlocksInCache(true)
                .setFilterPolicy(filter)
                .setWholeKeyFiltering(true)
                .setOptimizeFiltersForMemory(true)
                .setDataBlockIndexType(DataBlockIndexType.kDataBlockBinaryAndHash)
                .setDataBlockHashTableUtilRatio(HASH_INDEX_LOAD))
        // A block that is read is searched as it is; values that compress well lose disk by it.
        .setCompressionType(CompressionType.NO_COMPRESSION)
        // All files stay open: no lookup in a table of open files; the size of a group bounds them.
        .setMaxOpenFiles(-1)
        .setStatsDumpPeriodSec(0)
        .setStatsPersistPeriodSec(0)
        .setInfoLogLevel(InfoLogLevel.WARN_LEVEL)
        .setMaxLogFileSize(MEBIBYTE)
        .setKeepLogFileNum(2);
  }
}
