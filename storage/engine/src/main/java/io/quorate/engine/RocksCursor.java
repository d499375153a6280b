package io.quorate.engine;

import io.quorate.base.Checks;
import io.quorate.base.RowCursor;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.Slice;
import org.rocksdb.Snapshot;

/**
 * A walk over RocksDB's rows. Its upper bound is RocksDB's own, so that a walk that ends before a
 * stretch of deleted rows doesn't wade through it.
 *
 * <p>A walk over the border of the ordered family takes its spans one after the other, each with an
 * iterator of its own. So that all of them show the same moment it holds a snapshot, its view's or
 * one of its own; a walk within one family needs none, since an iterator shows the moment in which
 * it was made.
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
  private final RocksFamilies families;
  private final List<RocksFamilies.Span> spans;
  private final @Nullable Snapshot snapshot;
  private final boolean ownsSnapshot;
  private int span;

  /** Over the present span; null if there is none. */
  private @Nullable Walk walk;

  private Place place;

  /** A walk over the rows as they are now, or as a snapshot has them. */
  RocksCursor(
      RocksFamilies families,
      OpenResources open,
      @Nullable Snapshot snapshot,
      byte[] from,
      byte @Nullable [] to) {
    this.open = open;
    this.families = families;
    this.spans = families.spans(from.length == 0 ? RocksEngine.FIRST_ROW : from, to);
    this.ownsSnapshot = snapshot == null && spans.size() > 1;
    this.snapshot = ownsSnapshot ? families.db().getSnapshot() : snapshot;
    this.walk = spans.isEmpty() ? null : new Walk(families, spans.get(0), this.snapshot);
    this.place = Place.BEFORE_FIRST;
    open.add(this);
  }

  @Override
  public synchronized boolean next() {
    Place before = place;
    if (before == Place.CLOSED) {
      throw RocksEngine.stopped();
    }
    Walk rows = walk;
    if (before == Place.AT_END || rows == null) {
      return false;
    }
    // Until it is known better, and for good if a row can't be read.
    place = Place.AT_END;
    boolean found = before == Place.BEFORE_FIRST ? rows.first() : rows.next();
    while (!found && span + 1 < spans.size()) {
      rows.close();
      span++;
      rows = new Walk(families, spans.get(span), snapshot);
      walk = rows;
      found = rows.first();
    }
    if (found) {
      place = Place.AT_ROW;
    }
    return found;
  }

  @Override
  public synchronized byte[] key() {
    return row().key();
  }

  @Override
  public synchronized byte[] value() {
    return row().value();
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
    if (walk != null) {
      walk.close();
    }
    if (ownsSnapshot && snapshot != null) {
      families.db().releaseSnapshot(snapshot);
      snapshot.close();
    }
  }

  private RocksIterator row() {
    if (place == Place.CLOSED) {
      throw RocksEngine.stopped();
    }
    Walk rows = walk;
    if (place != Place.AT_ROW || rows == null) {
      throw Checks.unreachable("a cursor " + place + " was asked for its row");
    }
    return rows.rows;
  }

  /** The iterator of one span, and what it needs for as long as it lives. */
  private static final class Walk {
    private final Path directory;
    private final byte[] from;
    private final @Nullable Slice upperBound;
    private final ReadOptions options = new ReadOptions();
    private final RocksIterator rows;

    private Walk(RocksFamilies families, RocksFamilies.Span span, @Nullable Snapshot snapshot) {
      this.directory = families.directory();
      this.from = span.from;
      if (snapshot != null) {
        options.setSnapshot(snapshot);
      }
      byte[] to = span.to;
      if (to == null) {
        this.upperBound = null;
      } else {
        this.upperBound = new Slice(to);
        options.setIterateUpperBound(upperBound);
      }
      this.rows = families.db().newIterator(span.family, options);
    }

    private boolean first() {
      rows.seek(from);
      return atRow();
    }

    private boolean next() {
      rows.next();
      return atRow();
    }

    private boolean atRow() {
      if (rows.isValid()) {
        return true;
      }
      try {
        rows.status();
      } catch (RocksDBException e) {
        throw RocksFailures.of(e, directory);
      }
      return false;
    }

    private void close() {
      rows.close();
      options.close();
      if (upperBound != null) {
        upperBound.close();
      }
    }
  }
}
