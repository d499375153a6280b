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

  /** Checks that no counter is negative. */
  public Incarnation {
    Checks.that(
        boot >= 0 && term >= 0 && index >= 0, "boot=%d term=%d index=%d", boot, term, index);
  }
}
