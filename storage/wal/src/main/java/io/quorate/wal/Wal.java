package io.quorate.wal;

import io.quorate.base.Bytes;
import io.quorate.base.Disk;
import java.util.List;

/**
 * The log of a member, for all of its groups.
 *
 * <p>Passive and owned by one thread, the node's log thread: it stages what belongs to the groups
 * and makes it durable with one {@link #sync}. Whatever is staged while another sync runs joins the
 * next batch; there is no timer. What may be called from elsewhere says so.
 *
 * <p>Every method throws {@link io.quorate.base.QuorateException}: {@code DISK_FULL} (nothing that
 * was staged or synced is lost, and the call may be repeated when there is room), {@code
 * DATA_DAMAGED} (names the place), or {@code LOG_FAILED} once a write or a sync has failed: what
 * was staged then is neither durable nor surely absent, no retry is made, and nothing but {@link
 * #close} works any more.
 */
@SuppressWarnings("DoNotCallSuggester")
public final class Wal implements AutoCloseable {
  private Wal() {}

  /**
   * Opens the log in a directory, or begins one, and hands all that it holds to the visitor. When
   * this returns, what was handed over is durable.
   *
   * @throws io.quorate.base.QuorateException {@code DIRECTORY_IN_USE} if another process or member
   *     has it open; {@code WRONG_IDENTITY} if it belongs to another cluster or member or has a
   *     newer format; {@code DATA_DAMAGED} if what was durable is not there
   */
  public static Wal open(Disk disk, String directory, WalSettings settings, WalVisitor visitor) {
    throw new UnsupportedOperationException();
  }

  /** The groups as they were found when the log was opened, holes included, by id. */
  public List<GroupState> recovered() {
    throw new UnsupportedOperationException();
  }

  /**
   * Stages an entry. An index at or below the group's last one overrides it and all above it.
   *
   * @param kind what the payload is, to the node
   * @param hash {@link LogHash#next} of the entry before and this one
   * @throws io.quorate.base.QuorateException {@code INVALID_REQUEST} if it is longer than a batch
   *     may be: such an entry has to be refused before it is proposed
   */
  public void append(long group, long index, long term, byte kind, Bytes payload, long hash) {
    throw new UnsupportedOperationException();
  }

  /** Longest payload that {@link #append} takes, in bytes. */
  public int payloadBytesMax() {
    throw new UnsupportedOperationException();
  }

  /** Stages a group's term, vote and blob. It finds room on a full disk longer than entries do. */
  public void hardState(long group, long term, long vote, Bytes blob) {
    throw new UnsupportedOperationException();
  }

  /** Stages a group's configuration, as of its base or later: what the node wants to find again. */
  public void configuration(long group, Bytes configuration) {
    throw new UnsupportedOperationException();
  }

  /**
   * Stages that a snapshot replaces the group's log: all entries go, below and above, and the next
   * one has index + 1. A barrier: nothing staged before reappears after it.
   *
   * @param hash the rolling hash at that index
   * @param generation of the engine that holds the snapshot
   */
  public void snapshotMark(
      long group, long index, long term, long hash, Bytes configuration, long generation) {
    throw new UnsupportedOperationException();
  }

  /** Stages that entries up to an index are no longer needed. Below the base it does nothing. */
  public void trim(long group, long index) {
    throw new UnsupportedOperationException();
  }

  /** Stages that a group's {@link Hole} is settled. Without one it does nothing. */
  public void resolveHole(long group) {
    throw new UnsupportedOperationException();
  }

  /** Stages that a group is gone from this member, with all that the log holds of it. */
  public void removeGroup(long group) {
    throw new UnsupportedOperationException();
  }

  /**
   * Makes all that is staged durable: one positional write (more only if it exceeds a batch), one
   * sync of the file's data. Does nothing if nothing is staged.
   */
  public void sync() {
    throw new UnsupportedOperationException();
  }

  /** Bytes staged and not yet synced. */
  public long stagedBytes() {
    throw new UnsupportedOperationException();
  }

  /**
   * Reads durable entries from {@code fromIndex} up to, not including, {@code toIndex}, until their
   * payloads exceed {@code maxBytes}; the first one comes whatever its length. What it reads is the
   * log as it was at one moment during the call.
   *
   * <p>Any thread may call it, while the log's own thread goes on appending: the places of the
   * entries are copied under a lock that is never held during I/O, and a segment that is being read
   * is not used again before the read ends.
   *
   * @return the index after the last entry read; {@code fromIndex} if there was none to read
   * @throws io.quorate.base.QuorateException {@code INVALID_REQUEST} if {@code fromIndex} is not
   *     above the group's base (a snapshot must help) or the group is unknown
   */
  public long read(long group, long fromIndex, long toIndex, long maxBytes, EntryVisitor visitor) {
    throw new UnsupportedOperationException();
  }

  /** The durable last index of a group; 0 if it is unknown. Any thread. */
  public long lastIndex(long group) {
    throw new UnsupportedOperationException();
  }

  /** The durable base index of a group; 0 if it is unknown. Any thread. */
  public long baseIndex(long group) {
    throw new UnsupportedOperationException();
  }

  /** The term of a durable entry or of the base; -1 if the log has no such index. Any thread. */
  public long term(long group, long index) {
    throw new UnsupportedOperationException();
  }

  /**
   * The rolling hash at a durable index or at the base; 0 if there is no such index. Any thread.
   */
  public long hash(long group, long index) {
    throw new UnsupportedOperationException();
  }

  /**
   * Makes the next segment ready, unless one is: creates and fills it, so that no writer waits for
   * that. Takes as long as writing a segment takes; any thread may call it, at any time.
   */
  public void prepareNextSegment() {
    throw new UnsupportedOperationException();
  }

  /** Whether {@link #prepareNextSegment} would find something to do. Any thread. */
  public boolean wantsNextSegment() {
    throw new UnsupportedOperationException();
  }

  /**
   * Uses idle time: lets segments that no group needs be used again, and stages the live entries of
   * the oldest one to be rewritten if a slow group holds up the rest. They move with the next sync.
   *
   * @return whether there is more to do after the next sync
   */
  public boolean maintain() {
    throw new UnsupportedOperationException();
  }

  /** The segments, oldest first. Any thread. */
  public List<SegmentInfo> segments() {
    throw new UnsupportedOperationException();
  }

  /** What the log has done, and its size. Any thread. */
  public WalStatistics statistics() {
    throw new UnsupportedOperationException();
  }

  /**
   * Syncs what is staged, marks the end as durable, so that later damage of it can't be mistaken
   * for a torn write, and lets the directory go. After a failure it only lets go.
   */
  @Override
  public void close() {
    throw new UnsupportedOperationException();
  }
}
