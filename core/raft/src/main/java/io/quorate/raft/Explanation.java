package io.quorate.raft;

import java.util.List;

/**
 * Why an entry is, or isn't, committed.
 *
 * @param index the entry asked about
 * @param verdict the answer in one word
 * @param text the answer in sentences: who is missing, since when, what to do
 * @param missing the voters whose acknowledgement is missing, worst first; empty unless this member
 *     leads
 */
public record Explanation(long index, Verdict verdict, String text, List<PeerStatus> missing) {
  /** The answer in one word. */
  public enum Verdict {
    /** Committed: it will never change. */
    COMMITTED,
    /** No such entry is in this member's log. */
    NOT_IN_LOG,
    /** No leader is known, so nothing can be committed. */
    NO_LEADER,
    /** Another member leads, and knows more. */
    ASK_LEADER,
    /** It waits for acknowledgements of a quorum. */
    WAITS_FOR_QUORUM,
    /** A quorum has it, but it is of an older term: the leader's first own entry commits it. */
    WAITS_FOR_OWN_TERM
  }

  /** Copies the list. */
  public Explanation {
    missing = List.copyOf(missing);
  }
}
