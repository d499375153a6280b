package io.quorate.raft;

import io.quorate.base.Checks;
import io.quorate.base.Limits;

/**
 * What one member of one group goes by. Durations are in nanoseconds.
 *
 * @param member this member's id; never 0
 * @param group the group's id
 * @param heartbeatNanos how often a leader shows itself
 * @param electionNanosMin silence of a leader after which it may be doubted; also how long a leader
 *     goes on without hearing from a quorum
 * @param electionNanosMax the longest random wait before a campaign; at least the least
 * @param entryBytesMax the longest payload that may be proposed
 * @param uncommittedBytesMax bytes of entries that may wait for their commit
 * @param windowBytesMax bytes that may be under way to one follower
 * @param appendBytesMax bytes of entries in one append; one larger entry goes alone
 * @param appendEntriesMax entries in one append
 * @param waitingReadsMax reads that may wait for their index
 * @param retainedBytesMax log that is kept from trimming for the sake of slow members
 * @param peerRecordEntries acknowledged entries after which a peer's record is written anew
 */
public record RaftSettings(
    long member,
    long group,
    long heartbeatNanos,
    long electionNanosMin,
    long electionNanosMax,
    int entryBytesMax,
    long uncommittedBytesMax,
    long windowBytesMax,
    int appendBytesMax,
    int appendEntriesMax,
    int waitingReadsMax,
    long retainedBytesMax,
    long peerRecordEntries) {

  /** What each entry counts besides its payload, against every bound in bytes. */
  public static final int ENTRY_OVERHEAD_BYTES = 32;

  /** Checks that the values fit together. */
  public RaftSettings {
    Checks.that(member != 0, "a member's id is not 0");
    Checks.that(heartbeatNanos > 0, "heartbeatNanos=%d", heartbeatNanos);
    Checks.that(
        electionNanosMin >= 2 * heartbeatNanos,
        "electionNanosMin=%d heartbeatNanos=%d",
        electionNanosMin,
        heartbeatNanos);
    Checks.that(
        electionNanosMax >= electionNanosMin,
        "electionNanosMax=%d electionNanosMin=%d",
        electionNanosMax,
        electionNanosMin);
    Checks.that(
        entryBytesMax > 0 && uncommittedBytesMax > 0 && windowBytesMax > 0, "bounds are positive");
    Checks.that(
        appendBytesMax > 0 && appendEntriesMax > 0 && waitingReadsMax > 0, "bounds are positive");
    Checks.that(retainedBytesMax >= 0 && peerRecordEntries > 0, "bounds are positive");
  }

  /** How long a snapshot on its way to a peer may make no progress. */
  long snapshotStallNanos() {
    return 4 * electionNanosMax;
  }

  /** Heartbeat 100 ms, election 1 to 2 s, and the bounds of {@link Limits}. */
  public static RaftSettings defaults(long member, long group) {
    return timed(member, group, 100_000_000L, 1_000_000_000L);
  }

  /** The bounds of {@link Limits}, and an election time-out between its least and twice that. */
  public static RaftSettings timed(
      long member, long group, long heartbeatNanos, long electionNanosMin) {
    return new RaftSettings(
        member,
        group,
        heartbeatNanos,
        electionNanosMin,
        2 * electionNanosMin,
        Limits.ENTRY_BYTES_MAX,
        Limits.UNCOMMITTED_BYTES_MAX,
        Limits.REPLICATION_WINDOW_BYTES_MAX,
        Limits.APPEND_BYTES_MAX,
        Limits.APPEND_ENTRIES_MAX,
        Limits.WAITING_READS_MAX,
        4 * Limits.UNCOMMITTED_BYTES_MAX,
        1_024);
  }

  /** The same with another bound for the entries in one append. */
  public RaftSettings withAppendEntriesMax(int entries) {
    return new RaftSettings(
        member,
        group,
        heartbeatNanos,
        electionNanosMin,
        electionNanosMax,
        entryBytesMax,
        uncommittedBytesMax,
        windowBytesMax,
        appendBytesMax,
        entries,
        waitingReadsMax,
        retainedBytesMax,
        peerRecordEntries);
  }
}
