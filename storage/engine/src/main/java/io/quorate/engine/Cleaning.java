package io.quorate.engine;

import io.quorate.base.Checks;
import org.jspecify.annotations.Nullable;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.CompactRangeOptions;
import org.rocksdb.RocksDBException;

/** The cleaning that was asked for: at most one at a time, and none once the engine closes. */
final class Cleaning {
  private @Nullable CompactRangeOptions running;
  private boolean ended;

  /** Cleans all families; returns when that is done, or ended. */
  void run(RocksFamilies families) throws RocksDBException {
    try (CompactRangeOptions how =
        new CompactRangeOptions().setExclusiveManualCompaction(false).setAllowWriteStall(true)) {
      begin(how);
      try {
        for (ColumnFamilyHandle family : families.all()) {
          if (!how.canceled()) {
            families.db().compactRange(family, null, null, how);
          }
        }
      } catch (RocksDBException e) {
        if (!how.canceled()) {
          throw e;
        }
      } finally {
        done();
      }
    }
  }

  /** What runs ends soon, and nothing more begins. */
  synchronized void end() {
    ended = true;
    if (running != null) {
      running.setCanceled(true);
    }
  }

  private synchronized void begin(CompactRangeOptions how) {
    Checks.that(running == null, "an engine is cleaned twice at a time");
    how.setCanceled(ended);
    running = how;
  }

  private synchronized void done() {
    running = null;
  }
}
