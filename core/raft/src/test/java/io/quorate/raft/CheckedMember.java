package io.quorate.raft;

import io.quorate.base.Checks;
import io.quorate.base.Hash64;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A core with the least shell that there can be: payloads in memory, a disk that finishes writes
 * one by one, and messages that wait for them. Part of a {@link CheckedWorld}; once a step on it is
 * over, it never changes, so that worlds share it.
 */
final class CheckedMember implements Effects {
  static final int INDEX_MAX = 12;
  private static final long CONTACT = 0;
  static final long LATER = 1_000_000;

  /** A write that isn't durable yet. */
  @SuppressWarnings("ArrayRecordComponent") // never compared, never changed
  private record Write(
      long seq,
      long first,
      long[] terms,
      long[] values,
      Configuration[] configurations,
      long term,
      long vote,
      long snapshotIndex,
      long snapshotTerm,
      @Nullable ConfigurationAt snapshotConfiguration,
      boolean keepSuffix) {}

  private record Held(long afterIo, Envelope envelope) {}

  final long id;
  private final RaftSettings settings;
  private final SafetyRules rules;
  RaftCore core;

  // What the log holds, in memory: by index.
  final long[] values = new long[INDEX_MAX];
  final Configuration[] configurations = new Configuration[INDEX_MAX];

  // What is on the disk.
  long diskTerm;
  long diskVote;
  long diskBase;
  long diskBaseTerm;
  ConfigurationAt diskBaseConfiguration;
  long diskLast;
  final long[] diskTerms = new long[INDEX_MAX];
  final long[] diskValues = new long[INDEX_MAX];
  final Configuration[] diskConfigurations = new Configuration[INDEX_MAX];

  // What it acknowledged and lost: an entry, and what its recovery makes of that.
  private long lostIndex;
  private long lostTerm;
  private long lostValue;
  private long floorTerm;
  private long floorIndex;

  // Its disk before the batch that was written last, and what it was before it lost that one.
  private Image beforeBatch;
  private @Nullable Image forgotten;
  private final boolean remembers;

  /** What a disk holds. */
  @SuppressWarnings("ArrayRecordComponent") // never compared, never changed
  private record Image(
      long term,
      long vote,
      long last,
      long[] terms,
      long[] values,
      Configuration[] configurations) {}

  private List<Write> writes = new ArrayList<>();
  private List<Held> held = new ArrayList<>();
  Rare.@Nullable SnapshotReceived fetching;

  // What a step leaves behind, taken by the world at its end.
  final List<Envelope> out = new ArrayList<>();
  final List<Long> readIndexes = new ArrayList<>();
  private long needsSnapshot;
  private Envelope handling;
  boolean readOpen;
  long hash;

  /**
   * @param remembers whether it keeps what was on its disk before the last batch, to lose that
   */
  CheckedMember(
      long id,
      RaftSettings settings,
      SafetyRules rules,
      Configuration founding,
      boolean remembers) {
    this.remembers = remembers;
    this.id = id;
    this.settings = settings;
    this.rules = rules;
    this.diskBaseConfiguration = new ConfigurationAt(0, founding);
    java.util.Arrays.fill(configurations, Configuration.EMPTY);
    java.util.Arrays.fill(diskConfigurations, Configuration.EMPTY);
    this.beforeBatch = image();
    this.handling = Envelope.ack(0, 0, 0);
    this.core = RaftCore.create(settings, rules, RecoveredState.founding(founding), 1, LATER, this);
  }

