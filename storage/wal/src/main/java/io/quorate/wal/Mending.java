package io.quorate.wal;

import io.quorate.base.Bytes;
import io.quorate.base.Checks;
import io.quorate.base.QuorateException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Brings a damaged log back to what it was ("Protocol-Aware Recovery for Consensus-Based Storage",
 * FAST 2018). What a log lacks it knows by its hash, so that whoever has it can supply it, and
 * nobody can supply anything else.
 *
 * <p>What stages belongs to the log's thread, and takes effect with {@link Wal#sync}; what only
 * tells may be called by any thread. Throws as {@link Wal} does.
 */
public final class Mending {
  private final Wal wal;
  private final LogIndex index;

  Mending(Wal wal, LogIndex index) {
    this.wal = wal;
    this.index = index;
  }

  /**
   * The highest entry of a group that is missing, since it was found damaged; 0 if none is. The
   * entries above it tell its hash. Any thread.
   */
  public long missing(long group) {
    index.lock.lock();
    try {
      GroupLog log = index.find(group);
      return log == null ? 0 : log.lastMissing();
    } finally {
      index.lock.unlock();
    }
  }

  /** The lowest entry of a group that is missing; 0 if none is. Any thread. */
  public long firstMissing(long group) {
    index.lock.lock();
    try {
      GroupLog log = index.find(group);
      if (log != null && log.missing() > 0) {
        for (long i = log.baseIndex + 1; i <= log.lastIndex(); i++) {
          if (!log.has(i)) {
            return i;
          }
        }
      }
      return 0;
    } finally {
      index.lock.unlock();
    }
  }

  /** The last index below one whose term and hash are known; the base's always are. Any thread. */
  public long knownBelow(long group, long entry) {
    index.lock.lock();
    try {
      GroupLog log = index.find(group);
      if (log == null) {
        return 0;
      }
      long i = Math.min(entry - 1, log.lastIndex());
      while (i > log.baseIndex && !log.known(i)) {
        i--;
      }
      return i;
    } finally {
      index.lock.unlock();
    }
  }

  /** A group as it stands; null if the log has none of that number. Any thread. */
  public @Nullable GroupState state(long group) {
    index.lock.lock();
    try {
      GroupLog log = index.find(group);
      return log == null ? null : log.state();
    } finally {
      index.lock.unlock();
    }
  }

  /**
   * Hands a group to a visitor as opening the log does. Any thread, as long as nothing is staged
   * for the group meanwhile.
   */
  public void recall(long group, WalVisitor visitor) {
    GroupState state = state(group);
    if (state != null) {
      visitor.group(state);
      wal.deliver(state, visitor);
    }
  }

  /**
   * Reads all entries of a group that are here, and tells which can't be read any more. Any thread;
   * it takes as long as the disk does.
   */
  public List<Long> unreadable(long group) {
    List<Long> found = new ArrayList<>();
    GroupState state = state(group);
    long next = state == null ? 1 : state.baseIndex() + 1;
    long end = state == null ? 0 : state.lastIndex();
    while (next <= end) {
      try {
        long read = wal.read(group, next, end + 1, 1 << 20, (at, term, kind, payload, hash) -> {});
        next = Math.max(read, next + 1); // what is missing already is passed over
      } catch (QuorateException.Corrupt damaged) {
        found.add(next++);
      }
    }
    return found;
  }

  /**
   * An entry that a read found damaged counts as missing from now on, until it is restored; it
   * keeps its term and its hash.
   */
  public void lose(long group, long entry) {
    GroupLog log = begin(group);
    if (log != null && log.contains(entry) && log.has(entry)) {
      index.segmentOf(log.place(entry)).damaged = true;
      index.lose(log, entry, log.termAt(entry), log.hashAt(entry), /* known= */ true);
    }
  }

  /**
   * What belongs at an index is the entry of this term and hash, as one says whose log decides. It
   * counts as missing, unless it is what is here: that another one is known here tells nothing, for
   * what overrode it may be lost.
   */
  public void pin(long group, long entry, long term, long hash) {
    GroupLog log = begin(group);
    if (log != null
        && log.contains(entry)
        && !(log.known(entry) && log.termAt(entry) == term && log.hashAt(entry) == hash)) {
      index.lose(log, entry, term, hash, /* known= */ true);
    }
  }

  /** As {@link Wal#trim}, by one who knows term and hash at the index, which may be missing. */
  public void trim(long group, long entry, long term, long hash) {
    GroupLog log = begin(group);
    if (log != null && log.contains(entry)) {
      wal.stageTrim(log, entry, term, hash);
    }
  }

