package io.quorate.raft;

import io.quorate.base.Checks;

/**
 * One start of one data directory, and how far that directory has come.
 *
 * @param boot counts the starts of the directory, written before anything is sent
 * @param nonce drawn freshly at each start, so that a copy of a directory shows
 * @param term the highest term that the directory has seen
 * @param index the end of its durable log, at that term
 */
public record Incarnation(long boot, long nonce, long term, long index) {
  /** No start is known yet: less than every real one. */
  public static final Incarnation NONE = new Incarnation(0, 0, 0, 0);

  /** A life of a directory counts its starts in so many low bits, the lives above them. */
  private static final int STARTS_BITS = 32;

  /**
   * The boot with which a directory begins anew that has lost what it had: above all that an
   * earlier life of this member can come to, however often it is started.
   *
   * @param boot the highest that is known of it
   */
  public static long nextLife(long boot) {
    return ((boot >>> STARTS_BITS) + 1) << STARTS_BITS;
  }

  /** Checks that no counter is negative. */
  public Incarnation {
    Checks.that(
        boot >= 0 && term >= 0 && index >= 0, "boot=%d term=%d index=%d", boot, term, index);
  }
}
