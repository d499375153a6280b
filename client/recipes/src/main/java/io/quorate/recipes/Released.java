package io.quorate.recipes;

/** What became of a release. */
public enum Released {
  /** It was held until now, and is free. */
  RELEASED,
  /** It wasn't held any more: it had been released, or was lost before. */
  NOT_HELD
}
