package io.quorate.recipes;

import java.util.function.Function;

/** What becomes of something that is held. */
public sealed interface OwnershipEvent {
  /** It may be lost: the session is suspect. Hold back what can't be guarded. */
  record Suspect(String reason) implements OwnershipEvent {}

  /** It was held all the time, after all. */
  record Confirmed() implements OwnershipEvent {}

  /** It is lost: another may hold it. Nothing follows. */
  record Lost(String reason) implements OwnershipEvent {}

  /** It was given back. Nothing follows. */
  record Given() implements OwnershipEvent {}

  /** What fits the event. */
  default <T> T match(
      Function<? super Suspect, ? extends T> suspect,
      Function<? super Confirmed, ? extends T> confirmed,
      Function<? super Lost, ? extends T> lost,
      Function<? super Given, ? extends T> given) {
    if (this instanceof Suspect is) {
      return suspect.apply(is);
    }
    if (this instanceof Confirmed is) {
      return confirmed.apply(is);
    }
    if (this instanceof Lost is) {
      return lost.apply(is);
    }
    return given.apply((Given) this);
  }
}
