package io.quorate.engine;

import io.quorate.base.Checks;
import io.quorate.base.RowCursor;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.Slice;
import org.rocksdb.Snapshot;

/**
 * A walk over RocksDB's rows. Its upper bound is RocksDB's own, so that a walk that ends before a
 * stretch of deleted rows doesn't wade through it.
 *
 * <p>Each step takes the cursor's monitor, uncontended but for the moment in which the engine
 * closes.
 */
final class RocksCursor extends OpenResources.Resource implements RowCursor {
  private enum Place {
    BEFORE_FIRST,
    AT_ROW,
    AT_END,
    CLOSED
  }

  private final OpenResources open;
  private final Path directory;
  private final byte[] from;
  private final @Nullable Slice upperBound;
  private final ReadOptions options;
  private final RocksIterator rows;
  private Place place;

  /** A walk over the rows as they are now, or as a snapshot has them. */
  RocksCursor(
      RocksDB db,
      Path directory,
      OpenResources open,
      @Nullable Snapshot snapshot,
      byte[] from,
      byte @Nullable [] to) {
    this.open = open;
    this.directory = directory;
    this.from = from.length == 0 ? RocksEngine.FIRST_ROW : from;
    this.options = new ReadOptions();
    if (snapshot != null) {
      options.setSnapshot(snapshot);
    }
    boolean empty = to != null && Arrays.compareUnsigned(this.from, to) >= 0;
    if (to == null || empty) {
      this.upperBound = null;
    } else {
      this.upperBound = new Slice(to);
      options.setIterateUpperBound(upperBound);
    }
    this.place = empty ? Place.AT_END : Place.BEFORE_FIRST;
    this.rows = db.newIterator(options);
    open.add(this);
  }

  @Override
  public synchronized boolean next() {
    switch (place) {
      case BEFORE_FIRST -> rows.seek(from);
      case AT_ROW -> rows.next();
      case AT_END -> {
        return false;
      }
      case CLOSED -> throw RocksEngine.stopped();
    }
    if (rows.isValid()) {
      place = Place.AT_ROW;
      return true;
    }
    place = Place.AT_END;
    try {
      rows.status();
    } catch (RocksDBException e) {
      throw RocksFailures.of(e, directory);
    }
    return false;
  }

  @Override
  public synchronized byte[] key() {
    expectRow();
    return rows.key();
  }

  @Override
  public synchronized byte[] value() {
    expectRow();
    return rows.value();
  }

  @Override
  public void close() {
    end();
    open.remove(this);
  }

  @Override
  synchronized void end() {
    if (place == Place.CLOSED) {
      return;
    }
    place = Place.CLOSED;
    rows.close();
    options.close();
    if (upperBound != null) {
      upperBound.close();
    }
  }

  private void expectRow() {
    if (place == Place.CLOSED) {
      throw RocksEngine.stopped();
    }
    Checks.that(place == Place.AT_ROW, "a cursor %s was asked for its row", place);
  }
}
