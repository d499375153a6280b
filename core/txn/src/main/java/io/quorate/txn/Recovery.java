package io.quorate.txn;

/**
 * What becomes of a branch that somebody finds prepared at a participant, by {@link
 * Protocol#RECORD_DECIDES}: a function of what the store says, so that many may recover the same
 * branch at once, and none needs to know of another.
 *
 * <p>It is exact if the store is read after the branch was found: a coordinator decides after all
 * its branches are prepared, so what was found before is covered by what is read later. And it
 * stays true: once a coordinator can't decide any more, no decision appears, so a branch that is
 * prepared after a recoverer has passed falls to the next one.
 */
public enum Recovery {
  /** Its coordinator lives, and finishes it: nobody else touches the branch. */
  LEAVE,
  /** It was decided so. */
  COMMIT,
  /** No decision is there, and none can come any more. */
  ABORT,
  /** It may have been decided so long ago that nothing is known of it: a person has to say. */
  ASK;

  /**
   * What the store says of a branch's transaction, read in one transaction of the store.
   *
   * @param coordinatorLives whether its coordinator may still decide
   * @param decided whether there is a decision to commit, carried out everywhere or not
   * @param known whether the transaction is young enough for a decision of it to be still there
   */
  public record Facts(boolean coordinatorLives, boolean decided, boolean known) {}

  /** What to do with a branch that was found prepared before these facts were read. */
  public static Recovery of(Facts facts) {
    if (facts.coordinatorLives()) {
      return LEAVE;
    }
    if (facts.decided()) {
      return COMMIT;
    }
    return facts.known() ? ABORT : ASK;
  }
}
