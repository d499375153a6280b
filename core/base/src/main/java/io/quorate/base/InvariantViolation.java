package io.quorate.base;

/**
 * Something that can't be, is. Thrown by {@link Checks} when the code's own reasoning failed.
 *
 * <p>It is an {@link Error}, so that no handler of ordinary failures swallows it: the group that
 * meets it stops, and its node says why. It is never caused by what a client sent.
 */
public final class InvariantViolation extends Error {
  private static final long serialVersionUID = 1L;

  /** Names the broken invariant; the message holds the values that broke it. */
  public InvariantViolation(String message) {
    super(message);
  }
}
