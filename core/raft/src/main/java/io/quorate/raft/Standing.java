package io.quorate.raft;

/** Whether the peers take this member's directory for the one that they have known. */
public enum Standing {
  /** Nobody objects: the member votes, acknowledges and may lead. */
  GOOD(0),
  /**
   * The directory has lost what it had. The member follows a leader that takes it in again, and
   * acknowledges to it, but neither votes nor campaigns until a configuration in its log gives this
   * very directory its vote back: see {@link Returned}.
   */
  RETURNING(1),
  /** A peer won't have the member at all: it neither votes nor acknowledges nor campaigns. */
  REFUSED(2);

  /** Its place in canonical encodings; never changes. */
  final int code;

  Standing(int code) {
    this.code = code;
  }
}
