package io.quorate.engine;

import io.quorate.base.Checks;
import io.quorate.base.Disk;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.base.RowCursor;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * An engine whose rows are a {@link RowTree} in memory, and durable as of the last flush: the tree
 * is then written to one file, whole.
 *
 * <p>It forgets whatever was not flushed just as RocksDB does, and flushes by itself after so many
 * bytes, so that it loses prefixes of every length. It does what it is told, when it is told, on
 * the calling thread: the same calls give the same files. A cache in front would be slower than the
 * tree, so there is none.
 */
final class MemoryEngine implements Engine {
  private final Disk disk;
  private final String directory;
  private final MemoryEngines engines;
  private final long flushBytes;

  /** Orders changes of the rows against each other; reads take none. */
  private final ReentrantLock changing = new ReentrantLock();

  /** Orders the writing of images. */
  private final ReentrantLock flushing = new ReentrantLock();

  private volatile State state;
  private volatile long flushedMark;
  private volatile long diskBytes;
  private volatile boolean closed;

  /** Rows and the mark that they carry; what a view holds. */
  private record State(RowTree rows, long mark, long unflushedBytes) {}

  MemoryEngine(
      Disk disk,
      String directory,
      MemoryEngines engines,
      long flushBytes,
      MemoryImage.Content content,
      long diskBytes) {
    this.disk = disk;
    this.directory = directory;
    this.engines = engines;
    this.flushBytes = flushBytes;
    this.state = new State(content.rows(), content.mark(), 0);
    this.flushedMark = content.mark();
    this.diskBytes = diskBytes;
  }

  @Override
  public byte @Nullable [] get(byte[] row) {
    expectOpen();
    Checks.that(row.length > 0, "a row without a key");
    return state.rows.get(row);
  }

  @Override
  public RowCursor scan(byte[] from, byte @Nullable [] to) {
    expectOpen();
    return new GuardedCursor(state.rows.scan(from, to), null);
  }

  @Override
  public void write(RowBatch batch, long mark) {
    expectOpen();
    changing.lock();
    try {
      Checks.that(mark > state.mark, "mark=%d after %d", mark, state.mark);
      change(batch, mark);
    } finally {
      changing.unlock();
    }
    if (state.unflushedBytes >= flushBytes) {
      flush();
    }
  }

  @Override
  public long mark() {
    return state.mark;
  }

  @Override
  public long flushedMark() {
    expectOpen();
    return flushedMark;
  }

  @Override
  public RowView view() {
    expectOpen();
    return new View(state);
  }

  @Override
  public void flush() {
    flushing.lock();
    try {
      expectOpen();
      State now = state;
      diskBytes = MemoryImage.write(disk, directory, now.rows, now.mark);
      flushedMark = now.mark;
      changing.lock();
      try {
        State then = state;
        state = new State(then.rows, then.mark, then.unflushedBytes - now.unflushedBytes);
      } finally {
        changing.unlock();
      }
    } catch (IOException e) {
      throw MemoryEngines.failed(directory, e);
    } finally {
      flushing.unlock();
    }
  }

  /** Flushes at once: whoever wants its runs to repeat can't have a thread that does it later. */
  @Override
  public void requestFlush() {
    flush();
  }

  @Override
  public void purge(RowBatch deletes) {
    expectOpen();
    for (int i = 0; i < deletes.records(); i++) {
      Checks.that(deletes.kind(i) != RowBatch.DELETE_RANGE, "record %d of a purge is a range", i);
    }
    changing.lock();
    try {
      change(deletes, state.mark);
    } finally {
      changing.unlock();
    }
  }

  @Override
  public void reclaim() {
    expectOpen(); // what is removed takes no space
  }

  @Override
  public Checkpoint checkpoint(String target) {
    expectOpen();
    State now = state;
    try {
      if (disk.exists(target)) {
        throw QuorateException.of(ErrorCode.ENGINE_FAILED, target + " exists already");
      }
      disk.createDirectories(target);
      long bytes = MemoryImage.write(disk, target, now.rows, now.mark);
      return new Checkpoint(
          target, now.mark, List.of(new Checkpoint.File(MemoryImage.NAME, bytes)));
    } catch (IOException e) {
      throw MemoryEngines.failed(target, e);
    }
  }

  @Override
  public EngineStatistics statistics() {
    expectOpen();
    State now = state;
    return new EngineStatistics(
        diskBytes,
        now.unflushedBytes,
        now.rows.bytes(),
        now.rows.rows(),
        0,
        0,
        0,
        false,
        false,
        0,
        0,
        0,
        0,
        0);
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    try {
      flush();
    } finally {
      closeAbruptly();
    }
  }

  @Override
  public void closeAbruptly() {
    flushing.lock();
    try {
      if (closed) {
        return;
      }
      closed = true;
    } finally {
      flushing.unlock();
    }
    engines.closed(this);
  }

  private void change(RowBatch batch, long mark) {
    State before = state;
    RowTree.Editor rows = before.rows.edit();
    for (int i = 0; i < batch.records(); i++) {
      byte[] key = batch.key(i);
      switch (batch.kind(i)) {
        case RowBatch.PUT -> rows.put(key, batch.value(i));
        case RowBatch.DELETE -> rows.delete(key);
        case RowBatch.DELETE_RANGE -> rows.deleteRange(key, batch.value(i));
        default -> throw Checks.unreachable("record kind " + batch.kind(i));
      }
    }
    state = new State(rows.finish(), mark, before.unflushedBytes + batch.bytes());
  }

  private void expectOpen() {
    if (closed) {
      throw RocksEngine.stopped();
    }
  }

  /** The rows of one state, until it or its engine is closed. */
  private final class View implements RowView {
    private final State state;
    private volatile boolean ended;

    private View(State state) {
      this.state = state;
    }

    @Override
    public long mark() {
      return state.mark;
    }

    @Override
    public byte @Nullable [] get(byte[] row) {
      expectUsable();
      Checks.that(row.length > 0, "a row without a key");
      return state.rows.get(row);
    }

    @Override
    public RowCursor scan(byte[] from, byte @Nullable [] to) {
      expectUsable();
      return new GuardedCursor(state.rows.scan(from, to), this);
    }

    @Override
    public void close() {
      ended = true;
    }

    private void expectUsable() {
      expectOpen();
      if (ended) {
        throw RocksEngine.stopped();
      }
    }
  }

  /** A cursor that ends with its view and its engine, as a native one must. */
  private final class GuardedCursor implements RowCursor {
    private final RowCursor rows;
    private final @Nullable View view;
    private boolean ended;

    private GuardedCursor(RowCursor rows, @Nullable View view) {
      this.rows = rows;
      this.view = view;
    }

    @Override
    public boolean next() {
      expectUsable();
      return rows.next();
    }

    @Override
    public byte[] key() {
      expectUsable();
      return rows.key();
    }

    @Override
    public byte[] value() {
      expectUsable();
      return rows.value();
    }

    @Override
    public void close() {
      ended = true;
    }

    private void expectUsable() {
      expectOpen();
      if (ended || (view != null && view.ended)) {
        throw RocksEngine.stopped();
      }
    }
  }
}
