package io.quorate.cli;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.client.Delete;
import io.quorate.client.Event;
import io.quorate.client.KeyValue;
import io.quorate.client.Op;
import io.quorate.client.Put;
import io.quorate.client.QuorateClient;
import io.quorate.client.Range;
import io.quorate.client.WatchEnd;
import io.quorate.client.WatchListener;
import io.quorate.client.WatchRequest;
import io.quorate.client.WatchResponse;
import io.quorate.client.Watcher;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Makes one cluster's keys and leases equal to another's, and keeps them so.
 *
 * <p>Two movements: a {@link #copy} makes the destination what the source is at one revision, by
 * reading both in the order of keys and writing where they differ, so that it costs little where
 * little is missing; {@link #follow} carries over what comes after, revision by revision. Whatever
 * goes wrong with following (a compaction above all) is put right by another copy.
 */
final class Migration {
  private static final int BATCH_BYTES_MAX = 1 << 20;
  private static final int OP_BYTES = 32;
  private static final int WATCH_RESPONSES_MAX = 16;
  private static final long TICK_MILLIS = 100;
  private static final long LOOK_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final QuorateClient source;
  private final QuorateClient target;
  private final MigrationTarget writes;
  private final LeaseMirror leases;
  private final Patience patience;
  private final MigrationProgress progress;
  private final Executor listeners;
  private final long opsMax;

  private volatile Point reached = new Point(0, 0);
  private final List<Op> batch = new ArrayList<>();
  private final Set<Bytes> batchKeys = new HashSet<>();
  private long batchBytes;
  private long batchRevision;
  private long written;
  private long deleted;
  private long changes;
  private long splitRevisions;

  /** Where the same keys are: a revision of the source, and one of the destination. */
  record Point(long source, long target) {}

  Migration(
      QuorateClient source,
      QuorateClient target,
      Patience patience,
      MigrationProgress progress,
      Executor listeners,
      long opsMax) {
    this.source = source;
    this.target = target;
    this.patience = patience;
    this.progress = progress;
    this.listeners = listeners;
    this.opsMax = opsMax;
    leases = new LeaseMirror(source.lease(), target.lease(), patience, () -> reached.source());
    writes = new MigrationTarget(target.kv(), patience, leases::grantAgain);
  }

  MigrationTarget writes() {
    return writes;
  }

  LeaseMirror leases() {
    return leases;
  }

  /** Keys that copies wrote. */
  long written() {
    return written;
  }

  /** Keys that copies deleted. */
  long deleted() {
    return deleted;
  }

  /** Changes that came by following. */
  long changes() {
    return changes;
  }

  /** Revisions that had more changes than a transaction of the destination takes. */
  long splitRevisions() {
    return splitRevisions;
  }

  /** Where the two were equal last. */
  Point reached() {
    return reached;
  }

  /** Makes the destination what the source is at one revision. */
  void copy() {
    while (true) {
      try {
        KeyScan from = new KeyScan("source", source.kv(), 0, patience);
        KeyScan to = new KeyScan("destination", target.kv(), 0, patience);
        progress.begin("copying", from.count());
        KeyPairs.each(
            from,
            to,
            (there, here) -> {
              if (patience.isOver()) {
                throw new Failure(
                    ExitCodes.INTERRUPTED, "interrupted while copying; the same command goes on");
              }
              copy(there, here);
            });
        flush();
        writes.drain();
        reached = new Point(from.revision(), Math.max(to.revision(), writes.revision()));
        return;
      } catch (QuorateException e) {
        if (e.code() != ErrorCode.REVISION_COMPACTED) {
          throw e;
        }
        flush();
        writes.drain();
        progress.tell("the revision that was read is compacted; going on at a newer one");
      }
    }
  }

  private void copy(@Nullable KeyValue there, @Nullable KeyValue here) {
    if (there == null) {
      if (here != null) {
        add(Delete.key(here.key()), here.key().length());
        deleted++;
      }
      return;
    }
    progress.advance(1);
    long lease = leases.here(there.lease());
    if (here == null || here.lease() != lease || !here.value().equals(there.value())) {
      add(Put.of(there.key(), there.value()).lease(lease), bytes(there));
      written++;
    }
  }

  private void add(Op op, int bytes) {
    if (!fits(1, bytes)) {
      flush();
    }
    batch.add(op);
    batchBytes += bytes + OP_BYTES;
  }

  private boolean fits(int ops, long bytes) {
    return batch.isEmpty()
        || (batch.size() + ops <= opsMax && batchBytes + bytes + OP_BYTES <= BATCH_BYTES_MAX);
  }

  private void flush() {
    if (!batch.isEmpty()) {
      writes.send(batch);
      batch.clear();
      batchKeys.clear();
      batchBytes = 0;
    }
  }

  private static int bytes(KeyValue kv) {
    return kv.key().length() + kv.value().length();
  }

  /**
   * Carries over what happens after the last point.
   *
   * @param untilCaughtUp whether to end when the destination is less than a second behind, and not
   *     only when the operator says stop
   * @return whether it ended so; if not, another {@link #copy} must be made first
   */
  boolean follow(boolean untilCaughtUp) {
    progress.beginFollowing();
    BlockingQueue<Object> heard = new ArrayBlockingQueue<>(WATCH_RESPONSES_MAX);
    Ear ear = new Ear(heard);
    Watcher watcher =
        source
            .watch()
            .start(WatchRequest.prefix(Bytes.EMPTY).from(reached.source() + 1), ear, listeners);
    try {
      long looked = System.nanoTime() - LOOK_NANOS;
      long head = 0;
      boolean last = false;
      while (true) {
        boolean stopping = patience.isOver();
        if (System.nanoTime() - looked >= LOOK_NANOS || (stopping && !last)) {
          head = patience.until("source", this::head);
          looked = System.nanoTime();
          last = stopping;
        }
        if ((untilCaughtUp || last) && reached.source() >= head) {
          return !leases.takeLost();
        }
        switch (heard.poll(TICK_MILLIS, TimeUnit.MILLISECONDS)) {
          case WatchResponse response -> {
            apply(response.events());
            if (heard.isEmpty()) {
              flushRevision();
            }
          }
          case WatchEnd end when end.code() == ErrorCode.REVISION_COMPACTED -> {
            flushRevision();
            progress.tell("the source has compacted what comes next; comparing all keys again");
            return false;
          }
          case WatchEnd end ->
              throw QuorateException.of(end.code(), "the source's watch: " + end.reason());
          case null, default -> {
            if (leases.takeLost()) {
              progress.tell("a lease ended at the destination; comparing all keys again");
              return false;
            }
          }
        }
        progress.reached(reached.source(), head);
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e); // nobody interrupts it
    } finally {
      ear.deaf = true;
      watcher.close();
    }
  }

  /** The source's newest revision. */
  long head() {
    return source.kv().range(Range.key(MigrationTarget.MARK)).header().revision();
  }

  private final class Ear implements WatchListener {
    private final BlockingQueue<Object> heard;
    private volatile boolean deaf;

    private Ear(BlockingQueue<Object> heard) {
      this.heard = heard;
    }

    @Override
    public void events(WatchResponse response) {
      pass(response);
    }

    @Override
    public void ended(WatchEnd end) {
      pass(end);
    }

    @Override
    public void interrupted(QuorateException why) {
      progress.tell("the source's watch: " + why.getMessage() + "; taking it up again");
    }

    /** Waits while the destination is behind, and the source is not read on meanwhile. */
    private void pass(Object what) {
      try {
        while (!deaf && !heard.offer(what, TICK_MILLIS, TimeUnit.MILLISECONDS)) {}
      } catch (InterruptedException e) {
        throw new IllegalStateException(e); // nobody interrupts it
      }
    }
  }

  private void apply(List<Event> events) {
    int from = 0;
    while (from < events.size()) {
      int to = from;
      long revision = events.get(from).kv().modRevision();
      while (to < events.size() && events.get(to).kv().modRevision() == revision) {
        to++;
      }
      revision(revision, events.subList(from, to));
      from = to;
    }
  }

  /** What one revision did is done at once here, maybe together with what others did. */
  private void revision(long revision, List<Event> events) {
    long bytes = 0;
    boolean again = false;
    for (Event event : events) {
      bytes += bytes(event.kv()) + OP_BYTES;
      again |= batchKeys.contains(event.kv().key());
    }
    if (again || !fits(events.size(), bytes)) {
      flushRevision();
    }
    boolean split = events.size() > opsMax || bytes > BATCH_BYTES_MAX;
    if (split && events.size() > 1) {
      splitRevisions++;
    }
    for (Event event : events) {
      KeyValue kv = event.kv();
      if (kv.key().equals(MigrationTarget.MARK)) {
        continue;
      }
      add(
          switch (event.kind()) {
            case PUT -> Put.of(kv.key(), kv.value()).lease(leases.here(kv.lease()));
            case DELETE -> Delete.key(kv.key());
          },
          bytes(kv));
      batchKeys.add(kv.key());
      changes++;
      progress.advance(1);
    }
    batchRevision = revision;
    if (split) {
      flushRevision(); // parts of it are under way, and the next may be about the same keys
    }
  }

  private void flushRevision() {
    flush();
    writes.drain();
    if (batchRevision > reached.source()) {
      reached = new Point(batchRevision, Math.max(reached.target(), writes.revision()));
    }
  }

  /** Compares both sides at the last point; null if one of them has compacted it meanwhile. */
  @Nullable Comparison compare() {
    Point at = reached;
    try {
      KeyScan from = new KeyScan("source", source.kv(), at.source(), patience);
      KeyScan to = new KeyScan("destination", target.kv(), at.target(), patience);
      progress.begin("comparing", from.count());
      Comparison comparison = new Comparison(leases, progress);
      KeyPairs.each(from, to, comparison);
      return comparison;
    } catch (QuorateException e) {
      if (e.code() != ErrorCode.REVISION_COMPACTED) {
        throw e;
      }
      progress.tell("the revision to compare at is compacted; taking a newer one");
      return null;
    }
  }
}
