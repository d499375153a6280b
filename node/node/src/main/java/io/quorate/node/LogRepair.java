package io.quorate.node;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.Limits;
import io.quorate.base.QuorateException;
import io.quorate.wal.LogEntry;
import io.quorate.wal.Mending;
import io.quorate.wal.Wal;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Gets from the peers what a group's log was found to lack, before the group begins: until then
 * this member is to the others as if it were down, and promises nothing.
 *
 * <p>It goes from the last missing entry down, since the entries above tell the hash of what was
 * there: whoever has an entry of that hash has the right one, whether it is a leader or itself
 * under repair. What is too old to be in any log is in the states: then one of them is fetched. An
 * entry that was never agreed on may be nowhere else. It is let go when every other voter's log is
 * known to be without it, or when a leader's is: whatever was committed before, a leader has.
 *
 * <p>Used on the loop; the log is changed on the log's thread.
 */
final class LogRepair implements SnapshotFetch.Listener {
  private static final System.Logger LOG = System.getLogger(LogRepair.class.getName());

  /** After so long without an answer the next peer is asked. */
  private static final long PATIENCE_NANOS = 500_000_000L;

  private final Node node;
  private final long group;
  private final HardState hard;
  private final long term;

  /** Whose word is needed to let an entry go. */
  private final long[] others;

  /**
   * Below, entries were durable that this member may have agreed on by itself: nobody else's lack
   * of them tells anything. What lies above it in the log's last batch was perhaps never written,
   * and is taken for torn, as with a group of one member.
   */
  private final long durableBelow;

  /** Whether nobody else votes: who isn't there need not be waited for. */
  private final boolean alone;

  private final long stateFrom;
  private final Runnable done;
  private final FrameWriter frames = new FrameWriter();

  private long wanted;
  private long wantedHash;

  /** Who has answered for the wanted entry, and doesn't have it. */
  private final TreeMap<Long, RepairAnswer> lacks = new TreeMap<>();

  /** Who has answered that it is damaged there as well. */
  private final TreeSet<Long> damagedToo = new TreeSet<>();

  /** Who has answered that it has trimmed it away. */
  private final TreeSet<Long> inStates = new TreeSet<>();

  /** Who was asked in this round. */
  private final TreeSet<Long> asked = new TreeSet<>();

  /** A state that is on its way here. */
  private record Offer(SnapshotFetch fetch, long index, long term, Bytes configuration) {}

  private @Nullable Offer offer;
  private long waitingFor;

  /** Whether the state is to be had from a peer, and whether that is all that is missing. */
  private boolean stateLost;

  private boolean wantsState;
  private boolean writing;
  private boolean over;
  private boolean told;
  private boolean toldFull;

  /** What was fetched before, and perhaps isn't let go yet. */
  private @Nullable SnapshotFetch last;

  /** The answer that is being tried. */
  private @Nullable RepairAnswer tried;

  private long triedFrom;

  /**
   * @param lacking what is known here of the group
   * @param done called when nothing is missing any more
   */
  LogRepair(Node node, GroupRecovery lacking, Runnable done) {
    this.node = node;
    this.group = lacking.group;
    this.hard = lacking.hard;
    this.term = hard.term;
    this.others = lacking.others();
    this.durableBelow = lacking.mayHaveDecidedAlone() ? lacking.tornFrom() : 0;
    this.alone = lacking.decidesAlone();
    this.stateFrom = lacking.stateFrom();
    this.stateLost = stateFrom >= 0;
    this.done = done;
  }

  void begin() {
    LOG.log(
        System.Logger.Level.WARNING,
        "group={0} lacks {1}: waiting for peers to supply it",
        group,
        stateLost ? "its state, which is damaged" : "entries of its log, which are damaged");
    look();
    watch();
  }

  /** What is missing, and who was asked for it in vain. */
  String waitsFor() {
    if (wanted == 0 || writing) {
      return "looking for what is missing";
    }
    if (wantsState) {
      return "the state, which is damaged: it comes from the first of the others that runs";
    }
    String what = "entry " + wanted + " of the log, which is damaged";
    if (lacks.isEmpty() && damagedToo.isEmpty() && inStates.isEmpty()) {
      return node.connectedPeers().isEmpty()
          ? what + ": start the other members"
          : "looking for " + what;
    }
    Set<Long> silent = new TreeSet<>();
    for (long other : others) {
      if (!lacks.containsKey(other) && !damagedToo.contains(other) && !inStates.contains(other)) {
        silent.add(other);
      }
    }
    return what
        + (damagedToo.isEmpty() ? "" : ", at members " + hex(damagedToo) + " too")
        + (lacks.isEmpty() ? "" : ", which members " + hex(lacks.keySet()) + " don't have")
        + (inStates.isEmpty() ? "" : ", which members " + hex(inStates) + " have in their states")
        + (!silent.isEmpty()
            ? ": start members " + hex(silent) + ", for one of them may have it"
            : !inStates.isEmpty()
                ? ": it comes as soon as one of these runs"
                : ": no other member has it, so only a copy of a directory or a backup may");
  }

