package io.quorate.simulator.events;

/** What is wrong on purpose: a judge that finds none of these finds nothing. */
public enum Planted {
  /** Nothing. */
  NOTHING,
  /** Appends don't ask how their streams are. */
  APPENDS_WITHOUT_LOOKING,
  /** Appends that name no version don't ask whether they were done. */
  REPEATS_WITHOUT_LOOKING,
  /** Appends don't ask whether what they exclude has come. */
  DECIDES_WITHOUT_LOOKING,
  /** Consumers don't ask whether a partition is theirs, nor where its checkpoint is. */
  MOVES_WITHOUT_LOOKING,
  /** Who changes what generations of a projection there are doesn't ask what there are. */
  CHANGES_WITHOUT_LOOKING,
  /** Now and then who watches isn't told of an append. */
  SKIPS_WHAT_IT_HEARS
}
