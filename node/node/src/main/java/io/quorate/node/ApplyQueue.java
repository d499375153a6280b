package io.quorate.node;

import io.quorate.base.Bytes;
import java.util.List;

/**
 * What is committed and durable here, on its way into the state: a bounded part in each turn, from
 * the cache or, if it isn't there any more, from the log.
 *
 * <p>Used on the loop.
 */
final class ApplyQueue {
  /** Entries applied in one turn, and their bytes: heartbeats and calls must not wait for more. */
  private static final int ENTRIES_MAX = 2_000;

  private static final long BYTES_MAX = 1 << 20;

  private final GroupReplica replica;
  private final Node node;
  private final Applier applier;
  private final EntryCache entries;

  /** The last entry that may be applied. */
  private long applicable;

  private boolean readingLog;

  ApplyQueue(GroupReplica replica, Node node, Applier applier, EntryCache entries) {
    this.replica = replica;
    this.node = node;
    this.applier = applier;
    this.entries = entries;
    this.applicable = applier.applied();
  }

  /** All up to {@code index} is committed and durable here. */
  void applicable(long index) {
    applicable = index;
  }

  /** Another state has taken the place of the former one. */
  void replaced() {
    applicable = Math.max(applicable, applier.applied());
  }

  /** Applies what a turn may hold, unless another state is being put in its place. */
  void turn(long now) {
    if (readingLog || replica.isSwitching() || applier.applied() >= applicable) {
      return;
    }
    long first = applier.applied() + 1;
    if (!entries.holds(first)) {
      readLog(first);
      return;
    }
    int most = node.env().happens(Quirk.SHORT_APPLY) ? 1 : ENTRIES_MAX;
    long last = Math.min(applicable, first + most - 1);
    long bytes = 0;
    for (long i = first; i <= last && bytes < BYTES_MAX; i++) {
      Bytes payload = entries.payload(i);
      bytes += payload.length();
      applier.apply(i, entries.term(i), entries.kind(i), payload, entries.hash(i));
    }
    finishBatch(now);
  }

  private void finishBatch(long now) {
    List<MemberInfo> published = applier.takePublished();
    applier.finish();
    for (MemberInfo member : published) {
      node.published(member);
    }
    long applied = applier.applied();
    replica.core().applied(now, applied);
    entries.mayDrop(Math.min(applied, replica.core().stableIndex()), replica.core().supplied());
    if (applied < applicable) {
      node.dirty(replica);
    }
  }

  /** Brings entries that are no longer cached back from the log, to be applied. */
  private void readLog(long first) {
    readingLog = true;
    long last = Math.min(applicable, first + ENTRIES_MAX - 1);
    node.read(
        replica,
        () -> {
          LogRun run = new LogRun();
          node.wal().read(replica.group(), first, last + 1, BYTES_MAX, run);
          return run;
        },
        this::applyRun,
        () -> {
          readingLog = false;
          replica.retryLater();
        });
  }

  private void applyRun(LogRun run) {
    readingLog = false;
    if (replica.hasFailed() || replica.isSwitching()) {
      return;
    }
    try {
      for (int i = 0; i < run.size(); i++) {
        // A snapshot may have come in between, or the entries may be cached again.
        if (run.index(i) == applier.applied() + 1 && run.index(i) <= applicable) {
          applier.apply(run.index(i), run.term(i), run.kind(i), run.payload(i), run.hash(i));
        }
      }
      finishBatch(node.env().loop().now());
      node.dirty(replica);
    } catch (RuntimeException | Error e) {
      replica.fail(e);
    }
  }
}
