package io.quorate.node;

import io.quorate.base.Bytes;
import io.quorate.base.Checks;
import io.quorate.machine.Machine;
import io.quorate.raft.Configuration;
import io.quorate.raft.ConfigurationAt;
import io.quorate.raft.Effects;
import io.quorate.raft.EntryKind;
import io.quorate.raft.Incarnation;
import io.quorate.raft.Message;
import io.quorate.raft.ReadFailure;
import io.quorate.raft.Role;
import io.quorate.raft.Standing;
import io.quorate.wal.LogHash;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Carries out what a group's core wants: writes go into the turn's batch for the log, messages to
 * the transport (those that must wait for a write are held until it is durable), news to the {@link
 * GroupReplica}.
 *
 * <p>Called from within the core, and never calls back into it. Used on the loop only.
 */
final class GroupEffects implements Effects {
  private static final System.Logger LOG = System.getLogger(GroupEffects.class.getName());

  /** A message that may leave only when a write is durable. */
  private record Held(long afterIo, long to, Bytes frame) {}

  private final GroupReplica replica;
  private final Node node;
  private final long group;
  private final HardState hard;
  private final EntryCache entries;
  private final AppendCodec appends;
  private final AppendSender sender;
  private final SnapshotExchange snapshots;
  private final FrameWriter frames = new FrameWriter();
  private final ArrayDeque<Held> held = new ArrayDeque<>();

  /** Whether an append is being handed in, whose entries the core may want written. */
  boolean receiving;

  private long durableIo;

  /** The term that was written last, by which write, and the last one that is surely on disk. */
  private long writtenTerm;

  private long writtenTermIo;
  private long durableTerm;

  /** Payload bytes handed to the log since the start, and those of them that are durable. */
  private long stagedBytes;

  private long durableBytes;

  /**
   * @param appends where the append that is being handed in has been read to
   */
  GroupEffects(
      GroupReplica replica,
      Node node,
      GroupRecovery recovery,
      AppendCodec appends,
      SnapshotExchange snapshots) {
    this.replica = replica;
    this.node = node;
    this.group = recovery.group;
    this.hard = recovery.hard;
    this.entries = recovery.entries;
    this.appends = appends;
    this.snapshots = snapshots;
    this.durableTerm = hard.term;
    this.sender = new AppendSender(replica, node, entries, appends);
  }

  /** The term that is on the disk whatever happens. */
  long durableTerm() {
    return durableTerm;
  }

  /** Bytes of entries that were handed to the log and aren't durable yet. */
  long waitingBytes() {
    return stagedBytes - durableBytes;
  }

  /** The conversation with a peer ended: what waited for it is of no use. */
  void forget(long peer) {
    sender.forget(peer);
  }

  /** The group ends: nothing is sent any more. */
  void close() {
    sender.forgetAll();
  }

  /**
   * All writes up to {@code ioSeq} are on disk: what waited for them leaves.
   *
   * @param bytes of entries that had been handed to the log by then
   */
  void durable(long ioSeq, long bytes) {
    durableIo = ioSeq;
    durableBytes = bytes;
    if (writtenTermIo <= ioSeq) {
      durableTerm = Math.max(durableTerm, writtenTerm);
    }
    while (!held.isEmpty() && held.getFirst().afterIo() <= ioSeq) {
      Held message = held.removeFirst();
      node.env()
          .transport()
          .send(message.to(), Transport.Lane.CONSENSUS, message.frame(), Bytes.EMPTY);
    }
  }

  // ---- persistence --------------------------------------------------------------------

  /** An entry became the log's last one. */
  void appended(long index, long term, byte kind, Bytes payload) {
    entries.append(
        index, term, kind, LogHash.next(entries.hash(index - 1), term, kind, payload), payload);
  }

  @Override
  public void writeEntries(long ioSeq, long firstIndex, long lastIndex) {
    LogBatch batch = node.log().batch();
    if (lastIndex > entries.last()) {
      takeReceived(firstIndex, lastIndex);
    }
    for (long i = firstIndex; i <= lastIndex; i++) {
      Bytes payload = entries.payload(i);
      stagedBytes += payload.length();
      batch.append(group, i, entries.term(i), entries.kind(i), payload, entries.hash(i));
    }
    staged(ioSeq);
  }

  /**
   * Takes entries out of the append that is being handed in. Not all that the core has written
   * during it comes from there: a leader that an append deposes has its own last proposals written
   * first, and those are held already.
   */
  private void takeReceived(long firstIndex, long lastIndex) {
    Checks.that(receiving, "entry %d isn't held, and no append is being handed in", lastIndex);
    for (long i = firstIndex; i <= lastIndex; i++) {
      int at = (int) (i - appends.prevIndex - 1);
      Checks.that(at >= 0 && at < appends.count, "entry %d isn't in the append", i);
      byte kind = appends.kinds[at];
      Bytes payload = appends.payload(at);
      entries.append(
          i,
          appends.entryTerm,
          kind,
          LogHash.next(entries.hash(i - 1), appends.entryTerm, kind, payload),
          payload);
    }
  }

  @Override
  public void writeState(long ioSeq, long term, long vote) {
    hard.term = term;
    hard.vote = vote;
    writtenTerm = term;
    writtenTermIo = ioSeq;
    stageHardState(ioSeq);
  }

  @Override
  public void writePeer(
      long ioSeq, long peer, long peerBoot, long peerNonce, long peerTerm, long peerIndex) {
    hard.peers.put(peer, new Incarnation(peerBoot, peerNonce, peerTerm, peerIndex));
    stageHardState(ioSeq);
  }