  CheckedMember(CheckedMember that) {
    id = that.id;
    settings = that.settings;
    rules = that.rules;
    System.arraycopy(that.values, 0, values, 0, INDEX_MAX);
    System.arraycopy(that.configurations, 0, configurations, 0, INDEX_MAX);
    diskTerm = that.diskTerm;
    diskVote = that.diskVote;
    diskBase = that.diskBase;
    diskBaseTerm = that.diskBaseTerm;
    diskBaseConfiguration = that.diskBaseConfiguration;
    diskLast = that.diskLast;
    System.arraycopy(that.diskTerms, 0, diskTerms, 0, INDEX_MAX);
    System.arraycopy(that.diskValues, 0, diskValues, 0, INDEX_MAX);
    System.arraycopy(that.diskConfigurations, 0, diskConfigurations, 0, INDEX_MAX);
    lostIndex = that.lostIndex;
    lostTerm = that.lostTerm;
    lostValue = that.lostValue;
    floorTerm = that.floorTerm;
    floorIndex = that.floorIndex;
    remembers = that.remembers;
    beforeBatch = that.beforeBatch;
    forgotten = that.forgotten;
    writes = new ArrayList<>(that.writes);
    held = new ArrayList<>(that.held);
    fetching = that.fetching;
    readOpen = that.readOpen;
    handling = that.handling;
    core = that.core.copy(this);
  }

  // ---- steps
  // -------------------------------------------------------------------------------------

  void deliver(Envelope envelope) {
    handling = envelope;
    envelope.deliver(core, CONTACT, LATER);
  }

  boolean propose(long value) {
    long index = core.lastIndex() + 1;
    if (core.propose(LATER, 1) != Admission.ADMITTED) {
      return false;
    }
    values[(int) index] = value;
    configurations[(int) index] = Configuration.EMPTY;
    return true;
  }

  /** The end of each step: the turn is flushed, and what that brings about is done at once. */
  void settle(boolean syncWrites) {
    flush();
    while (syncWrites && !writes.isEmpty()) {
      completeAll();
      flush();
    }
    out.addAll(release());
  }

  private void flush() {
    core.flush(LATER);
    while (needsSnapshot != 0) {
      long peer = needsSnapshot;
      needsSnapshot = 0;
      long index = core.appliedIndex();
      core.step(
          LATER,
          new Rare.SnapshotReady(
              peer,
              100 * core.term() + index,
              index,
              core.termAt(index),
              core.configurationAt(index)));
      core.flush(LATER);
    }
  }

  void completeOne() {
    keepImage();
    Write write = writes.removeFirst();
    execute(write);
    core.durable(LATER, write.seq());
  }

  private void keepImage() {
    if (remembers) {
      beforeBatch = image();
    }
  }

  private Image image() {
    return new Image(
        diskTerm,
        diskVote,
        diskLast,
        diskTerms.clone(),
        diskValues.clone(),
        diskConfigurations.clone());
  }

  private void completeAll() {
    keepImage();
    long seq = writes.getLast().seq();
    writes.forEach(this::execute);
    writes.clear();
    core.durable(LATER, seq);
  }

  /** The process ends and starts again; of the pending writes, the first few made it. */
  void crash(int survivingWrites) {
    for (int i = 0; i < survivingWrites; i++) {
      execute(writes.get(i));
    }
    writes.clear();
    held.clear();
    fetching = null;
    readOpen = false;
    RecoveredState state =
        new RecoveredState()
            .state(diskTerm, diskVote)
            .base(diskBase, diskBaseTerm, diskBaseConfiguration)
            .progress(diskBase, diskBase)
            .voteFloor(floorTerm, floorIndex);
    if (forgotten != null) {
      state.promisesLost();
    }
    for (int i = (int) diskBase + 1; i <= diskLast; i++) {
      state.entry(i, diskTerms[i], 1);
      values[i] = diskValues[i];
      configurations[i] = diskConfigurations[i];
      if (!diskConfigurations[i].equals(Configuration.EMPTY)) {
        state.configuration(i, diskConfigurations[i]);
      }
    }
    core = RaftCore.create(settings, rules, state, 1, LATER, this);
  }

  boolean mayLose() {
    return diskLast > diskBase;
  }

  /**
   * The process ends and starts again, and finds that its log's last entry is damaged: it knows
   * that there was one, and no longer which.
   */
  void lose() {
    lostIndex = diskLast;
    lostTerm = diskTerms[(int) diskLast];
    lostValue = diskValues[(int) diskLast];
    diskLast--;
    floorTerm =
        diskTerm; // the term of what is left would be too low: what is lost may be of a later
    floorIndex = lostIndex;
    crash(0);
  }

