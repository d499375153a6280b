package io.quorate.node;

import io.quorate.base.Bytes;
import io.quorate.base.Limits;
import io.quorate.wal.LogEntry;
import java.util.ArrayList;
import java.util.List;

/**
 * What a member's log has of an entry that another one's lacks.
 *
 * @param index the entry that was asked for
 * @param outcome whether it is here
 * @param leaderTerm the term that the answering member leads, if it has committed an entry of it;
 *     else 0
 * @param previousIndex the last index before those of the entries, or before the one that isn't
 *     here, of which more is known here
 * @param previousTerm its term, if the entry isn't here
 * @param previousHash the rolling hash at it
 * @param entries some that end with the one that was asked for; none if it isn't here
 */
record RepairAnswer(
    long index,
    Outcome outcome,
    long leaderTerm,
    long previousIndex,
    long previousTerm,
    long previousHash,
    List<LogEntry> entries) {
  /** Whether an entry is here. */
  enum Outcome {
    /** Here it is. */
    FOUND(0),
    /** The log has another one there, or ends before it. */
    LACKS(1),
    /** The log begins after it. */
    COMPACTED(2),
    /** It was here, or another one, and is damaged. */
    DAMAGED(3),
    /** The log has lost its end, which may have had it: it isn't here, and won't be. */
    GONE(4);

    private final int code;

    Outcome(int code) {
      this.code = code;
    }

    private static Outcome of(int code) throws FrameReader.Malformed {
      for (Outcome each : values()) {
        if (each.code == code) {
          return each;
        }
      }
      throw new FrameReader.Malformed("unknown outcome " + code);
    }
  }

  /** Kind, term, hash and length in front of each payload. */
  private static final int ENTRY_HEAD_BYTES = 21;

  RepairAnswer {
    entries = List.copyOf(entries);
  }

  /** What it tells of who gave it if the last entry isn't the one that was asked for. */
  RepairAnswer withoutLast() {
    int count = entries.size();
    LogEntry before = count > 1 ? entries.get(count - 2) : null;
    return new RepairAnswer(
        index,
        Outcome.LACKS,
        leaderTerm,
        index - 1,
        before == null ? previousTerm : before.term(),
        before == null ? previousHash : before.hash(),
        List.of());
  }

  Bytes encode(FrameWriter out, long group) {
    out.begin(FrameType.REPAIR_ANSWER, group)
        .u64(index)
        .u8(outcome.code)
        .u64(leaderTerm)
        .u64(previousIndex)
        .u64(previousTerm)
        .u64(previousHash)
        .u32(entries.size());
    for (LogEntry entry : entries) {
      out.u8(entry.kind()).u64(entry.term()).u64(entry.hash()).bytes(entry.payload());
    }
    return out.toBytes();
  }

  static RepairAnswer decode(FrameReader in) throws FrameReader.Malformed {
    long index = in.u64();
    Outcome outcome = Outcome.of(in.u8());
    long leaderTerm = in.u64();
    long previousIndex = in.u64();
    long previousTerm = in.u64();
    long previousHash = in.u64();
    int count = in.count(ENTRY_HEAD_BYTES);
    if (count > Limits.APPEND_ENTRIES_MAX || count > index) {
      throw new FrameReader.Malformed("a repair of " + count + " entries");
    }
    List<LogEntry> entries = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      byte kind = (byte) in.u8();
      long term = in.u64();
      long hash = in.u64();
      entries.add(new LogEntry(index - count + 1 + i, term, kind, in.bytes(), hash));
    }
    in.end();
    boolean fits =
        outcome == Outcome.FOUND
            ? count > 0 && previousIndex == index - count
            : count == 0 && previousIndex >= 0 && previousIndex < index;
    if (!fits) {
      throw new FrameReader.Malformed(
          outcome + " of " + count + " entries up to " + index + ", after " + previousIndex);
    }
    return new RepairAnswer(
        index, outcome, leaderTerm, previousIndex, previousTerm, previousHash, entries);
  }
}
