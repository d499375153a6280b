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
 */
final class Replay {
  private final LogIndex index;
  private byte[] scratch = new byte[4096];

  /** Entries whose hash could not be checked when they came, since the one before was missing. */
  private final List<Unchecked> unchecked = new ArrayList<>();

  private record Unchecked(GroupLog group, long index) {}

  Replay(LogIndex index) {
    this.index = index;
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
    GroupLog group = index.find(id);
    if (group == null && mayCreate(type, entry)) {
      group = index.findOrCreate(id);
    }
    if (group == null) {
      return type == Format.REWRITTEN ? null : "nothing before it mentions the group";
    }
    group.exists = true;
    return switch (type) {
      case Format.ENTRY -> {
        if (entry <= group.baseIndex || entry > group.lastIndex() + 1) {
          yield "entry %d does not follow %d above %d"
              .formatted(entry, group.lastIndex(), group.baseIndex);
        }
        String wrong = check(group, entry, term, hash, in, at, length);
        if (wrong == null) {
          long place = LogIndex.place(segment.sequence, offset);
          group.append(entry, place, length, term, hash, index);
        }
        yield wrong;
      }
      case Format.REWRITTEN -> {
        long place = LogIndex.place(segment.sequence, offset);
        yield group.move(entry, place, length, term, hash, index)
            ? check(group, entry, term, hash, in, at, length)
            : null;
      }
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
        yield null;
      }
      case Format.TRIM -> trim(group, entry, term, hash);
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

  private static boolean mayCreate(byte type, long entry) {
    return switch (type) {
      case Format.ENTRY -> entry == 1;
      case Format.HARD_STATE, Format.CONFIGURATION, Format.MARK -> true;
      default -> false;
    };
  }

  private @Nullable String trim(GroupLog group, long entry, long term, long hash) {
    if (entry <= group.baseIndex) {
      return null;
    }
    if (entry > group.lastIndex()) {
      return "trimmed to %d, but the last entry is %d".formatted(entry, group.lastIndex());
    }
    if (group.known(entry) && (group.hashAt(entry) != hash || group.termAt(entry) != term)) {
      return "trimmed to entry %d with another term or hash than it has".formatted(entry);
    }
    group.trimTo(entry, term, hash, index);
    return null;
  }

  /** Checks an entry against the one before it; later, if that is missing. */
  private @Nullable String check(
      GroupLog group, long entry, long term, long hash, ByteBuffer in, int at, int length) {
    if (!group.known(entry - 1)) {
      unchecked.add(new Unchecked(group, entry));
      return null;
    }
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
      if (!first && (state.lastIndex() > 0 || state.term() > 0)) {
        return "the segments before know nothing of the group";
      }
      group = index.findOrCreate(state.group());
      group.term = state.term();
      group.vote = state.vote();
      group.blob = state.blob();
      group.configuration = state.configuration();
      group.generation = state.generation();
      group.reset(state.baseIndex(), state.baseTerm(), state.baseHash(), index);
      for (long i = state.baseIndex() + 1; i < state.lastIndex(); i++) {
        group.add(GroupLog.MISSING, 0, 0, 0);
      }
      if (state.lastIndex() > state.baseIndex()) {
        group.add(GroupLog.MISSING_BUT_KNOWN, 0, state.lastTerm(), state.lastHash());
      }
    } else {
      group.hole = state.hole();
      if (!group.state().equals(state)) {
        return "the segments before make it %s, and it says %s".formatted(group.state(), state);
      }
    }
    group.exists = true;
    group.hole = state.hole();
    return null;
  }

  /** The first entry that is needed and nowhere to be found; null if there is none. */
  @Nullable Damage missing(String directory) {
    for (GroupLog group : index.groups()) {
      for (long i = group.baseIndex + 1; i <= group.lastIndex(); i++) {
        if (group.place(i) == GroupLog.MISSING || group.place(i) == GroupLog.MISSING_BUT_KNOWN) {
          return new Damage(directory, 0, group.group, i, "the entry is in no segment");
        }
      }
    }
    return null;
  }

  /** Checks what had to wait: each such entry, now that the one before is known. */
  @Nullable Damage checkRest(EntrySource source) {
    for (Unchecked waiting : unchecked) {
      GroupLog group = waiting.group();
      long entry = waiting.index();
      if (index.find(group.group) != group || !group.contains(entry)) {
        continue;
      }
      long place = group.place(entry);
      Segment segment = index.segmentOf(place);
      int offset = (int) place;
      int length = group.length(entry);
      String wrong = source.check(segment, offset, length, group, entry);
      if (wrong != null) {
        return new Damage(segment.path, offset, group.group, entry, wrong);
      }
    }
    return null;
  }

  /** Reads an entry's record again and hands it to {@link #recheck}. */
  @FunctionalInterface
  interface EntrySource {
    @Nullable String check(Segment segment, int offset, int length, GroupLog group, long entry);
  }

  @Nullable String recheck(GroupLog group, long entry, ByteBuffer in, int at, int length) {
    return check(group, entry, group.termAt(entry), group.hashAt(entry), in, at, length);
  }
}
