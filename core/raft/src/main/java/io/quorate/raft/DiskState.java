package io.quorate.raft;

/** What the shell knows about the disk under the log. Anything but OK bars from leading. */
public enum DiskState {
  /** Writes finish. Reported after trouble only once a probe write has passed. */
  OK,
  /** A write hangs without an error. */
  STALLED,
  /** There is no room. */
  FULL,
  /** A sync failed: what is durable isn't known, and nothing will be written again. */
  POISONED
}
