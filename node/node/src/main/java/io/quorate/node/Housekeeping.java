package io.quorate.node;

import io.quorate.base.Checks;
import io.quorate.base.Limits;
import io.quorate.engine.Engine;
import io.quorate.engine.EngineStatistics;
import io.quorate.engine.RowBatch;
import io.quorate.engine.RowView;
import io.quorate.kv.CompactionJob;
import io.quorate.machine.Machine;
import io.quorate.raft.RaftCore;
import io.quorate.wal.Hole;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a group does in the background: gives the log's head back once the engine has flushed what
 * it says, settles what was missing of its end, and releases the space of what was compacted. Used
 * on the loop; the work itself runs on a reader.
 */
final class Housekeeping {
  /** When a compaction goes on whose step failed. */
  private static final long RETRY_NANOS = 500_000_000L;

  /**
   * After a compaction, rows in memory are flushed if they are more than this part of the state.
   */
  private static final int WORTH_A_FLUSH = 8;

  /** A compaction whose caller waits for the space. */
  private record Waiting(long revision, long deadline, Barrier barrier) {}

  private final GroupReplica replica;
  private final Node node;
  private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();
  private final RowBatch deletes = new RowBatch();

  /** What the log is short of, until the others have filled it. */
  private @Nullable Hole hole;

  /** The last committed configuration, until a flush has been asked for that has it. */
  private long toKeep = Long.MAX_VALUE;

  /** Up to where the log is of no use, since it can't be read. */
  private long unreadableTo;

  private long nextTrim = Long.MAX_VALUE;
  private long trimmedApplied;
  private boolean compacting;
  private long retryAt = Long.MAX_VALUE;

  /** Whether a reader has the engine give back what it can. */
  private boolean reclaiming;

  /** Who hears when it has. */
  private List<Barrier> reclaimers = List.of();

  /** Who has asked meanwhile. */
  private final List<Barrier> nextReclaimers = new ArrayList<>();

  private boolean closed;

  /** The compaction whose space has been released. */
  private long released = -1;

  /** Whether that has just been: what is in memory may be worth a flush. */
  private boolean freed;

  Housekeeping(GroupReplica replica, Node node, @Nullable Hole hole) {
    this.replica = replica;
    this.node = node;
    this.hole = hole;
  }

  /** When {@link #tick} has something to do. */
  long nextDeadline() {
    return Math.min(nextTrim, retryAt);
  }

  /** How many callers wait for the space of a compaction. */
  int waiting() {
    return waiting.size();
  }

  /**
   * A configuration is committed: with it in the state on disk the next start knows that it is, and
   * takes no older one for the one in force.
   */
  void keep(long configurationIndex) {
    toKeep = configurationIndex;
  }

  /** After each turn's apply. */
  void turn(long now) {
    if (replica.applier().applied() >= toKeep) {
      toKeep = Long.MAX_VALUE;
      replica.applier().engine().requestFlush();
    }
    if (freed) {
      freed = false;
      flushIfWorthIt();
    }
    if (nextTrim == Long.MAX_VALUE && replica.applier().applied() != trimmedApplied) {
      boolean early = node.env().happens(Quirk.EARLY_TRIM);
      nextTrim = early ? now : now + Limits.TRIM_INTERVAL_NANOS;
    }
    compactIfNeeded();
  }

  void tick(long now) {
    if (now - nextTrim >= 0) {
      nextTrim = Long.MAX_VALUE;
      settleHole();
      trim();
    }
    if (retryAt != Long.MAX_VALUE && now - retryAt >= 0) {
      retryAt = Long.MAX_VALUE; // the turn that follows goes on
    }
    expire(now);
  }

  /** The engine gives back what it can, on a reader: see {@link Replica#reclaim}. */
  void reclaim(Barrier ended) {
    Refusal refusal =
        closed || replica.hasFailed()
            ? Refusal.STOPPED
            : nextReclaimers.size() >= Limits.WAITING_COMPACTIONS_MAX ? Refusal.OVERLOADED : null;
    if (refusal != null) {
      replica.answers().refused(ended, refusal);
      return;
    }
    nextReclaimers.add(ended);
    if (!reclaiming) {
      reclaimNow();
    }
  }

  private void reclaimNow() {
    reclaiming = true;
    reclaimers = List.copyOf(nextReclaimers);
    nextReclaimers.clear();
    Engine engine = replica.applier().engine();
    node.read(
        replica,
        () -> {
          engine.reclaim();
          return true;
        },
        _ -> reclaimed().forEach(replica.answers()::passed),
        () -> reclaimed().forEach(each -> replica.answers().refused(each, Refusal.OVERLOADED)));
  }

  private List<Barrier> reclaimed() {
    List<Barrier> all = reclaimers;
    reclaimers = List.of();
    reclaiming = false;
    if (!closed && !replica.hasFailed() && !nextReclaimers.isEmpty()) {
      reclaimNow();
    }
    return all;
  }

  /** Whose time is over hears so; the work goes on. All wait equally long, the oldest first. */
  private void expire(long now) {
    while (!waiting.isEmpty() && waiting.getFirst().deadline() - now <= 0) {
      replica.answers().refused(waiting.removeFirst().barrier(), Refusal.TIMED_OUT);
    }
  }