  @Override
  public void forgetPeer(long ioSeq, long peer) {
    hard.peers.remove(peer);
    stageHardState(ioSeq);
  }

  @Override
  public void writeStanding(long ioSeq, Standing standing) {
    stageHardState(ioSeq);
  }

  @Override
  public void adoptSnapshot(
      long ioSeq,
      long snapshot,
      long index,
      long indexTerm,
      ConfigurationAt configuration,
      boolean keepSuffix) {
    snapshots.adopt(ioSeq, snapshot, index, indexTerm, configuration, keepSuffix);
    staged(ioSeq);
  }

  void stageHardState(long ioSeq) {
    node.log().batch().hardState(group, hard.term, hard.vote, hard.blob());
    staged(ioSeq);
  }

  private void staged(long ioSeq) {
    node.log().batch().waiting(replica, ioSeq, stagedBytes);
  }

  @Override
  public void trimmed(long index, long indexTerm, ConfigurationAt configuration) {
    LogBatch batch = node.log().batch();
    batch.configuration(group, MessageCodec.blob(frames, configuration));
    batch.trim(group, index);
  }

  @Override
  public int ownEntry(
      long index, long term, EntryKind kind, @Nullable Configuration configuration) {
    Bytes payload = configuration == null ? Bytes.EMPTY : configuration.toBytes();
    appended(index, term, Applier.kind(kind), payload);
    return payload.length();
  }

  @Override
  public void truncated(long firstIndex, long lastIndex) {
    // What was proposed here is settled when an entry of a later term is applied: see
    // PendingWrites.
    truncateAfter(firstIndex - 1);
  }

  /**
   * The cache may begin above: after a start it holds the log's end only, committed or not. Then it
   * starts over, with the hash that the log has for what stays.
   */
  private void truncateAfter(long index) {
    if (index < entries.first() - 1) {
      entries.reset(index, node.wal().hash(group, index));
    } else {
      entries.truncateAfter(index);
    }
  }

  // ---- messages -----------------------------------------------------------------------

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
    sender.send(to, term, prevIndex, prevTerm, entryTerm, lastIndex, commit, round);
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
    long hash = entries.holds(match) ? entries.hash(match) : 0;
    Machine state = replica.applier().machine();
    sendAfter(
        to,
        AppendCodec.ack(
            frames,
            group,
            term,
            round,
            match,
            flags,
            rejectedPrev,
            hintIndex,
            hintTerm,
            hash,
            state.appliedIndex(),
            replica.states().told(state.stateHash())),
        afterIo);
  }

  @Override
  public void send(long to, Message message, long afterIo) {
    sendAfter(to, MessageCodec.encode(frames, group, message), afterIo);
  }

  private void sendAfter(long to, Bytes frame, long afterIo) {
    if (afterIo <= durableIo) {
      node.env().transport().send(to, Transport.Lane.CONSENSUS, frame, Bytes.EMPTY);
    } else {
      held.addLast(new Held(afterIo, to, frame));
    }
  }

  // ---- news ---------------------------------------------------------------------------

  @Override
  public void committed(long index) {
    node.metrics().committed(group, index);
  }

  @Override
  public void applicable(long index) {
    replica.applicable(index);
  }

  @Override
  public void roleChanged(Role role, long term, long leader) {
    LOG.log(
        System.Logger.Level.INFO,
        "group={0} role={1} term={2} leader={3}",
        group,
        role,
        Long.toString(term),
        Long.toHexString(leader));
    node.metrics().roleChanged(group, role, term, leader);
    sender.forgetAll();
    replica.leaderChanged(leader);
  }

  @Override
  public void configuration(ConfigurationAt configuration, boolean committed) {
    node.membership(configuration.configuration());
    node.env().loop().execute(replica.returns()::configurationChanged);
    if (committed) {
      node.conversations().committed(group, configuration.configuration());
      replica.housekeeping().keep(configuration.index());
    }
  }

  @Override
  public void readReady(long boot, long sequence, long index) {
    replica.readReady(boot, sequence, index);
  }

  @Override
  public void readFailed(long boot, long sequence, ReadFailure why) {
    replica.readFailed(boot, why);
  }

  @Override
  public void transferFailed(long target) {
    LOG.log(
        System.Logger.Level.WARNING,
        "group={0} leadership was not taken over by member={1} in time",
        group,
        Long.toHexString(target));
    replica.changes().transferFailed();
  }

  @Override
  public void peerFenced(long peer, long acknowledged, long found) {
    LOG.log(
        System.Logger.Level.ERROR,
        "group={0} member={1} acknowledged index={2} and now has only index={3}: its directory lost"
            + " data or is another one. It is not counted any more; remove it and add it again",
        group,
        Long.toHexString(peer),
        acknowledged,
        found);
  }

  // ---- snapshots ----------------------------------------------------------------------

  @Override
  public void snapshotNeeded(long peer, long atLeast) {
    snapshots.needed(peer, atLeast);
  }

  @Override
  public void snapshotDone(long peer, long snapshot) {
    snapshots.done(peer, snapshot);
  }

  @Override
  public void fetchSnapshot(
      long from, long snapshot, long index, long indexTerm, ConfigurationAt configuration) {
    snapshots.fetch(from, snapshot, index, indexTerm, configuration);
  }

  @Override
  public void discardSnapshot(long snapshot) {
    snapshots.discard(snapshot);
  }
}
