package io.quorate.snapshot;

import io.quorate.base.Checks;

/**
 * What a backup says of itself.
 *
 * @param clusterId the cluster that it was taken from
 * @param member the member that wrote it; 0 if none did
 * @param index last entry of the group's log that it includes
 * @param term that entry's term
 * @param revision the store's revision
 * @param compactedRevision the last compaction's, or −1
 * @param software what wrote it, for people
 */
public record BackupHeader(
    long clusterId,
    long member,
    long index,
    long term,
    long revision,
    long compactedRevision,
    String software) {
  /** Longest {@link #software}, in bytes. */
  static final int SOFTWARE_BYTES_MAX = 256;

  /** Refuses what no state has. */
  public BackupHeader {
    Checks.that(index >= 0 && term >= 0, "index=%d term=%d", index, term);
    Checks.that(
        revision >= 1 && compactedRevision >= -1 && compactedRevision <= revision,
        "revision=%d compacted=%d",
        revision,
        compactedRevision);
  }
}
