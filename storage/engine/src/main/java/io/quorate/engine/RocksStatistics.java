package io.quorate.engine;

import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;

/** Reads RocksDB's properties; one native call each, none of them walks over rows. */
final class RocksStatistics {
  private RocksStatistics() {}

  static EngineStatistics of(RocksDB db, @Nullable RecentRows recent) throws RocksDBException {
    return new EngineStatistics(
        db.getLongProperty("rocksdb.total-sst-files-size"),
        db.getLongProperty("rocksdb.cur-size-all-mem-tables"),
        db.getLongProperty("rocksdb.estimate-live-data-size"),
        db.getLongProperty("rocksdb.estimate-num-keys"),
        db.getLongProperty("rocksdb.block-cache-usage"),
        Integer.parseInt(db.getProperty("rocksdb.num-files-at-level0")),
        db.getLongProperty("rocksdb.estimate-pending-compaction-bytes"),
        db.getLongProperty("rocksdb.actual-delayed-write-rate") != 0,
        db.getLongProperty("rocksdb.is-write-stopped") != 0,
        db.getLongProperty("rocksdb.background-errors"),
        recent == null ? 0 : recent.rows(),
        recent == null ? 0 : recent.bytes(),
        recent == null ? 0 : recent.hits(),
        recent == null ? 0 : recent.misses());
  }
}
