package io.quorate.raft;

/**
 * Whether a member's directory is the one that its peers have known, or a wiped, copied or older
 * one. A file can't tell a copy from the original; the peers' memory can.
 *
 * <p>Each start of a directory writes {@code boot + 1} and a fresh nonce before it says anything.
 * Peers keep, per member and durably, the highest {@link Incarnation} that they have met, and
 * refuse what is less. Pure: the handshake is the shell's, the memory the log's.
 */
public final class IncarnationRule {
  private IncarnationRule() {}

  /** What to make of a directory that presents itself. */
  public enum Verdict {
    /** It is the one that was known, or follows from it. */
    WELCOME(true),
    /** It has been started less often than was seen: wiped, or restored from an older copy. */
    OLDER_BOOT(false),
    /** It is a second run of the same start: a copy is alive beside the original. */
    COPY(false),
    /** It was started anew, but without the term or the entries that it had acknowledged. */
    LOST_DATA(false);

    private final boolean welcome;

    Verdict(boolean welcome) {
      this.welcome = welcome;
    }

    /** Whether the member may take part. */
    public boolean welcome() {
      return welcome;
    }
  }

  /** Judges what a member presents against the highest that is known of it. */
  public static Verdict judge(Incarnation known, Incarnation presented) {
    if (presented.boot() < known.boot()) {
      return Verdict.OLDER_BOOT;
    }
    if (presented.boot() == known.boot() && presented.nonce() != known.nonce()) {
      return Verdict.COPY;
    }
    if (presented.boot() == known.boot()) {
      // It has run since: what it had, it has, though while it takes a snapshot over it shows less.
      return Verdict.WELCOME;
    }
    if (presented.term() < known.term()
        || (presented.term() == known.term() && presented.index() < known.index())) {
      return Verdict.LOST_DATA;
    }
    return Verdict.WELCOME;
  }
}
