package io.quorate.xa.branch;

import io.quorate.txn.Vote;
import org.jspecify.annotations.Nullable;

/**
 * How a branch has voted.
 *
 * @param evidence by which the resource can be asked later what became of the branch, such as the
 *     number that a database gave its part of the transaction; empty if there is none. One line of
 *     at most {@value #EVIDENCE_CHARS_MAX} characters, without tabs; it is written into the store
 *     with the decision
 * @param reason why it refused; null if it didn't
 */
public record Ballot(Vote vote, String evidence, @Nullable Throwable reason) {
  /** How long evidence may be. */
  public static final int EVIDENCE_CHARS_MAX = 256;

  /** Refuses evidence that is too long, or has a tab or a line's end in it. */
  public Ballot {
    if (evidence.length() > EVIDENCE_CHARS_MAX || evidence.matches("(?s).*[\\t\\r\\n].*")) {
      throw new IllegalArgumentException("evidence is one line of 256 characters, without tabs");
    }
  }

  /** It has prepared. */
  public static Ballot yes(String evidence) {
    return new Ballot(Vote.YES, evidence, null);
  }

  /** It has changed nothing, and has ended. */
  public static Ballot readOnly() {
    return new Ballot(Vote.READ_ONLY, "", null);
  }

  /** It has undone everything, or surely will. */
  public static Ballot no(Throwable reason) {
    return new Ballot(Vote.NO, "", reason);
  }
}
