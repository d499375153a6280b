package io.quorate.engine;

import org.jspecify.annotations.Nullable;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;

/**
 * Reads RocksDB's properties; one native call each, none of them walks over rows. What RocksDB
 * counts for each family is summed; the block cache, the brakes and the failures belong to all.
 */
final class RocksStatistics {
  private RocksStatistics() {}

  /** What the memtables take; less than before as soon as they are flushed. */
  static long memtableBytes(RocksFamilies families) throws RocksDBException {
    return families.db().getAggregatedLongProperty("rocksdb.cur-size-all-mem-tables");
  }

  /**
   * What a database weighs and how it fares.
   *
   * @param emptyBytes what its memtables take without a row: their filters, above all
   */
  static EngineStatistics of(RocksFamilies families, @Nullable RecentRows recent, long emptyBytes)
      throws RocksDBException {
    RocksDB db = families.db();
    return new EngineStatistics(
        db.getAggregatedLongProperty("rocksdb.total-sst-files-size"),
        Math.max(0, memtableBytes(families) - emptyBytes),
        db.getAggregatedLongProperty("rocksdb.estimate-live-data-size"),
        db.getLongProperty("rocksdb.estimate-num-keys"),
        db.getLongProperty("rocksdb.block-cache-usage"),
        filesAtTop(families),
        db.getAggregatedLongProperty("rocksdb.estimate-pending-compaction-bytes"),
        db.getLongProperty("rocksdb.actual-delayed-write-rate") != 0,
        db.getLongProperty("rocksdb.is-write-stopped") != 0,
        db.getLongProperty("rocksdb.background-errors"),
        recent == null ? 0 : recent.rows(),
        recent == null ? 0 : recent.bytes(),
        recent == null ? 0 : recent.hits(),
        recent == null ? 0 : recent.misses());
  }

  /** Of the family that has the most: no lookup considers those of both. */
  private static int filesAtTop(RocksFamilies families) throws RocksDBException {
    int most = 0;
    for (ColumnFamilyHandle family : families.all()) {
      String files = families.db().getProperty(family, "rocksdb.num-files-at-level0");
      most = Math.max(most, Integer.parseInt(files));
    }
    return most;
  }
}
