package io.quorate.node;

/**
 * Something that a member may do at any time, that is right, and that hardly ever comes about by
 * itself: places at which a simulated environment lets chance decide ({@link Env#happens}). In
 * production none of it happens unless its cause is there.
 */
public enum Quirk {
  /** No reader has time for work that is handed to it. */
  BUSY_READERS,
  /** The log's head is looked at right after an apply, for what can go. */
  EARLY_TRIM,
  /** The engine is asked to flush though nothing presses. */
  EARLY_FLUSH,
  /** A part of a snapshot doesn't get off. */
  LOST_PART,
  /** What waits for the log is written and synced one batch at a time. */
  LONE_BATCH,
  /** A compaction goes on by a single row. */
  SMALL_STEP,
  /** A turn applies a single entry. */
  SHORT_APPLY,
  /** A snapshot isn't kept any longer for the member that fetches it. */
  SNAPSHOT_LET_GO,
  /**
   * From now on a group tells another hash of its state than it has, until it begins anew: as if it
   * had computed another one. Never by chance alone, since most must have the right one.
   */
  DIVERGES
}
