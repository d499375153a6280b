package io.quorate.wal;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Applies the records of a log to the groups, in the log's order, and believes none that doesn't
 * follow from those before.
 *
 * <p>Segments that are gone took entries with them. What is still needed of these has been
 * rewritten further on, so an entry may be known from a segment's state before it is seen; at the
 * end none may be missing.
 *
 * <p>Unless there was damage. Where batches can't be read, every group is unsure: entries may have
 * come or gone, and the rest may have changed. What comes next makes it sure again, for each batch
 * begins with what the one before did ({@link Format}): a state, a confirmation, or an entry, whose
 * rolling hash holds for all before it. What is then known to have been there, and isn't, is
 * missing.
 */
final class Replay {
  private final LogIndex index;
  private byte[] scratch = new byte[4096];

  /** Entries whose hash could not be checked when they came, since the one before was missing. */
  private final List<Unchecked> unchecked = new ArrayList<>();

  /** Whether any batch could not be read. */
  private boolean damaged;

  /** Whether groups may be unsure, and the numbers of the batches that made them so. */
  private boolean open;

  private long gapFrom;
  private long gapTo;

  private record Unchecked(GroupLog group, long index) {}

  Replay(LogIndex index) {
    this.index = index;
  }

  /** These batches were there, and at least a part of them can't be read. */
  void gap(long from, long to) {
    damaged = true;
    gapFrom = open ? gapFrom : from;
    gapTo = to;
    open = true;
    for (GroupLog group : index.groups()) {
      group.entriesUnsure = true;
      group.restUnsure = true;
    }
  }

  /** Another segment, which begins with the groups' states. */
  void segmentBegins() {
    for (GroupLog group : index.groups()) {
      group.mentioned = false;
    }
  }

  /** A batch was read as a whole: it said all that the one before it did. */
  void whole(long number) {
    if (open && gapFrom == gapTo && number == gapFrom + 1) {
      allSure();
    }
  }

  /** A segment's states were read as a whole: no other group is there. */
  @Nullable String states(boolean first) {
    for (GroupLog group : index.groups()) {
      if (group.exists && !group.mentioned && !first) {
        if (!damaged) {
          return "group %d from before is missing".formatted(group.group);
        }
        index.remove(group);
      }
      group.mentioned = false;
    }
    allSure();
    return null;
  }

  private void allSure() {
    open = false;
    for (GroupLog group : index.groups()) {
      group.entriesUnsure = false;
      group.restUnsure = false;
    }
  }

  /** Whether there was anything that could not be read. */
  boolean damaged() {
    return damaged;
  }

  /**
   * Takes note of an entry whose header is intact, and whose payload isn't.
   *
   * @return what is wrong with it; null if nothing is
   */
  @Nullable String lost(ByteBuffer in, int at) {
    damaged = true;
    long entry = in.getLong(at + 24);
    GroupLog group = find(in.getLong(at + 16), Format.ENTRY, entry);
    if (group == null) {
      return "nothing before it mentions the group";
    }
    group.exists = true;
    String wrong = place(group, entry);
    if (wrong == null) {
      long term = in.getLong(at + 32);
      long hash = in.getLong(at + 40);
      group.append(entry, GroupLog.MISSING_BUT_KNOWN, 0, term, hash, index);
      group.entriesUnsure = false;
    }
    return wrong;
  }

  /**
   * Applies an intact record.
   *
   * @param first whether its segment is the log's oldest
   * @return what is wrong with it; null if nothing is
   */
  @Nullable String apply(ByteBuffer in, int at, Segment segment, int offset, boolean first) {
    byte type = in.get(at + 2);
    int length = in.getInt(at + 8);
    long id = in.getLong(at + 16);
    long entry = in.getLong(at + 24);
    long term = in.getLong(at + 32);
    long hash = in.getLong(at + 40);
    int payload = at + Format.RECORD_HEADER;
    if (type == Format.STATE) {
      GroupState state = States.decode(id, entry, term, hash, in, payload, length);
      return state == null ? "the state makes no sense" : state(state, first);
    }
    GroupLog group = find(id, type, entry);
    if (group == null) {
      return type == Format.REWRITTEN ? null : "nothing before it mentions the group";
    }
    group.exists = true;
    return switch (type) {
      case Format.ENTRY -> {
        String wrong = place(group, entry);
        if (wrong == null) {
          wrong = check(group, entry, term, hash, in, at, length, damaged);
        }
        if (wrong == null) {
          long place = LogIndex.place(segment.sequence, offset);
          group.append(entry, place, length, term, hash, index);
          group.entriesUnsure = false;
        }
        yield wrong;
      }
      case Format.REWRITTEN -> {
        long place = LogIndex.place(segment.sequence, offset);
        yield group.move(entry, place, length, term, hash, index)
            // What was restored is right, and what is before it may be what it had overridden.
            ? check(group, entry, term, hash, in, at, length, /* trusted= */ true)
            : null;
      }
      case Format.CONFIRM -> confirm(group, entry, term, hash);
      case Format.HARD_STATE -> {
        if (term < group.term) {
          yield "term %d comes after term %d".formatted(term, group.term);
        }
        group.term = term;
        group.vote = entry;
        group.blob = States.bytes(in, payload, length);
        yield null;
      }
      case Format.CONFIGURATION -> {
        group.configuration = States.bytes(in, payload, length);
        yield null;
      }
      case Format.MARK -> {
        if (length < 8 || entry < 0) {
          yield "the snapshot mark makes no sense";
        }
        group.reset(entry, term, hash, index);
        group.generation = in.getLong(payload);
        group.configuration = States.bytes(in, payload + 8, length - 8);
        group.entriesUnsure = false;
        yield null;
      }
      case Format.TRIM -> trim(group, entry, term, hash);
      case Format.CUT -> {
        if (entry <= group.baseIndex || (entry > group.lastIndex() && !group.entriesUnsure)) {
          yield "cut from %d, outside of %d to %d"
              .formatted(entry, group.baseIndex, group.lastIndex());
        }
        group.truncateFrom(entry, index);
        group.expect(entry - 1);
        if (!group.known(entry - 1)
            || (group.contains(entry - 1)
                && (group.termAt(entry - 1) != term || group.hashAt(entry - 1) != hash))) {
          group.lose(entry - 1, term, hash, /* isKnown= */ true, index);
        }
        group.hole = group.holeAfterCut(entry);
        group.entriesUnsure = false;
        yield null;
      }
      case Format.HOLE_RESOLVED -> {
        group.hole = null;
        yield null;
      }
      case Format.REMOVED -> {
        index.remove(group);
        yield null;
      }
      default -> "record type %d is unknown".formatted(type);
    };
  }

