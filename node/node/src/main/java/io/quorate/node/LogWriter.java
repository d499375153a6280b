package io.quorate.node;

import io.quorate.base.QuorateException;
import io.quorate.wal.Wal;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jctools.queues.atomic.SpscUnboundedAtomicArrayQueue;

/**
 * Between the loop and the log: takes what each turn wants written, and has the log's thread make
 * it durable. The backlog sets the batch: whatever is handed over while one sync runs joins the
 * next.
 *
 * <p>{@link #batch} and {@link #submit} belong to the loop. Bounded by what the cores admit
 * uncommitted.
 */
final class LogWriter {
  private static final System.Logger LOG = System.getLogger(LogWriter.class.getName());

  private final Wal wal;
  private final Loop loop;
  private final Executor thread;
  private final Executor readers;
  private final Consumer<Throwable> failed;

  private final SpscUnboundedAtomicArrayQueue<LogBatch> submitted =
      new SpscUnboundedAtomicArrayQueue<>(64);
  private final SpscUnboundedAtomicArrayQueue<LogBatch> durable =
      new SpscUnboundedAtomicArrayQueue<>(64);
  private final Runnable drain = this::drain;
  private final Runnable announce = this::announce;

  private final AtomicBoolean preparing = new AtomicBoolean();

  private LogBatch open = new LogBatch();
  private int pooled;
  private final LogBatch[] pool = new LogBatch[16];

  /** Batches that were handed over and aren't known to be durable. Loop only. */
  private int underWay;

  /** Set once on the log's thread; nothing is written after it. */
  private boolean broken;

  /**
   * @param failed called on the loop when the log can't be written any more
   */
  LogWriter(Wal wal, Loop loop, Executor thread, Executor readers, Consumer<Throwable> failed) {
    this.wal = wal;
    this.loop = loop;
    this.thread = thread;
    this.readers = readers;
    this.failed = failed;
  }

  /** What this turn wants written. */
  LogBatch batch() {
    return open;
  }

  /** Whether anything is on its way to the disk. */
  boolean isIdle() {
    return underWay == 0 && open.isEmpty();
  }

  /** Hands over what the turn has gathered, if anything. */
  void submit() {
    if (open.isEmpty()) {
      return;
    }
    submitted.offer(open);
    underWay++;
    open = pooled > 0 ? pool[--pooled] : new LogBatch();
    thread.execute(drain);
  }

  private void drain() {
    if (broken || submitted.isEmpty()) {
      return;
    }
    try {
      int batches = 0;
      for (LogBatch batch = submitted.poll(); batch != null; batch = submitted.poll()) {
        batch.stage(wal);
        durable.offer(batch);
        batches++;
      }
      wal.sync();
      int count = batches;
      loop.execute(count == 1 ? announce : () -> announce(count));
      housekeep();
    } catch (QuorateException | Error e) {
      broken = true;
      loop.execute(() -> failed.accept(e));
    }
  }

  /** What the log wants done when nobody waits for it. */
  private void housekeep() {
    if (wal.wantsNextSegment() && preparing.compareAndSet(false, true)) {
      try {
        readers.execute(this::prepareNextSegment);
      } catch (RejectedExecutionException e) {
        // The readers are busy: asked again after the next sync.
        preparing.set(false);
      }
    }
    if (submitted.isEmpty()) {
      wal.maintain();
    }
  }

  private void prepareNextSegment() {
    try {
      wal.prepareNextSegment();
    } catch (QuorateException.Unavailable e) {
      // A full disk is no failure yet: the segment is made when it is needed, or that write fails.
      LOG.log(System.Logger.Level.WARNING, "no room for the next segment of the log", e);
    } catch (QuorateException e) {
      loop.execute(() -> failed.accept(e));
    } finally {
      preparing.set(false);
    }
  }

  private void announce() {
    announce(1);
  }

  private void announce(int count) {
    for (int i = 0; i < count; i++) {
      LogBatch batch = durable.poll();
      if (batch == null) {
        throw new IllegalStateException("fewer batches than were announced");
      }
      underWay--;
      batch.announce();
      batch.clear();
      if (pooled < pool.length) {
        pool[pooled++] = batch;
      }
    }
  }
}
