package io.quorate.raft;

/** What the shell knows about the disk under the log. Anything but OK bars from leading. */
public enum DiskState {
  /** Writes finish. Reported after trouble only once a probe write has passed. */
  OK(0),
  /** A write hangs without an error. */
  STALLED(1),
  /** There is no room. */
  FULL(2),
  /** A sync failed: what is durable isn't known, and nothing will be written again. */
  POISONED(3);

  /** Its place in canonical encodings; never changes. */
  final int code;

  DiskState(int code) {
    this.code = code;
  }
}
