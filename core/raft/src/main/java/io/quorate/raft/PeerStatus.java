package io.quorate.raft;

/**
 * How a leader sees one member, for status pages and {@link Explanation}s.
 *
 * @param member its id
 * @param voter whether it counts for decisions
 * @param state how it is being supplied
 * @param match the end of what it has acknowledged
 * @param next the first entry that it hasn't been sent
 * @param silentNanos how long nothing was heard of it
 * @param connected whether the connection stands, as far as the shell said
 */
public record PeerStatus(
    long member,
    boolean voter,
    Supply state,
    long match,
    long next,
    long silentNanos,
    boolean connected) {

  /** How a member is being supplied with the log. */
  public enum Supply {
    /** Where its log agrees with the leader's is being found out, one append at a time. */
    PROBE(0),
    /** Entries stream, as far as the window allows. */
    REPLICATE(1),
    /** It lacks what the log no longer holds: a snapshot is made or on its way. */
    SNAPSHOT(2),
    /** Its log contradicts what it acknowledged: it isn't counted. */
    FENCED(3);

    /** Its place in canonical encodings; never changes. */
    final int code;

    Supply(int code) {
      this.code = code;
    }
  }
}
