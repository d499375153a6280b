package io.quorate.node;

import io.quorate.base.ErrorCode;
import io.quorate.base.Limits;
import io.quorate.base.QuorateException;
import io.quorate.wal.Wal;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jctools.queues.atomic.SpscUnboundedAtomicArrayQueue;
import org.jspecify.annotations.Nullable;

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
  private final Env env;
  private final NodeMetrics metrics;
  private final Consumer<Boolean> fullChanged;

  private final SpscUnboundedAtomicArrayQueue<LogBatch> submitted =
      new SpscUnboundedAtomicArrayQueue<>(64);
  private final SpscUnboundedAtomicArrayQueue<LogBatch> durable =
      new SpscUnboundedAtomicArrayQueue<>(64);
  private final Runnable drain = this::drain;
  private final Runnable retry = this::retry;
  private final Runnable announce = this::announce;
  private final Runnable prepare = this::prepareNextSegment;

  private final AtomicBoolean preparing = new AtomicBoolean();

  /** Guarded by {@link #preparing}: once is enough. */
  private boolean saidNoRoom;

  /** The first batch that isn't wholly staged, since the disk is full. The log's thread only. */
  private @Nullable LogBatch stuck;

  /** How many batches are staged and not synced. The log's thread only. */
  private int staged;

  /** The last of those. The log's thread only. */
  private @Nullable LogBatch lastStaged;

  private boolean full;
  private boolean retrying;

  private LogBatch open = new LogBatch();
  private int pooled;
  private final LogBatch[] pool = new LogBatch[16];

  /** Batches that were handed over and aren't known to be durable. Loop only. */
  private int underWay;

  /** Set once on the log's thread; nothing is written after it. */
  private boolean broken;

  /**
   * @param env whose loop, log and readers it works on
   * @param metrics is told of each sync, on the loop
   * @param failed called on the loop when the log can't be written any more
   * @param fullChanged called on the loop when the disk is full, and when it no longer is
   */
  LogWriter(
      Wal wal,
      Env env,
      NodeMetrics metrics,
      Consumer<Throwable> failed,
      Consumer<Boolean> fullChanged) {
    this.metrics = metrics;
    this.wal = wal;
    this.env = env;
    this.loop = env.loop();
    this.thread = env.log();
    this.readers = env.readers();
    this.failed = failed;
    this.fullChanged = fullChanged;
  }

  /** What this turn wants written. */
  LogBatch batch() {
    return open;
  }

  /** Whether anything is on its way to the disk. */
  boolean isIdle() {
    return underWay == 0 && open.isEmpty();
  }

  /**
   * Whether something that was handed over before isn't on disk, for want of room. Log's thread.
   */
  boolean isStuck() {
    return stuck != null || staged > 0;
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
    if (broken || (stuck == null && staged == 0 && submitted.isEmpty())) {
      return;
    }
    try {
      if (!write()) {
        return;
      }
      int count = staged;
      staged = 0;
      loop.execute(count == 1 ? announce : () -> announce(count));
      housekeep();
    } catch (RuntimeException | Error e) {
      broken = true;
      loop.execute(() -> failed.accept(e));
    }
  }

  /**
   * Stages and syncs all that was handed over, or says that the disk is full: then it goes on later
   * where it stopped, for the log has lost nothing.
   */
  private boolean write() {
    try {
      for (LogBatch batch = next(); batch != null; batch = next()) {
        stuck = batch;
        batch.stage(wal);
        stuck = null;
        durable.offer(batch);
        lastStaged = batch;
        staged++;
        if (env.happens(Quirk.LONE_BATCH)) {
          wal.sync();
        }
      }
      long begun = loop.now();
      wal.sync();
      if (lastStaged != null) {
        lastStaged.synced(loop.now() - begun, staged);
        lastStaged = null;
      }
      tellFull(false);
      return true;
    } catch (QuorateException.Unavailable e) {
      if (e.code() != ErrorCode.DISK_FULL) {
        throw e;
      }
      tellFull(true);
      retryLater();
      return false;
    }
  }

  private void retryLater() {
    if (!retrying) {
      retrying = true;
      loop.execute(() -> loop.schedule(Limits.DISK_FULL_RETRY_NANOS, () -> thread.execute(retry)));
    }
  }

  private void retry() {
    retrying = false;
    drain();
  }

  private @Nullable LogBatch next() {
    return stuck != null ? stuck : submitted.poll();
  }

  private void tellFull(boolean isFull) {
    if (isFull != full) {
      full = isFull;
      loop.execute(() -> fullChanged.accept(isFull));
    }
  }

  /** What the log wants done when nobody waits for it. */
  private void housekeep() {
    if (wal.wantsNextSegment() && preparing.compareAndSet(false, true)) {
      goOnPreparing();
    }
    if (submitted.isEmpty()) {
      try {
        wal.maintain();
      } catch (QuorateException.Unavailable e) {
        // Tidying up can wait for room; what must be written says so itself.
        LOG.log(System.Logger.Level.WARNING, "the log can''t be tidied at present", e);
      }
    }
  }

  private void goOnPreparing() {
    try {
      readers.execute(prepare);
    } catch (RejectedExecutionException e) {
      // The readers are busy: asked again after the next sync.
      preparing.set(false);
    }
  }

  /** A part of the next segment; the rest a little later, for the disk is not ours alone. */
  private void prepareNextSegment() {
    try {
      switch (wal.prepareNextSegment(Limits.LOG_FILL_BYTES)) {
        case READY -> {
          saidNoRoom = false;
          preparing.set(false);
        }
        case AHEAD -> prepareMoreIn(Limits.LOG_FILL_NANOS);
        case BEHIND -> goOnPreparing();
      }
    } catch (QuorateException.Unavailable e) {
      if (e.code() != ErrorCode.DISK_FULL) {
        loop.execute(() -> failed.accept(e));
        return;
      }
      // No failure yet: the segment is made when it is needed, or that write fails.
      if (!saidNoRoom) {
        saidNoRoom = true;
        LOG.log(System.Logger.Level.WARNING, "no room for the next segment of the log", e);
      }
      prepareMoreIn(Limits.DISK_FULL_RETRY_NANOS);
    } catch (RuntimeException e) {
      loop.execute(() -> failed.accept(e));
    }
  }

  private void prepareMoreIn(long nanos) {
    loop.execute(() -> loop.schedule(nanos, this::goOnPreparing));
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
      batch.report(metrics);
      batch.announce();
      batch.clear();
      if (pooled < pool.length) {
        pool[pooled++] = batch;
      }
    }
  }
}
