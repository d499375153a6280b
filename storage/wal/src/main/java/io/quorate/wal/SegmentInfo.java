package io.quorate.wal;

/**
 * A segment of the log, for tools and tests.
 *
 * @param sequence its place in the run of segments
 * @param file its path
 * @param bytes its size
 * @param endBytes where its last batch ends
 * @param liveEntries entries in it that are still needed
 * @param liveBytes what these take
 */
public record SegmentInfo(
    long sequence, String file, long bytes, long endBytes, long liveEntries, long liveBytes) {}
