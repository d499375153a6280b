package io.quorate.wal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32C;

/**
 * What is left of a batch that doesn't verify. Each record header verifies alone, and only in the
 * place that it was written to, so the intact ones tell which groups and indexes were in it.
 */
final class Remains {
  private final LogIndex index;
  private final CRC32C crc;
  private final Map<Long, Trace> traces = new TreeMap<>();
  private boolean found;
  private int batches;

  /** What intact headers say of a group. */
  private static final class Trace {
    long from = Long.MAX_VALUE;
    long to;
    boolean hardState;
    long term;
    long vote;

    void term(long seen, long itsVote) {
      if (seen > term) {
        term = seen;
        vote = itsVote;
      } else if (seen == term && itsVote != 0) {
        vote = itsVote;
      }
    }
  }

  Remains(LogIndex index, CRC32C crc) {
    this.index = index;
    this.crc = crc;
  }

  /**
   * Looks from where the log ends to the end of the segment, and gives the groups their holes.
   *
   * @param outline whether all headers of a batch there are intact; if not, any group may have been
   *     in it
   * @return whether anything there was written as a part of this log
   */
  boolean look(Segment segment, Window window, int end, boolean outline) throws IOException {
    for (int block = end; block < segment.size; block += Format.BLOCK) {
      int at = window.at(block, Format.BLOCK);
      if (at < 0) {
        break;
      }
      if (Format.isBatch(crc, window.buffer(), at, segment.mask(block))) {
        found = true;
        batches++;
      }
      for (int i = 0; i < Format.BLOCK; i += 8) {
        if (window.buffer().getShort(at + i) == Format.RECORD_MAGIC) {
          record(segment, window, block + i);
          at = window.at(block, Format.BLOCK);
        }
      }
    }
    if (found) {
      leaveHoles(outline);
    }
    return found;
  }

  private void record(Segment segment, Window window, int offset) throws IOException {
    int at = window.at(offset, Format.RECORD_HEADER);
    if (at < 0 || !Format.isRecord(crc, window.buffer(), at, segment.mask(offset))) {
      return;
    }
    found = true;
    ByteBuffer in = window.buffer();
    long group = in.getLong(at + 16);
    long entry = in.getLong(at + 24);
    long term = in.getLong(at + 32);
    switch (in.get(at + 2)) {
      case Format.ENTRY -> {
        Trace trace = traces.computeIfAbsent(group, unseen -> new Trace());
        trace.from = Math.min(trace.from, entry);
        trace.to = Math.max(trace.to, entry);
        trace.term(term, 0);
      }
      case Format.MARK -> {
        Trace trace = traces.computeIfAbsent(group, unseen -> new Trace());
        trace.to = Math.max(trace.to, entry);
        trace.hardState = true;
        trace.term(term, 0);
      }
      case Format.HARD_STATE -> {
        Trace trace = traces.computeIfAbsent(group, unseen -> new Trace());
        trace.hardState = true;
        trace.term(term, entry);
      }
      case Format.CONFIGURATION ->
          traces.computeIfAbsent(group, unseen -> new Trace()).hardState = true;
      default -> {
        // What was rewritten is still where it was; the rest promises nothing to anybody.
      }
    }
  }

  private void leaveHoles(boolean outline) {
    boolean open = !outline || batches > 1;
    if (open) {
      for (GroupLog group : index.groups()) {
        traces.computeIfAbsent(group.group, unseen -> new Trace());
      }
    }
    traces.forEach((id, trace) -> leave(index.findOrCreate(id), trace, open));
  }

  private static void leave(GroupLog group, Trace trace, boolean open) {
    long from = Math.min(trace.from, group.lastIndex() + 1);
    long to = Math.max(trace.to, from - 1);
    boolean hardState = trace.hardState || open;
    boolean unknown = open;
    Trace seen = new Trace();
    seen.term(trace.term, trace.vote);
    Hole before = group.hole;
    if (before != null) {
      from = Math.min(from, before.from());
      to = Math.max(to, before.to());
      hardState |= before.hardState();
      unknown |= before.open();
      seen.term(before.term(), before.vote());
    }
    group.exists = true;
    group.hole = new Hole(from, to, unknown, hardState, seen.term, seen.vote);
  }
}
