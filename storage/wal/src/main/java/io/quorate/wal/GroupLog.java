package io.quorate.wal;

import io.quorate.base.Bytes;
import io.quorate.base.Checks;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One group in memory: its durable state, where each of its entries is, and what is staged.
 *
 * <p>The durable part changes under {@link LogIndex}'s lock only; the staged part belongs to the
 * log's thread. An entry costs 28 bytes, in a ring that begins at the base.
 */
final class GroupLog {
  /** Place of an entry that is needed and isn't here; neither are its term and its hash known. */
  static final long MISSING = 0;

  /** The same, but its term and hash are known. */
  static final long MISSING_BUT_KNOWN = 1;

  final long group;

  /** Whether any of its records is durable. */
  boolean exists;

  long term;
  long vote;
  Bytes blob = Bytes.EMPTY;
  Bytes configuration = Bytes.EMPTY;
  long generation;
  @Nullable Hole hole;
  long baseIndex;
  long baseTerm;
  long baseHash = LogHash.EMPTY;

  private long[] places = new long[16];
  private int[] lengths = new int[16];
  private long[] terms = new long[16];
  private long[] hashes = new long[16];
  private int head;
  private int count;
  private int missing;

  /** While the log is being opened: entries may have come or gone that nothing has shown yet. */
  boolean entriesUnsure;

  /** While the log is being opened: anything else may have changed that nothing has shown yet. */
  boolean restUnsure;

  /** While the log is being opened: whether a segment's states have named it. */
  boolean mentioned;

  // Staged: the log's thread only.
  long stagedBase;
  long stagedBaseTerm;
  long stagedBaseHash;
  long stagedLast;
  long stagedLastTerm;
  long stagedLastHash;
  long stagedTerm;
  long stagedVote;
  long stagedGeneration;
  Bytes stagedBlob = Bytes.EMPTY;
  Bytes stagedConfiguration = Bytes.EMPTY;
  @Nullable Hole stagedHole;

  /** Lowest index staged and not yet synced. */
  long stagedFrom = Long.MAX_VALUE;

  int stagedStateBytes;

  /** What the batch that is being written does to it: see {@link Writer}. */
  byte touched;

  GroupLog(long group) {
    this.group = group;
  }

  long lastIndex() {
    return baseIndex + count;
  }

  long lastTerm() {
    return count == 0 ? baseTerm : terms[slot(lastIndex())];
  }

  long lastHash() {
    return count == 0 ? baseHash : hashes[slot(lastIndex())];
  }

  /** Whether term and hash of an index can be told. */
  boolean holds(long index) {
    return index == baseIndex || contains(index);
  }

  boolean contains(long index) {
    return index > baseIndex && index <= lastIndex();
  }

  long place(long index) {
    return places[slot(index)];
  }

  int length(long index) {
    return lengths[slot(index)];
  }

  /** The term at an index of the log or at its base. */
  long termAt(long index) {
    return index == baseIndex ? baseTerm : terms[slot(index)];
  }

  /** The hash at an index of the log or at its base. */
  long hashAt(long index) {
    return index == baseIndex ? baseHash : hashes[slot(index)];
  }

  /** Whether term and hash at an index are known. */
  boolean known(long index) {
    return index == baseIndex || places[slot(index)] != MISSING;
  }

  /** Whether an entry is here. */
  boolean has(long index) {
    return !isMissing(places[slot(index)]);
  }

  /** How many entries are needed and not here. */
  int missing() {
    return missing;
  }

  /** The last entry that is not here; 0 if all are. */
  long lastMissing() {
    for (long i = lastIndex(); missing > 0 && i > baseIndex; i--) {
      if (!has(i)) {
        return i;
      }
    }
    return 0;
  }

  static boolean isMissing(long place) {
    return place == MISSING || place == MISSING_BUT_KNOWN;
  }

  /** Makes room for entries up to an index of which nothing is known. */
  void expect(long index) {
    while (lastIndex() < index) {
      add(MISSING, 0, 0, 0);
    }
  }

  /** An entry is not what was thought to be there, or can't be read. */
  void lose(long index, long itsTerm, long hash, boolean isKnown, LogIndex segments) {
    segments.release(place(index), length(index));
    replace(index, isKnown ? MISSING_BUT_KNOWN : MISSING, 0, itsTerm, hash);
  }

  void add(long place, int length, long itsTerm, long hash) {
    if (count == places.length) {
      grow();
    }
    missing += isMissing(place) ? 1 : 0;
    int slot = (head + count) & (places.length - 1);
    places[slot] = place;
    lengths[slot] = length;
    terms[slot] = itsTerm;
    hashes[slot] = hash;
    count++;
  }

