package io.quorate.engine;

import io.quorate.base.Checks;
import io.quorate.base.RowCursor;
import org.jspecify.annotations.Nullable;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDBException;
import org.rocksdb.Snapshot;

/**
 * A RocksDB snapshot, which is one moment of all families, guarded so that the engine can take it
 * away when it closes.
 */
final class RocksView extends OpenResources.Resource implements RowView {
  private final RocksFamilies families;
  private final OpenResources engineOpen;
  private final OpenResources cursors = new OpenResources();
  private final Snapshot snapshot;
  private final ReadOptions options = new ReadOptions();
  private final long mark;
  private boolean closed;

  RocksView(RocksFamilies families, OpenResources engineOpen, long mark) {
    this.families = families;
    this.engineOpen = engineOpen;
    this.mark = mark;
    this.snapshot = families.db().getSnapshot();
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
      return families.db().get(families.of(row), options, row);
    } catch (RocksDBException e) {
      throw RocksFailures.of(e, families.directory());
    }
  }

  @Override
  public synchronized RowCursor scan(byte[] from, byte @Nullable [] to) {
    expectOpen();
    return new RocksCursor(families, cursors, snapshot, from, to);
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
    families.db().releaseSnapshot(snapshot);
    snapshot.close();
    options.close();
  }

  private void expectOpen() {
    if (closed) {
      throw RocksEngine.stopped();
    }
  }
}