  boolean mayForget() {
    return diskTerm != beforeBatch.term()
        || diskVote != beforeBatch.vote()
        || diskLast != beforeBatch.last()
        || !java.util.Arrays.equals(diskTerms, beforeBatch.terms());
  }

  /**
   * The process ends and starts again, and finds that the last batch of its log is damaged and its
   * outline gone: there was one, of term, vote and entries or of any of them.
   */
  void forget() {
    forgotten = image();
    diskTerm = beforeBatch.term();
    diskVote = beforeBatch.vote();
    diskLast = beforeBatch.last();
    System.arraycopy(beforeBatch.terms(), 0, diskTerms, 0, INDEX_MAX);
    System.arraycopy(beforeBatch.values(), 0, diskValues, 0, INDEX_MAX);
    System.arraycopy(beforeBatch.configurations(), 0, diskConfigurations, 0, INDEX_MAX);
    crash(0);
  }

  /** Whether another's presence could still tell it what it can have promised. */
  boolean listens(CheckedMember other) {
    return forgotten != null && !core.s.lost.knows(other.id);
  }

  /** Another has presented itself, with the term that is on its disk. */
  void hear(CheckedMember other) {
    core.heard(LATER, other.id, other.diskTerm);
  }

  void receiveSnapshot() {
    Rare.SnapshotReceived received = fetching;
    fetching = null;
    if (received != null) {
      core.step(LATER, received);
    }
  }

  int pendingWrites() {
    return writes.size();
  }

  private void execute(Write write) {
    if (write.snapshotConfiguration() != null) {
      diskBase = write.snapshotIndex();
      diskBaseTerm = write.snapshotTerm();
      diskBaseConfiguration = write.snapshotConfiguration();
      if (!write.keepSuffix()) {
        diskLast = diskBase;
      }
    } else if (write.terms().length > 0) {
      for (int i = 0; i < write.terms().length; i++) {
        int index = (int) write.first() + i;
        diskTerms[index] = write.terms()[i];
        diskValues[index] = write.values()[i];
        diskConfigurations[index] = write.configurations()[i];
        diskLast = index;
      }
    } else {
      diskTerm = write.term();
      diskVote = write.vote();
    }
  }

  /** Whether the disk holds the entry, or has held it and knows that it did. */
  boolean onDisk(long index, long term, long value) {
    return index <= diskBase
        || (index == lostIndex && term == lostTerm && value == lostValue)
        || (forgotten != null
            && index <= forgotten.last()
            && forgotten.terms()[(int) index] == term
            && forgotten.values()[(int) index] == value)
        || (index <= diskLast
            && diskTerms[(int) index] == term
            && diskValues[(int) index] == value);
  }

  /** Whether, by what their disks hold, the other one would vote for this one. */
  boolean diskIsUpToDateFor(CheckedMember other) {
    return SafetyRules.RAFT.upToDate(diskLastTerm(), diskLast, other.diskLastTerm(), other.diskLast)
        && SafetyRules.RAFT.reachesFloor(
            diskLastTerm(), diskLast, other.floorTerm, other.floorIndex)
        && (other.forgotten == null || !other.core.s.lost.holdBack());
  }

  private long diskLastTerm() {
    return diskLast == diskBase ? diskBaseTerm : diskTerms[(int) diskLast];
  }

  private List<Envelope> release() {
    List<Envelope> released = new ArrayList<>();
    List<Held> still = new ArrayList<>();
    for (Held each : held) {
      if (core.s.stability.isDurable(each.afterIo())) {
        checkDurable(each.envelope());
        released.add(each.envelope());
      } else {
        still.add(each);
      }
    }
    held = still;
    return released;
  }