  private static List<String> hex(Set<Long> members) {
    return members.stream().map(Long::toHexString).toList();
  }

  void close() {
    over = true;
    Offer open = offer;
    if (open != null) {
      open.fetch().end();
    }
  }

  /** Finds out what is missing now. */
  private void look() {
    writing = true;
    write(mending -> new long[] {mending.missing(group)});
  }

  /** What the log's thread is to do; in the end it says what is missing then. */
  private interface Work {
    /**
     * @return the last entry that is missing; or nothing, if what was tried was wrong
     */
    long[] on(Mending mending);
  }

  private void write(Work work) {
    Wal wal = node.wal();
    node.env()
        .log()
        .execute(() -> {
          try {
            long[] missing = work.on(wal.mending());
            wal.sync();
            long hash = missing.length == 0 ? 0 : wal.hash(group, missing[0]);
            node.env().loop().execute(() -> written(missing, hash));
          } catch (RuntimeException | Error e) {
            node.env().loop().execute(() -> failed(e));
          }
        });
  }

  /** A full disk is waited for: then it goes on from what the log has by then. */
  private boolean waitsForRoom(Throwable why) {
    if (!(why instanceof QuorateException.Unavailable full) || full.code() != ErrorCode.DISK_FULL) {
      return false;
    }
    if (!toldFull) {
      toldFull = true;
      LOG.log(
          System.Logger.Level.ERROR,
          "group={0} the disk is full: mending the log waits for room",
          group);
    }
    node.env()
        .loop()
        .schedule(
            Limits.DISK_FULL_RETRY_NANOS,
            () -> {
              if (!over && !node.isClosed()) {
                look();
              }
            });
    return true;
  }

  private void failed(Throwable why) {
    if (!over && !waitsForRoom(why)) {
      over = true;
      node.logFailed(why);
    }
  }

  private void written(long[] missing, long hash) {
    writing = false;
    if (over) {
      return;
    }
    RepairAnswer wrong = tried;
    tried = null;
    if (missing.length == 0 && wrong != null) {
      // Another entry than was here: it lacks the one that was.
      lacks(triedFrom, wrong.withoutLast());
      return;
    }
    wantsState = missing[0] == 0 && stateLost;
    if (missing[0] == 0 && !stateLost) {
      over = true;
      LOG.log(System.Logger.Level.INFO, "group={0} has its whole log again", group);
      done.run();
      return;
    }
    long next = wantsState ? Math.max(1, stateFrom) : missing[0];
    if (next != wanted) {
      wanted = next;
      lacks.clear();
      damagedToo.clear();
      inStates.clear();
    }
    wantedHash = hash;
    asked.clear();
    if (waitingFor != 0) {
      ask(waitingFor); // who had the last one probably has this one too
    } else {
      askNext();
    }
  }

  /** A peer has come: it may have what is missing. */
  void peerUp(long peer) {
    if (!over && !writing && wanted != 0 && waitingFor == 0 && offer == null) {
      ask(peer);
    }
  }

  private void askNext() {
    waitingFor = 0;
    if (over || writing || wanted == 0 || offer != null) {
      return;
    }
    for (long peer : node.connectedPeers()) {
      if (!asked.contains(peer)) {
        ask(peer);
        return;
      }
    }
  }

  private void ask(long peer) {
    asked.add(peer);
    waitingFor = peer;
    if (wantsState) {
      askForState(peer);
      return;
    }
    Bytes frame =
        frames.begin(FrameType.REPAIR_ASK, group).u64(term).u64(wanted).u64(wantedHash).toBytes();
    if (!node.env().transport().send(peer, Transport.Lane.CONSENSUS, frame, Bytes.EMPTY)) {
      waitingFor = 0;
    }
  }

