package io.quorate.engine;

import io.quorate.base.Checks;
import io.quorate.base.RowCursor;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.Snapshot;

/** A RocksDB snapshot, guarded so that the engine can take it away when it closes. */
final class RocksView extends OpenResources.Resource implements RowView {
  private final RocksDB db;
  private final Path directory;
  private final OpenResources engineOpen;
  private final OpenResources cursors = new OpenResources();
  private final Snapshot snapshot;
  private final ReadOptions options = new ReadOptions();
  private final long mark;
  private boolean closed;

  RocksView(RocksDB db, Path directory, OpenResources engineOpen, long mark) {
    this.db = db;
    this.directory = directory;
    this.engineOpen = engineOpen;
    this.mark = mark;
    this.snapshot = db.getSnapshot();
    options.setSnapshot(snapshot);
    engineOpen.add(this);
  }

  @Override
  public long mark() {
    return mark;
  }

  @Override
  public synchronized byte @Nullable [] get(byte[] row) {
    expectOpen();
    Checks.that(row.length > 0, "a row without a key");
    try {
      return db.get(options, row);
    } catch (RocksDBException e) {
      throw RocksFailures.of(e, directory);
    }
  }

  @Override
  public synchronized RowCursor scan(byte[] from, byte @Nullable [] to) {
    expectOpen();
    return new RocksCursor(db, directory, cursors, snapshot, from, to);
  }

  @Override
  public void close() {
    end();
    engineOpen.remove(this);
  }

  @Override
  synchronized void end() {
    if (closed) {
      return;
    }
    closed = true;
    cursors.endAll();
    db.releaseSnapshot(snapshot);
    snapshot.close();
    options.close();
  }

  private void expectOpen() {
    if (closed) {
      throw RocksEngine.stopped();
    }
  }
}
