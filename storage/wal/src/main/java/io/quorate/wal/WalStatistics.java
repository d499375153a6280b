package io.quorate.wal;

/**
 * What a log has done since it was opened, and how large it is now. How long a sync takes is for
 * its caller to measure: the log has no clock.
 *
 * @param batches written
 * @param bytes written in batches, padding included
 * @param entries appended
 * @param syncs of segment files
 * @param rewrittenEntries moved out of old segments, so that these could be used again
 * @param segments that hold the log
 * @param segmentBytes their size on the disk
 * @param liveBytes of these, what entries that are still needed take
 * @param spares ready to become the next segment
 * @param preparedInline segments that a writer had to wait for, because none was ready
 * @param recycled segments that were used again or deleted
 */
public record WalStatistics(
    long batches,
    long bytes,
    long entries,
    long syncs,
    long rewrittenEntries,
    int segments,
    long segmentBytes,
    long liveBytes,
    int spares,
    long preparedInline,
    long recycled) {}