  /**
   * Calls back when the space of the compaction at {@code revision} has been released, or refuses:
   * at once if too many wait, else at {@code deadline}, when the group stops, or when the member
   * does.
   */
  void compacted(long revision, long deadline, Barrier barrier) {
    if (revision <= released) {
      barrier.passed();
    } else if (waiting.size() >= Limits.WAITING_COMPACTIONS_MAX) {
      barrier.refused(Refusal.OVERLOADED);
    } else {
      waiting.addLast(new Waiting(revision, deadline, barrier)); // the turn's end begins with it
    }
  }

  void refuseAll(Refusal why) {
    List<Barrier> all = new ArrayList<>(reclaimers);
    all.addAll(nextReclaimers);
    waiting.forEach(each -> all.add(each.barrier()));
    reclaimers = List.of();
    nextReclaimers.clear();
    waiting.clear();
    for (Barrier each : all) {
      replica.answers().refused(each, why);
    }
  }

  void close() {
    closed = true;
  }

  /**
   * What the log was short of is here again and committed: from the next start on, nobody is held
   * back for it. Where nothing shows what was lost, the core says when it can't matter any more.
   */
  private void settleHole() {
    Hole open = hole;
    RaftCore core = replica.core();
    if (open == null || core.stableIndex() < open.to() || core.commitIndex() < open.to()) {
      return;
    }
    if (!core.holdsBack()) {
      node.log().batch().resolveHole(replica.group());
      hole = null;
    }
  }

  private void trim() {
    Engine engine = replica.applier().engine();
    trimmedApplied = replica.applier().applied();
    long flushed = engine.flushedMark();
    long upTo = Math.min(flushed, trimmedApplied - node.settings().retainedEntries());
    if (unreadableTo >= replica.core().firstIndex()) {
      if (flushed >= unreadableTo) {
        replica.core().trimUnreadable(unreadableTo);
      } else {
        engine.requestFlush();
        nextTrim = node.env().loop().now() + Limits.TRIM_INTERVAL_NANOS;
      }
    }
    if (upTo >= replica.core().firstIndex()) {
      replica.core().trim(upTo);
    } else if (node.wal().statistics().segmentBytes() > Limits.LOG_BYTES_UNFLUSHED_MAX
        || node.env().happens(Quirk.EARLY_FLUSH)) {
      engine.requestFlush();
    }
  }

  /** The log up to an index, which is in the state, can't be read: the state takes its place. */
  void giveBack(long index) {
    unreadableTo = Math.max(unreadableTo, index);
    nextTrim = Math.min(nextTrim, node.env().loop().now());
    node.dirty(replica); // its timer
  }

  private void compactIfNeeded() {
    Machine machine = replica.applier().machine();
    if (compacting
        || closed
        || retryAt != Long.MAX_VALUE
        || machine.compactedRevision() <= released) {
      return;
    }
    RowView view = replica.applier().engine().view();
    CompactionJob job;
    try {
      job = machine.compaction(view);
    } catch (RuntimeException | Error e) {
      view.close();
      throw e;
    }
    if (job == null) {
      view.close();
      finished(machine.compactedRevision());
      return;
    }
    compacting = true;
    step(job, view, replica.applier().engine());
  }

  /** One bounded part of the work, then back to the loop: others want the reader too. */
  private void step(CompactionJob job, RowView view, Engine engine) {
    long generation = replica.hard().generation;
    int rows = node.env().happens(Quirk.SMALL_STEP) ? 1 : Limits.COMPACTION_ROWS_MAX;
    node.read(
        replica,
        () -> {
          deletes.clear();
          boolean done = job.step(rows, deletes);
          if (!deletes.isEmpty()) {
            engine.purge(deletes);
          }
          return done;
        },
        done -> {
          if (closed || replica.hasFailed() || generation != replica.hard().generation) {
            view.close();
            compacting = false;
          } else if (done) {
            view.close();
            compacting = false;
            freed = true;
            node.dirty(replica); // the turn that flushes
            finished(job.target());
            compactIfNeeded();
          } else {
            step(job, view, engine);
          }
        },
        () -> {
          view.close();
          compacting = false;
          retryAt = node.env().loop().now() + RETRY_NANOS;
          node.dirty(replica); // its timer
        });
  }

  /**
   * What a compaction deleted before it ever was on disk goes as it is flushed. Where that is a
   * small part of the whole, it can wait for its turn.
   */
  private void flushIfWorthIt() {
    Engine engine = replica.applier().engine();
    EngineStatistics now = engine.statistics();
    if (now.unflushedBytes() > now.diskBytes() / WORTH_A_FLUSH) {
      engine.requestFlush();
    }
  }

  private void finished(long revision) {
    Checks.that(revision >= released, "released %d after %d", revision, released);
    released = revision;
    List<Waiting> due = waiting.stream().filter(each -> each.revision() <= released).toList();
    waiting.removeIf(each -> each.revision() <= released);
    for (Waiting each : due) {
      replica.answers().passed(each.barrier());
    }
  }
}