  /** The group of a record, which may be its first; null if it can't be. */
  private @Nullable GroupLog find(long id, byte type, long entry) {
    GroupLog group = index.find(id);
    if (group == null && (mayCreate(type, entry) || (open && type != Format.REWRITTEN))) {
      group = index.findOrCreate(id);
      group.entriesUnsure = open;
      group.restUnsure = open;
    }
    return group;
  }

  private static boolean mayCreate(byte type, long entry) {
    return switch (type) {
      case Format.ENTRY -> entry == 1;
      case Format.HARD_STATE, Format.CONFIGURATION, Format.MARK -> true;
      default -> false;
    };
  }

  /** Sees to it that an entry has its place, if one can be where it says. */
  private static @Nullable String place(GroupLog group, long entry) {
    if (entry <= group.baseIndex || (entry > group.lastIndex() + 1 && !group.entriesUnsure)) {
      return "entry %d does not follow %d above %d"
          .formatted(entry, group.lastIndex(), group.baseIndex);
    }
    if (entry - group.lastIndex() > Integer.MAX_VALUE / 16) {
      return "entry %d is far above %d".formatted(entry, group.lastIndex());
    }
    group.expect(entry - 1);
    return null;
  }

  private @Nullable String trim(GroupLog group, long entry, long term, long hash) {
    if (entry <= group.baseIndex) {
      return null;
    }
    if (entry > group.lastIndex() && !group.entriesUnsure) {
      return "trimmed to %d, but the last entry is %d".formatted(entry, group.lastIndex());
    }
    if (!group.entriesUnsure
        && group.has(entry)
        && (group.hashAt(entry) != hash || group.termAt(entry) != term)) {
      return "trimmed to entry %d with another term or hash than it has".formatted(entry);
    }
    group.expect(entry);
    group.trimTo(entry, term, hash, index);
    return null;
  }

  private @Nullable String confirm(GroupLog group, long last, long term, long hash) {
    if (group.entriesUnsure) {
      return adoptLast(group, last, term, hash);
    }
    return group.lastIndex() == last && group.lastTerm() == term && group.lastHash() == hash
        ? null
        : "the log before ends at %d, and it says %d".formatted(group.lastIndex(), last);
  }

  /** The group's last entry is this one, whatever was seen. */
  private @Nullable String adoptLast(GroupLog group, long last, long term, long hash) {
    if (last < group.baseIndex || last - group.baseIndex > Integer.MAX_VALUE / 16) {
      return "the last entry can't be %d above %d".formatted(last, group.baseIndex);
    }
    group.truncateFrom(last + 1, index);
    group.expect(last);
    if (last == group.baseIndex) {
      return group.baseHash == hash ? null : "another hash at the log's base";
    }
    if (!group.known(last) || group.hashAt(last) != hash) {
      group.lose(last, term, hash, /* isKnown= */ true, index);
    }
    group.entriesUnsure = false;
    return null;
  }

  /**
   * Checks an entry against the one before it; later, if that is missing. Where something was lost
   * in between, it is the one before that isn't believed.
   *
   * @param trusted whether it is this one that counts, if they contradict each other
   */
  private @Nullable String check(
      GroupLog group,
      long entry,
      long term,
      long hash,
      ByteBuffer in,
      int at,
      int length,
      boolean trusted) {
    if (!group.known(entry - 1)) {
      unchecked.add(new Unchecked(group, entry));
      return null;
    }
    String wrong = follows(group, entry, term, hash, in, at, length);
    if (wrong != null && trusted && group.contains(entry - 1)) {
      group.lose(entry - 1, 0, 0, /* isKnown= */ false, index);
      return null;
    }
    return wrong;
  }