  /**
   * Stages that the entries from an index on are gone: they were never agreed on. The one before it
   * must be known.
   */
  public void cut(long group, long entry) {
    GroupLog log = begin(group);
    if (log == null || !log.contains(entry)) {
      return;
    }
    Checks.that(log.known(entry - 1), "cut from %d, and %d is not known", entry, entry - 1);
    wal.begin(0, /* reserved= */ true);
    long term = log.termAt(entry - 1);
    long hash = log.hashAt(entry - 1);
    wal.batch().add(log, Format.CUT, (byte) 0, entry, term, hash, Bytes.EMPTY);
    log.stagedLast = entry - 1;
    log.stagedLastTerm = term;
    log.stagedLastHash = hash;
    log.stagedHole = log.holeAfterCut(entry);
  }

  /**
   * Whether a group's log agrees with a state at an index, whose hash is given: then what is behind
   * the index stays.
   */
  public boolean agrees(long group, long entry, long hash) {
    GroupLog log = begin(group);
    if (log != null && entry == log.baseIndex) {
      return log.baseHash == hash;
    }
    if (log == null || !log.contains(entry)) {
      return false;
    }
    if (log.known(entry)) {
      return log.hashAt(entry) == hash;
    }
    // It isn't the last, for that one is known; of the next one not even this can be told, maybe.
    return !log.has(entry + 1) || follows(log, entry, hash);
  }

  /**
   * Stages entries that were missing. The last one must be the one that {@link #missing} names, and
   * the one that was there: its hash is what the entries above say. Those before it follow from it.
   * That an entry and its hash belong together, the log that it comes from has checked; as soon as
   * the entry before it is here, this one does.
   *
   * @param previousHash the rolling hash at the index before the first of them, if it is known
   * @return how many of them, from the last one down, were missing or wrong and are staged now; 0
   *     if the last one isn't the one that was there
   */
  public int restore(long group, long previousHash, List<LogEntry> run) {
    GroupLog log = begin(group);
    if (log == null || run.getLast().index() != log.lastMissing() || !isRight(log, run.getLast())) {
      return 0;
    }
    int restored = 0;
    for (int i = run.size() - 1; i >= 0; i--) {
      LogEntry entry = run.get(i);
      long at = entry.index();
      if (!log.contains(at) || (log.has(at) && log.hashAt(at) == entry.hash())) {
        break;
      }
      stage(log, entry);
      restored++;
      long before = i == 0 ? previousHash : run.get(i - 1).hash();
      if (!follows(entry, before)) {
        // What is before it isn't known there, either. What is here may have been overridden.
        if (log.contains(at - 1) && log.known(at - 1) && !follows(entry, log.hashAt(at - 1))) {
          index.lose(log, at - 1, 0, 0, /* known= */ false);
        }
        break;
      }
      loseUnless(log, at - 1, before);
    }
    return restored;
  }

  private static boolean follows(LogEntry entry, long before) {
    return LogHash.next(before, entry.term(), entry.kind(), entry.payload()) == entry.hash();
  }

  /** Stages an entry whose hash is known to be right. */
  private void stage(GroupLog log, LogEntry entry) {
    long at = entry.index();
    loseUnless(log, at, entry.hash());
    wal.begin(entry.payload().length(), /* reserved= */ false);
    wal.batch()
        .add(log, Format.REWRITTEN, entry.kind(), at, entry.term(), entry.hash(), entry.payload());
  }

  /** What is known at an index was overridden, if its hash is another, and that was lost. */
  private void loseUnless(GroupLog log, long at, long hash) {
    if (log.contains(at) && log.known(at) && log.hashAt(at) != hash) {
      index.lose(log, at, 0, 0, /* known= */ false);
    }
  }

  /** Whether an entry is the one that was there, by what is known above it. */
  private boolean isRight(GroupLog log, LogEntry entry) {
    long at = entry.index();
    if (log.known(at)) {
      return log.hashAt(at) == entry.hash() && log.termAt(at) == entry.term();
    }
    return follows(log, at, entry.hash());
  }

  /** Whether the entry behind an index follows from a hash at it. */
  private boolean follows(GroupLog log, long at, long hash) {
    boolean[] follows = {false};
    wal.read(
        log.group,
        at + 1,
        at + 2,
        1,
        (above, term, kind, payload, its) ->
            follows[0] = LogHash.next(hash, term, kind, payload) == its);
    return follows[0];
  }

  private @Nullable GroupLog begin(long group) {
    wal.check();
    wal.sync();
    return index.find(group);
  }
}
