package io.quorate.client;

import io.quorate.base.ErrorCode;
import java.util.function.Function;

/** How a {@link Session} stands. */
public sealed interface SessionState {
  /** Its lease surely lives, and what goes with it. */
  record Active() implements SessionState {}

  /**
   * Its lease may be over: no renewal was answered for too long, or this process or its machine
   * stood still. It becomes active again with the next renewal, or is lost.
   *
   * @param reason in words
   */
  record Suspect(String reason) implements SessionState {}

  /**
   * It is over, and no state follows.
   *
   * @param code {@link ErrorCode#NOT_FOUND} if a member said that the lease is gone; {@link
   *     ErrorCode#UNREACHABLE} if its time has passed without a renewal; {@link ErrorCode#STOPPED}
   *     if it was closed; else why a member refuses to renew it
   * @param reason in words
   */
  record Lost(ErrorCode code, String reason) implements SessionState {}

  /** What fits the state. */
  default <T> T match(
      Function<? super Active, ? extends T> active,
      Function<? super Suspect, ? extends T> suspect,
      Function<? super Lost, ? extends T> lost) {
    if (this instanceof Active is) {
      return active.apply(is);
    }
    if (this instanceof Suspect is) {
      return suspect.apply(is);
    }
    return lost.apply((Lost) this);
  }
}