  /** What a message promises must be on the disk when it leaves. */
  private void checkDurable(Envelope envelope) {
    if (envelope.ack && envelope.words[0] == core.term()) {
      long match = envelope.words[2];
      for (long i = diskBase + 1; i <= match; i++) {
        Checks.that(
            i <= diskLast && diskTerms[(int) i] == core.termAt(i),
            "acknowledged %d, on disk up to %d",
            match,
            diskLast);
      }
      Checks.that(
          diskTerm >= envelope.words[0],
          "acknowledged in term=%d on disk=%d",
          envelope.words[0],
          diskTerm);
    }
    if (envelope.message instanceof Message.VoteReply(long term, Ballot ballot)
        && ballot != Ballot.REFUSED) {
      Checks.that(
          diskTerm > term || (diskTerm == term && diskVote == envelope.to),
          "vote in term=%d on disk term=%d vote=%d",
          term,
          diskTerm,
          diskVote);
    }
    if (envelope.message instanceof Message.VoteRequest request) {
      Checks.that(
          diskTerm > request.term() || (diskTerm == request.term() && diskVote == id),
          "candidate in term=%d on disk=%d",
          request.term(),
          diskTerm);
    }
  }

  // ---- effects
  // -----------------------------------------------------------------------------------

  @Override
  public void writeEntries(long ioSeq, long firstIndex, long lastIndex) {
    int count = (int) (lastIndex - firstIndex + 1);
    long[] terms = new long[count];
    long[] written = new long[count];
    Configuration[] changes = new Configuration[count];
    // Entries of an append that is being handled come from it; the own ones are there already.
    if (handling.values.length > 0 && !core.s.leads()) {
      for (int i = 0; i < count; i++) {
        int at = (int) (firstIndex + i - handling.words[1] - 1);
        if (at >= 0 && at < handling.values.length) {
          values[(int) firstIndex + i] = handling.values[at];
          configurations[(int) firstIndex + i] =
              handling.configuration == null ? Configuration.EMPTY : handling.configuration;
        }
      }
    }
    for (int i = 0; i < count; i++) {
      terms[i] = core.termAt(firstIndex + i);
      written[i] = values[(int) firstIndex + i];
      changes[i] = configurations[(int) firstIndex + i];
    }
    writes.add(new Write(ioSeq, firstIndex, terms, written, changes, 0, 0, 0, 0, null, false));
  }

  @Override
  public void writeState(long ioSeq, long term, long vote) {
    writes.add(
        new Write(
            ioSeq,
            0,
            new long[0],
            new long[0],
            new Configuration[0],
            term,
            vote,
            0,
            0,
            null,
            false));
  }

  @Override
  public void adoptSnapshot(
      long ioSeq,
      long snapshot,
      long index,
      long indexTerm,
      ConfigurationAt configuration,
      boolean keepSuffix) {
    writes.add(
        new Write(
            ioSeq,
            0,
            new long[0],
            new long[0],
            new Configuration[0],
            0,
            0,
            index,
            indexTerm,
            configuration,
            keepSuffix));
  }

  @Override
  public void writePeer(long ioSeq, long peer, long boot, long nonce, long term, long index) {}

  @Override
  public void forgetPeer(long ioSeq, long peer) {}

  @Override
  public void writeStanding(long ioSeq, Standing standing) {}

  @Override
  public void trimmed(long index, long indexTerm, ConfigurationAt configuration) {
    diskBase = index;
    diskBaseTerm = indexTerm;
    diskBaseConfiguration = configuration;
  }

  @Override
  public int ownEntry(
      long index, long term, EntryKind kind, @Nullable Configuration configuration) {
    values[(int) index] = kind == EntryKind.NOOP ? 50 + term : 70 + term;
    configurations[(int) index] = configuration == null ? Configuration.EMPTY : configuration;
    return 1;
  }

  @Override
  public void truncated(long firstIndex, long lastIndex) {}

  @Override
  public void sendAppend(
      long to,
      long term,
      long prevIndex,
      long prevTerm,
      long entryTerm,
      long lastIndex,
      long commit,
      long round) {
    int count = (int) (lastIndex - prevIndex);
    long[] sent = java.util.Arrays.copyOfRange(values, (int) prevIndex + 1, (int) lastIndex + 1);
    Configuration change = count == 0 ? Configuration.EMPTY : configurations[(int) lastIndex];
    Checks.that(change.equals(Configuration.EMPTY) || count == 1, "a configuration goes alone");
    held.add(
        new Held(
            0,
            Envelope.append(
                id,
                to,
                new long[] {term, prevIndex, prevTerm, entryTerm, commit, round},
                sent,
                change.equals(Configuration.EMPTY) ? null : change)));
  }

