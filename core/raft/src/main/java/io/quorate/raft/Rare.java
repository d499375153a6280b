package io.quorate.raft;

/** What happens seldom enough that an object for it costs nothing: {@link RaftCore#step}. */
public sealed interface Rare {
  /** A message came in from a member. */
  record Received(long from, Message message) implements Rare {}

  /** The connection to a member is up. */
  record PeerConnected(long peer) implements Rare {}

  /** The connection to a member broke: what was under way is lost. */
  record PeerDisconnected(long peer) implements Rare {}

  /** The queue towards a member took no more, an append is lost: none until there is room. */
  record PeerFull(long peer) implements Rare {}

  /** The queue towards a member has room again. */
  record PeerRoom(long peer) implements Rare {}

  /**
   * The shell here is behind with writing or applying, or no longer is: a follower asks its leader
   * to hold entries back.
   */
  record Backlog(boolean full) implements Rare {}

  /** The state of the disk changed. */
  record Disk(DiskState state) implements Rare {}

  /** How the peers regard this member's directory changed. */
  record StandingChanged(Standing standing) implements Rare {}

  /**
   * A peer presented itself in a handshake. What the core thinks of it is asked beforehand, with
   * {@link RaftCore#judge}; this takes it over.
   */
  record PeerPresented(long peer, Incarnation incarnation) implements Rare {}

  /**
   * A member that doesn't take part yet, since it mends its log, is in this term: whoever leads an
   * older one goes there, or that member could never follow.
   */
  record TermMet(long peer, long term) implements Rare {}

  /**
   * The shell compared rolling hashes: the peer's log holds other bytes than ours below an index
   * that it acknowledged. It is no longer counted, nor sent to.
   */
  record PeerDiverged(long peer, long index) implements Rare {}

  /** Leader: the snapshot asked for by {@link Effects#snapshotNeeded} is there and can be read. */
  record SnapshotReady(
      long peer, long snapshot, long index, long indexTerm, ConfigurationAt configuration)
      implements Rare {}

  /** Leader: a peer fetched a part of its snapshot. */
  record SnapshotProgress(long peer, long snapshot) implements Rare {}

  /** Leader: making or sending a peer's snapshot failed; the core will ask again if need be. */
  record SnapshotFailed(long peer, long snapshot) implements Rare {}

  /**
   * Follower: a snapshot has been received whole and synced beside the present state. Answered at
   * once by {@link Effects#adoptSnapshot} or {@link Effects#discardSnapshot}.
   */
  record SnapshotReceived(long snapshot, long index, long indexTerm, ConfigurationAt configuration)
      implements Rare {}

  /** Follower: fetching a snapshot failed; the leader will offer one again if need be. */
  record SnapshotAborted(long snapshot) implements Rare {}
}
