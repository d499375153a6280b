package io.quorate.raft;

import org.jspecify.annotations.Nullable;

/**
 * What a {@link RaftCore} wants done. Implemented by the shell; called from within the core's own
 * methods, on the core's thread. An implementation must not call back into the core.
 *
 * <p><b>Writes</b> carry a rising I/O sequence number. The shell executes them in this order and
 * reports with {@link RaftCore#durable} the highest one up to which all are durable. It may join
 * them into batches as it likes.
 *
 * <p><b>Messages</b> with {@code afterIo} above 0 leave only when that I/O is durable. Between two
 * members, messages may be lost, repeated or overtake each other; safety never depends on it.
 */
public interface Effects {
  // ---- persistence --------------------------------------------------------------------------

  /**
   * Write the entries; whatever the log held from {@code firstIndex} on before is gone with it.
   * Entries of an append that is being handed in are named during that very call; own proposals at
   * the end of the turn.
   */
  void writeEntries(long ioSeq, long firstIndex, long lastIndex);

  /** Write term and vote (0: none given in this term). */
  void writeState(long ioSeq, long term, long vote);

  /**
   * Switch over to the received snapshot, with one durable record: from then on the state is the
   * snapshot's. With {@code keepSuffix} the log keeps what it has above {@code index} (it agrees
   * with the snapshot), else it is empty from there on. Own proposals up to {@code index} that
   * weren't applied yet may or may not be in the snapshot: their outcome is unknown.
   */
  void adoptSnapshot(
      long ioSeq,
      long snapshot,
      long index,
      long indexTerm,
      ConfigurationAt configuration,
      boolean keepSuffix);

  /**
   * Keep what is known of a peer's directory, an {@link Incarnation}; see {@link IncarnationRule}.
   */
  void writePeer(long ioSeq, long peer, long boot, long nonce, long term, long index);

  /** Forget what was known of a peer's directory: it has left, or is to come as a new one. */
  void forgetPeer(long ioSeq, long peer);

  /**
   * The log's head is gone up to and including {@code index}, whose term was {@code indexTerm}; the
   * configuration in force there comes along, for the log's new beginning.
   */
  void trimmed(long index, long indexTerm, ConfigurationAt configuration);

  /**
   * The core put an entry of its own into the log: build its payload.
   *
   * @param configuration the content of a configuration entry, else null
   * @return the payload's size in bytes
   */
  int ownEntry(long index, long term, EntryKind kind, @Nullable Configuration configuration);

  /**
   * Entries of this member's log from {@code firstIndex} on are gone: another leader's took their
   * place, or a snapshot that contradicts them. Proposals among them are lost for certain, and may
   * be proposed again.
   */
  void truncated(long firstIndex, long lastIndex);

  // ---- messages -----------------------------------------------------------------------------

  /**
   * Send the entries from {@code prevIndex + 1} up to {@code lastIndex} (none if they are equal: a
   * heartbeat). All are of {@code entryTerm}, and all plain or exactly one configuration.
   */
  void sendAppend(
      long to,
      long term,
      long prevIndex,
      long prevTerm,
      long entryTerm,
      long lastIndex,
      long commit,
      long round);

  /**
   * Acknowledge to a leader.
   *
   * @param match the end of what is durable here and agrees with that leader's log
   * @param flags {@link RaftCore#ACK_REJECTED}, {@link RaftCore#ACK_FULL}
   * @param rejectedPrev the append's previous index that isn't here or is of another term; else 0
   * @param hintIndex with a rejection, the highest index at which the logs may agree
   * @param hintTerm its term here
   */
  void sendAppendAck(
      long to,
      long term,
      long round,
      long match,
      int flags,
      long rejectedPrev,
      long hintIndex,
      long hintTerm,
      long afterIo);

  /** Make durable how this member's directory is regarded. */
  void writeStanding(long ioSeq, Standing standing);

  /** Send any other message. */
  void send(long to, Message message, long afterIo);

  // ---- news ---------------------------------------------------------------------------------

  /** All up to {@code index} is committed: it will never change. */
  void committed(long index);

  /** All up to {@code index} is committed and durable here: it may be applied. */
  void applicable(long index);

  /** Role, term or leader changed; {@code leader} is 0 while none is known. */
  void roleChanged(Role role, long term, long leader);

  /**
   * The configuration in force changed: appended, taken back by a truncation, or come with a
   * snapshot; or, with {@code committed}, this one is committed now, which need not be the one in
   * force.
   */
  void configuration(ConfigurationAt configuration, boolean committed);

  /** The read may be served as soon as {@code index} is applied. */
  void readReady(long boot, long sequence, long index);

  /** The read gets no index. */
  void readFailed(long boot, long sequence, ReadFailure why);

  /** The hand-over to {@code target} didn't come about in time; this member leads on. */
  void transferFailed(long target);

  // ---- snapshots ----------------------------------------------------------------------------

  /**
   * Leader: a peer lacks entries that are no longer in the log. Make a snapshot of the applied
   * state at {@code atLeast} or later, and report {@link Rare.SnapshotReady}.
   */
  void snapshotNeeded(long peer, long atLeast);

  /** Leader: the peer no longer needs the snapshot, or can't take it now: free what it holds. */
  void snapshotDone(long peer, long snapshot);

  /** Follower: fetch the snapshot from the leader that offered it. */
  void fetchSnapshot(
      long from, long snapshot, long index, long indexTerm, ConfigurationAt configuration);

  /** Follower: the snapshot is of no use (any more): drop what has been fetched of it. */
  void discardSnapshot(long snapshot);

  /**
   * Leader: a peer's log ends below what it acknowledged in this term, so its directory lost data
   * or is another one. It is no longer counted, nor sent to, until it has left and joined again.
   */
  void peerFenced(long peer, long acknowledged, long found);
}
