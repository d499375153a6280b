package io.quorate.raft;

/** What a voter says to a candidate. */
public enum Ballot {
  /** Not to this one, or not now. */
  REFUSED(0),
  /** It has the vote. */
  GRANTED(1),
  /**
   * It has the vote of a member that lost its log's end, and with it perhaps entries that were
   * counted: the vote counts only if every other voter gives its own. Then no voter has more of the
   * log than the candidate, and no older leader can be acknowledged by any of them any more; so
   * whatever has been committed and still exists, the candidate has.
   */
  GRANTED_IF_ALL(2);

  private static final Ballot[] BY_CODE = values();

  /** Its place in frames and canonical encodings; never changes. */
  private final int code;

  Ballot(int code) {
    this.code = code;
  }

  /** Its number in frames. */
  public int code() {
    return code;
  }

  /**
   * The ballot of a number.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static Ballot of(int code) {
    if (code < 0 || code >= BY_CODE.length) {
      throw new IllegalArgumentException("no ballot has the number " + code);
    }
    return BY_CODE[code];
  }
}