  /** Whoever doesn't answer is passed over; when all were asked, the round begins again. */
  private void watch() {
    long before = waitingFor;
    long wantedBefore = wanted;
    node.env()
        .loop()
        .schedule(
            PATIENCE_NANOS,
            () -> {
              if (over || node.isClosed()) {
                return;
              }
              if (!writing && offer == null && wanted == wantedBefore && waitingFor == before) {
                if (asked.containsAll(node.connectedPeers())) {
                  asked.clear();
                }
                askNext();
                boolean nobodyIsThere = waitingFor == 0 && wanted != 0 && !wantsState;
                if (!(alone && nobodyIsThere && decide())) {
                  tellWhoIsAwaited();
                }
              }
              watch();
            });
  }

  private void tellWhoIsAwaited() {
    if (!told && waitingFor == 0 && !lacks.isEmpty()) {
      told = true;
      LOG.log(
          System.Logger.Level.WARNING,
          "group={0} index={1} is damaged here, and none of members {2} has it: the others must"
              + " come, for one of them may",
          group,
          Long.toString(wanted),
          lacks.keySet());
    }
  }

  void received(long from, FrameType type, FrameReader in) throws FrameReader.Malformed {
    switch (type) {
      case REPAIR_ANSWER -> answered(from, in);
      case REPAIR_STATE -> offered(from, in);
      case SNAPSHOT_PART -> {
        long snapshot = in.u64();
        int chunk = in.u32();
        Bytes part = in.bytes();
        in.end();
        Offer of = offer;
        if (of != null) {
          of.fetch().part(from, snapshot, chunk, part);
        }
      }
      case SNAPSHOT_GONE -> {
        long snapshot = in.u64();
        in.end();
        Offer of = offer;
        if (of != null) {
          of.fetch().gone(from, snapshot);
        }
      }
      default -> {
        // For the group, which hasn't begun.
      }
    }
  }

  private void answered(long from, FrameReader in) throws FrameReader.Malformed {
    RepairAnswer answer = RepairAnswer.decode(in);
    if (over || writing || offer != null || wantsState || answer.index() != wanted) {
      return;
    }
    switch (answer.outcome()) {
      case FOUND -> {
        writing = true;
        waitingFor = from;
        tried = answer;
        triedFrom = from;
        List<LogEntry> run = answer.entries();
        write(mending -> restore(mending, answer.previousHash(), run));
      }
      case LACKS, GONE -> lacks(from, answer);
      case COMPACTED -> {
        inStates.add(from);
        waitingFor = from;
        askForState(from);
      }
      case DAMAGED -> {
        lacks.remove(from);
        inStates.remove(from);
        damagedToo.add(from);
        askNext();
      }
    }
  }

  private long[] restore(Mending mending, long previousHash, List<LogEntry> run) {
    long index = run.getLast().index();
    if (mending.missing(group) == index) {
      try {
        if (mending.restore(group, previousHash, run) == 0) {
          return new long[0];
        }
      } catch (QuorateException.Corrupt damaged) {
        // The one above, by which it would have been known, has become unreadable too.
        mending.lose(group, index + 1);
      }
    }
    return missing(mending);
  }

  private void askForState(long peer) {
    Bytes frame = frames.begin(FrameType.REPAIR_STATE_ASK, group).u64(wanted).toBytes();
    node.env().transport().send(peer, Transport.Lane.CONSENSUS, frame, Bytes.EMPTY);
  }

  private void lacks(long from, RepairAnswer answer) {
    damagedToo.remove(from);
    inStates.remove(from);
    lacks.put(from, answer);
    if (!decide()) {
      askNext();
    }
  }

  // ---- a state instead -------------------------------------------------------------------------

  private void offered(long from, FrameReader in) throws FrameReader.Malformed {
    long snapshot = in.u64();
    long index = in.u64();
    long indexTerm = in.u64();
    Bytes configuration = in.bytes();
    in.end();
    SnapshotFetch before = last;
    if (over || writing || offer != null || index < wanted || (before != null && before.isBusy())) {
      return; // it is asked for again
    }
    SnapshotFetch fetch = new SnapshotFetch(node, group, from, snapshot, hard.generation + 1, this);
    last = fetch;
    offer = new Offer(fetch, index, indexTerm, configuration);
    fetch.begin();
  }