  private @Nullable String follows(
      GroupLog group, long entry, long term, long hash, ByteBuffer in, int at, int length) {
    if (term < group.termAt(entry - 1)) {
      return "term %d comes after term %d".formatted(term, group.termAt(entry - 1));
    }
    if (scratch.length < length) {
      scratch = new byte[Math.max(length, 2 * scratch.length)];
    }
    in.get(at + Format.RECORD_HEADER, scratch, 0, length);
    long expected = LogHash.next(group.hashAt(entry - 1), term, in.get(at + 3), scratch, 0, length);
    return hash == expected
        ? null
        : "the rolling hash is %016x, and the entries before make it %016x"
            .formatted(hash, expected);
  }

  private @Nullable String state(GroupState state, boolean first) {
    GroupLog group = index.find(state.group());
    if (group == null) {
      if (!first && !damaged && (state.lastIndex() > 0 || state.term() > 0)) {
        return "the segments before know nothing of the group";
      }
      group = index.findOrCreate(state.group());
      group.reset(state.baseIndex(), state.baseTerm(), state.baseHash(), index);
      group.entriesUnsure = true;
      group.restUnsure = true;
    }
    group.mentioned = true;
    group.exists = true;
    group.hole = state.hole(); // found by a start, and not by a record
    if (group.entriesUnsure || group.restUnsure) {
      return adopt(group, state);
    }
    return group.state().equals(state)
        ? null
        : "what is before makes it %s, and it says %s".formatted(group.state(), state);
  }

  /** The group is as it says, whatever was seen. */
  private @Nullable String adopt(GroupLog group, GroupState state) {
    if (state.baseIndex() < group.baseIndex || state.term() < group.term) {
      return "what is before makes it %s, and it says %s".formatted(group.state(), state);
    }
    group.term = state.term();
    group.vote = state.vote();
    group.blob = state.blob();
    group.configuration = state.configuration();
    group.generation = state.generation();
    if (state.baseIndex() > group.baseIndex) {
      group.expect(state.baseIndex());
      group.trimTo(state.baseIndex(), state.baseTerm(), state.baseHash(), index);
    }
    group.restUnsure = false;
    return adoptLast(group, state.lastIndex(), state.lastTerm(), state.lastHash());
  }

  /**
   * A group's last entry that is needed and nowhere to be found, though nothing was damaged: the
   * oldest segments are gone. Null if there is none.
   */
  @Nullable Damage missing(String directory) {
    for (GroupLog group : index.groups()) {
      if (!damaged && group.missing() > 0) {
        long last = group.lastMissing();
        return new Damage(directory, 0, group.group, last, "the entry is in no segment");
      }
    }
    return null;
  }

  /**
   * Checks what had to wait: each such entry, now that the one before is known. After damage, all
   * entries.
   */
  @Nullable Damage checkRest(EntrySource source) {
    if (damaged) {
      unchecked.clear();
      for (GroupLog group : index.groups()) {
        for (long i = group.lastIndex(); i > group.baseIndex; i--) {
          unchecked.add(new Unchecked(group, i));
        }
      }
    }
    for (Unchecked waiting : List.copyOf(unchecked)) {
      Damage wrong = check(waiting.group(), waiting.index(), source);
      if (wrong != null) {
        return wrong;
      }
    }
    return null;
  }

  private @Nullable Damage check(GroupLog group, long entry, EntrySource source) {
    if (index.find(group.group) != group
        || !group.contains(entry)
        || !group.has(entry)
        || !group.known(entry - 1)) {
      return null;
    }
    long place = group.place(entry);
    Segment segment = index.segmentOf(place);
    int offset = (int) place;
    String wrong = source.check(segment, offset, group.length(entry), group, entry);
    return wrong == null ? null : new Damage(segment.path, offset, group.group, entry, wrong);
  }

  /** Who is unsure to the end can't tell what it may have promised. */
  void leaveHoles() {
    for (GroupLog group : index.groups()) {
      if (group.restUnsure && group.lastTerm() > group.term) {
        // The term that was lost was no lower; whom the vote was for nobody knows.
        group.term = group.lastTerm();
        group.vote = 0;
      }
      if (group.entriesUnsure || group.restUnsure) {
        Hole old = group.hole;
        group.hole =
            new Hole(
                old == null ? group.lastIndex() + 1 : old.from(),
                Math.max(group.lastIndex(), old == null ? 0 : old.to()),
                /* open= */ true,
                /* hardState= */ true,
                old == null ? 0 : old.term(),
                old == null ? 0 : old.vote());
      }
    }
    allSure();
  }

  /** Reads an entry's record again and hands it to {@link #recheck}. */
  @FunctionalInterface
  interface EntrySource {
    @Nullable String check(Segment segment, int offset, int length, GroupLog group, long entry);
  }

  @Nullable String recheck(GroupLog group, long entry, ByteBuffer in, int at, int length) {
    return check(group, entry, group.termAt(entry), group.hashAt(entry), in, at, length, damaged);
  }
}
