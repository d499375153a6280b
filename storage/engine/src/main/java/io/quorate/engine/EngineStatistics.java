package io.quorate.engine;

/**
 * What an engine weighs and how it fares, at one moment.
 *
 * @param diskBytes the state's files on disk, superseded rows that await cleaning included
 * @param unflushedBytes rows in memory that are not on disk yet
 * @param liveBytes estimate of what the present rows alone would take on disk
 * @param rowsEstimate estimate of the number of rows, those apart that have an order of their own
 * @param blockCacheBytes blocks held in memory, over all engines that share the cache
 * @param filesAtTop files that every lookup must consider, since they overlap; a backlog if many
 * @param pendingCompactionBytes estimate of what must be rewritten before the shape is ideal again
 * @param writesDelayed whether writes are being slowed down, since cleaning can't keep up
 * @param writesStopped whether writes wait, since cleaning or flushing can't keep up
 * @param backgroundErrors failures met while flushing or cleaning
 * @param cacheRows rows in the cache of newest rows
 * @param cacheBytes what that cache takes
 * @param cacheHits gets that it answered
 * @param cacheMisses gets of covered rows that it could not answer
 */
public record EngineStatistics(
    long diskBytes,
    long unflushedBytes,
    long liveBytes,
    long rowsEstimate,
    long blockCacheBytes,
    int filesAtTop,
    long pendingCompactionBytes,
    boolean writesDelayed,
    boolean writesStopped,
    long backgroundErrors,
    int cacheRows,
    long cacheBytes,
    long cacheHits,
    long cacheMisses) {
  /** What the state takes, on disk or about to be: the figure that a quota bounds. */
  public long stateBytes() {
    return diskBytes + unflushedBytes;
  }
}