  /** The state is here: the log goes on from it, or keeps what is behind it. */
  @Override
  public void received(SnapshotFetch fetch) {
    Offer of = offer;
    if (of == null || of.fetch() != fetch || over) {
      return;
    }
    offer = null;
    stateLost = false;
    fetch.keep();
    hard.generation = fetch.generation();
    if (of.term() > hard.term) {
      hard.term = of.term();
      hard.vote = 0;
    }
    long itsTerm = hard.term;
    long vote = hard.vote;
    long newTerm = hard.term == term ? term + 1 : hard.term;
    Bytes blob = hard.blob();
    LOG.log(
        System.Logger.Level.INFO,
        "group={0} takes over a state from member={1}: index={2}",
        group,
        Long.toHexString(fetch.from()),
        Long.toString(of.index()));
    writing = true;
    write(mending -> {
      Wal wal = node.wal();
      if (mending.agrees(group, of.index(), fetch.logHash())) {
        wal.hardState(group, itsTerm, vote, blob);
        wal.configuration(group, of.configuration());
        mending.trim(group, of.index(), of.term(), fetch.logHash());
      } else {
        // As when an entry is let go: in a new term this member has promised nothing.
        wal.snapshotMark(
            group, of.index(), of.term(), fetch.logHash(), of.configuration(), fetch.generation());
        wal.hardState(group, newTerm, newTerm == itsTerm ? vote : 0, blob);
      }
      return missing(mending);
    });
  }

  @Override
  public void aborted(SnapshotFetch fetch) {
    Offer of = offer;
    if (of != null && of.fetch() == fetch) {
      offer = null;
      askNext();
    }
  }

  // ---- what was never agreed on ----------------------------------------------------------------

  /** After what was staged has been synced. */
  private long[] missing(Mending mending) {
    node.wal().sync();
    return new long[] {mending.missing(group)};
  }

  /** Lets the wanted entry go, if it can't have been agreed on. */
  private boolean decide() {
    for (RepairAnswer answer : lacks.values()) {
      if (answer.leaderTerm() >= term && answer.leaderTerm() > 0) {
        letGo(answer);
        return true;
      }
    }
    if (wanted < durableBelow) {
      return false;
    }
    @Nullable RepairAnswer latest = null;
    for (long other : others) {
      RepairAnswer answer = lacks.get(other);
      if (answer == null && alone && !node.connectedPeers().contains(other)) {
        continue;
      }
      if (answer == null || !node.conversations().isKnown(other, group, hard)) {
        return false;
      }
      if (latest == null
          || isLater(
              answer.previousTerm(),
              answer.previousIndex(),
              latest.previousTerm(),
              latest.previousIndex())) {
        latest = answer;
      }
    }
    if (latest == null && !alone) {
      return false;
    }
    letGo(latest);
    return true;
  }

  /** Whether a log that ends with the one is ahead of one that ends with the other (paper, 5.4). */
  private static boolean isLater(long term, long index, long otherTerm, long otherIndex) {
    return term > otherTerm || (term == otherTerm && index > otherIndex);
  }

  /**
   * @param answer what is known of what was before it; null if nobody is there who would know
   */
  private void letGo(@Nullable RepairAnswer answer) {
    writing = true;
    long from = wanted;
    if (hard.term == term) {
      // What was acknowledged in the old term the peers may remember, and miss it. In a new one
      // this member has promised nothing.
      hard.term++;
      hard.vote = 0;
    }
    long itsTerm = hard.term;
    Bytes blob = hard.blob();
    write(mending -> {
      node.wal().hardState(group, itsTerm, 0, blob);
      long last = mending.knownBelow(group, from);
      if (answer != null
          && isLater(
              answer.previousTerm(), answer.previousIndex(), node.wal().term(group, last), last)) {
        // What was before it here nobody knows: what is known may have been overridden within the
        // part that is lost. Of two that say something, the later log counts.
        last = answer.previousIndex();
        mending.pin(group, last, answer.previousTerm(), answer.previousHash());
      }
      mending.cut(group, last + 1);
      return missing(mending);
    });
    LOG.log(
        System.Logger.Level.WARNING,
        "group={0} index={1}: the entry was damaged before it was agreed on, and is let go",
        group,
        Long.toString(from));
  }

  /** What waits for an answer of a peer that is gone waits no more. */
  void peerDown(long peer) {
    lacks.remove(peer);
    damagedToo.remove(peer);
    inStates.remove(peer);
    asked.remove(peer);
    Offer of = offer;
    if (of != null && of.fetch().from() == peer) {
      of.fetch().end();
      offer = null;
    }
    if (waitingFor == peer && !writing) {
      askNext();
    }
  }
}