  @Override
  public void sendAppendAck(
      long to,
      long term,
      long round,
      long match,
      int flags,
      long rejectedPrev,
      long hintIndex,
      long hintTerm,
      long afterIo) {
    held.add(
        new Held(
            afterIo,
            Envelope.ack(id, to, term, round, match, flags, rejectedPrev, hintIndex, hintTerm)));
  }

  @Override
  public void send(long to, Message message, long afterIo) {
    held.add(new Held(afterIo, Envelope.of(id, to, message)));
  }

  @Override
  public void committed(long index) {}

  @Override
  public void applicable(long index) {
    for (long i = diskBase + 1; i <= index; i++) {
      Checks.that(
          onDisk(i, core.termAt(i), values[(int) i]), "applying %d, which isn't on disk", i);
    }
    core.applied(LATER, index);
  }

  @Override
  public void roleChanged(Role role, long term, long leader) {}

  @Override
  public void configuration(ConfigurationAt configuration, boolean committed) {}

  @Override
  public void readReady(long boot, long sequence, long index) {
    readOpen = false;
    readIndexes.add(index);
  }

  @Override
  public void readFailed(long boot, long sequence, ReadFailure why) {
    readOpen = false;
  }

  @Override
  public void transferFailed(long target) {}

  @Override
  public void snapshotNeeded(long peer, long atLeast) {
    needsSnapshot = peer;
  }

  @Override
  public void snapshotDone(long peer, long snapshot) {}

  @Override
  public void fetchSnapshot(
      long from, long snapshot, long index, long indexTerm, ConfigurationAt configuration) {
    fetching = new Rare.SnapshotReceived(snapshot, index, indexTerm, configuration);
  }

  @Override
  public void discardSnapshot(long snapshot) {}

  @Override
  public void peerFenced(long peer, long acknowledged, long found) {}

  // ---- identity
  // ----------------------------------------------------------------------------------

  private long word;

  void rehash() {
    word = id;
    core.encodeUntimed(w -> word = Hash64.combine(word, w));
    for (int i = (int) core.firstIndex(); i <= core.lastIndex(); i++) {
      mix(values[i]);
    }
    mix(diskTerm);
    mix(diskVote);
    mix(diskBase);
    mix(diskBaseTerm);
    mix(diskBaseConfiguration.hashCode());
    mix(diskLast);
    for (int i = (int) diskBase + 1; i <= diskLast; i++) {
      mix(diskTerms[i]);
      mix(diskValues[i]);
    }
    mix(lostIndex);
    mix(lostTerm);
    mix(lostValue);
    mix(floorTerm);
    mix(forgotten == null ? 0 : 1);
    if (remembers) {
      mix(forgotten == null ? beforeBatch : forgotten);
    }
    long issued = core.s.stability.issued();
    for (Write each : writes) {
      mix(issued - each.seq());
      mix(each.first());
      mix(java.util.Arrays.hashCode(each.terms()) * 31L + java.util.Arrays.hashCode(each.values()));
      mix(each.term() * 31 + each.vote());
      mix(each.snapshotIndex());
    }
    for (Held each : held) {
      mix(issued - each.afterIo());
      mix(each.envelope().hash);
    }
    mix(fetching == null ? 0 : fetching.hashCode());
    mix(readOpen ? 1 : 0);
    hash = word;
  }

  private void mix(Image image) {
    mix(image.term());
    mix(image.vote());
    mix(image.last());
    for (int i = 1; i <= image.last(); i++) {
      mix(image.terms()[i]);
      mix(image.values()[i]);
    }
  }

  private void mix(long value) {
    word = Hash64.combine(word, value);
  }
}
