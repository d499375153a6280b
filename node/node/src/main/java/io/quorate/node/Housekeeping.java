package io.quorate.node;

import io.quorate.base.Checks;
import io.quorate.base.Limits;
import io.quorate.engine.Engine;
import io.quorate.engine.RowBatch;
import io.quorate.engine.RowView;
import io.quorate.kv.CompactionJob;
import io.quorate.machine.Machine;
import io.quorate.raft.Rare;
import java.util.ArrayList;
import java.util.List;

/**
 * What a group does in the background: gives the log's head back once the engine has flushed what
 * it says, and releases the space of what was compacted. Used on the loop; the work itself runs on
 * a reader.
 */
final class Housekeeping {
  /** A compaction whose caller waits for the space. */
  private record Waiting(long revision, Barrier barrier) {}

  private final GroupReplica replica;
  private final Node node;
  private final List<Waiting> waiting = new ArrayList<>();
  private final RowBatch deletes = new RowBatch();

  private long nextTrim = Long.MAX_VALUE;
  private long trimmedApplied;
  private boolean compacting;
  private boolean closed;

  /** The compaction whose space has been released. */
  private long released = -1;

  Housekeeping(GroupReplica replica, Node node) {
    this.replica = replica;
    this.node = node;
  }

  /** When {@link #tick} has something to do. */
  long nextDeadline() {
    return nextTrim;
  }

  /** After each turn's apply. */
  void turn(long now) {
    if (nextTrim == Long.MAX_VALUE && replica.applier().applied() != trimmedApplied) {
      nextTrim = now + Limits.TRIM_INTERVAL_NANOS;
    }
    compactIfNeeded();
  }

  void tick(long now) {
    if (now - nextTrim >= 0) {
      nextTrim = Long.MAX_VALUE;
      trim();
    }
  }

  /** Calls back when the space of the compaction at {@code revision} has been released. */
  void compacted(long revision, Barrier barrier) {
    if (revision <= released) {
      barrier.passed();
    } else {
      waiting.add(new Waiting(revision, barrier));
      compactIfNeeded();
    }
  }

  void refuseAll(Refusal why) {
    List<Waiting> all = List.copyOf(waiting);
    waiting.clear();
    for (Waiting each : all) {
      each.barrier().refused(why);
    }
  }

  void close() {
    closed = true;
  }

  private void trim() {
    Engine engine = replica.applier().engine();
    trimmedApplied = replica.applier().applied();
    long flushed = engine.flushedMark();
    long first = replica.core().firstIndex();
    long upTo = Math.min(flushed, trimmedApplied - node.settings().retainedEntries());
    if (upTo >= first) {
      replica.step(new Rare.Trim(upTo));
    } else if (node.wal().statistics().segmentBytes() > Limits.LOG_BYTES_UNFLUSHED_MAX) {
      engine.requestFlush();
    }
  }

  private void compactIfNeeded() {
    Machine machine = replica.applier().machine();
    if (compacting || closed || machine.compactedRevision() <= released) {
      return;
    }
    RowView view = replica.applier().engine().view();
    CompactionJob job = machine.compaction(view);
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
    node.read(
        () -> {
          deletes.clear();
          boolean done = job.step(Limits.COMPACTION_ROWS_MAX, deletes);
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
            finished(job.target());
            compactIfNeeded();
          } else {
            step(job, view, engine);
          }
        },
        () -> {
          view.close();
          compacting = false;
        });
  }

  private void finished(long revision) {
    Checks.that(revision >= released, "released %d after %d", revision, released);
    released = revision;
    List<Waiting> due = waiting.stream().filter(each -> each.revision() <= released).toList();
    waiting.removeAll(due);
    for (Waiting each : due) {
      each.barrier().passed();
    }
  }
}