  void replace(long index, long place, int length, long itsTerm, long hash) {
    int slot = slot(index);
    missing += (isMissing(place) ? 1 : 0) - (isMissing(places[slot]) ? 1 : 0);
    places[slot] = place;
    lengths[slot] = length;
    terms[slot] = itsTerm;
    hashes[slot] = hash;
  }

  /** Takes an entry that was appended: it ends the log. */
  void append(long index, long place, int length, long itsTerm, long hash, LogIndex segments) {
    truncateFrom(index, segments);
    Checks.that(index == lastIndex() + 1, "append at %d, last is %d", index, lastIndex());
    add(place, length, itsTerm, hash);
    if (!isMissing(place)) {
      segments.retain(place, length);
    }
  }

  /**
   * Takes note that an entry has moved; one that is no longer in the log, or is another one by now,
   * stays where it is.
   *
   * @return whether it was noted
   */
  boolean move(long index, long place, int length, long itsTerm, long hash, LogIndex segments) {
    if (!contains(index) || (known(index) && (termAt(index) != itsTerm || hashAt(index) != hash))) {
      return false;
    }
    segments.release(place(index), length(index));
    replace(index, place, length, itsTerm, hash);
    segments.retain(place, length);
    return true;
  }

  /** Lets the entries from an index on go. */
  void truncateFrom(long index, LogIndex segments) {
    for (long i = lastIndex(); i >= index; i--) {
      segments.release(place(i), length(i));
      missing -= has(i) ? 0 : 1;
      count--;
    }
  }

  /** What is left open when the entries from an index on are gone, which never counted. */
  @Nullable Hole holeAfterCut(long entry) {
    Hole before = hole;
    if (before == null || before.open()) {
      return before;
    }
    return entry <= before.from() && !before.hardState()
        ? null
        : new Hole(
            Math.min(entry, before.from()),
            Math.min(before.to(), entry - 1),
            /* open= */ false,
            before.hardState(),
            before.term(),
            before.vote());
  }

  /** Lets the entries up to an index go; it becomes the base. */
  void trimTo(long index, long itsTerm, long hash, LogIndex segments) {
    Checks.that(index > baseIndex && index <= lastIndex(), "trim to %d", index);
    while (baseIndex < index) {
      segments.release(places[head], lengths[head]);
      missing -= isMissing(places[head]) ? 1 : 0;
      head = (head + 1) & (places.length - 1);
      count--;
      baseIndex++;
    }
    baseTerm = itsTerm;
    baseHash = hash;
  }

  /** Lets all entries go; the log begins above an index. */
  void reset(long index, long itsTerm, long hash, LogIndex segments) {
    truncateFrom(baseIndex + 1, segments);
    baseIndex = index;
    baseTerm = itsTerm;
    baseHash = hash;
  }

  /** What is staged is what is durable. */
  void stageAsDurable() {
    stagedBase = baseIndex;
    stagedBaseTerm = baseTerm;
    stagedBaseHash = baseHash;
    stagedLast = lastIndex();
    stagedLastTerm = lastTerm();
    stagedLastHash = lastHash();
    stagedTerm = term;
    stagedVote = vote;
    stagedGeneration = generation;
    stagedBlob = blob;
    stagedConfiguration = configuration;
    stagedHole = hole;
  }

  /** The group as it will be when all that is staged is durable. */
  GroupState stagedState() {
    return new GroupState(
        group,
        stagedTerm,
        stagedVote,
        stagedBlob,
        stagedConfiguration,
        stagedBase,
        stagedBaseTerm,
        stagedBaseHash,
        stagedGeneration,
        stagedLast,
        stagedLastTerm,
        stagedLastHash,
        stagedHole);
  }

  GroupState state() {
    return new GroupState(
        group,
        term,
        vote,
        blob,
        configuration,
        baseIndex,
        baseTerm,
        baseHash,
        generation,
        lastIndex(),
        lastTerm(),
        lastHash(),
        hole);
  }

  private int slot(long index) {
    Checks.that(contains(index), "index=%d base=%d last=%d", index, baseIndex, lastIndex());
    return (head + (int) (index - baseIndex - 1)) & (places.length - 1);
  }

  private void grow() {
    int capacity = places.length;
    places = unwind(places, head, 2 * capacity);
    terms = unwind(terms, head, 2 * capacity);
    hashes = unwind(hashes, head, 2 * capacity);
    int[] wider = Arrays.copyOfRange(lengths, head, head + 2 * capacity);
    System.arraycopy(lengths, 0, wider, capacity - head, head);
    lengths = wider;
    head = 0;
  }

  private static long[] unwind(long[] ring, int head, int capacity) {
    long[] wider = Arrays.copyOfRange(ring, head, head + capacity);
    System.arraycopy(ring, 0, wider, ring.length - head, head);
    return wider;
  }
}
