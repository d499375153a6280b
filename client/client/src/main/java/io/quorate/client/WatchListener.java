package io.quorate.client;

import io.quorate.base.QuorateException;

/**
 * Who is told of changes. Called one at a time, in order; while a call lasts nothing more is taken
 * from the member.
 *
 * <p>What a method here throws, and an executor that refuses to run it, end the watch: {@link
 * #ended} tells {@link io.quorate.base.ErrorCode#OUTCOME_UNKNOWN}, since it isn't known how much of
 * the last response was taken.
 */
public interface WatchListener {
  /** At least one event, in order, whole revisions only. Each event comes once. */
  void events(WatchResponse response);

  /**
   * History was compacted before it was told: what happened in these revisions is not to be had any
   * more. Whoever wants the watch to go on reads the keys as they are now, here or later; all that
   * happens behind the gap is told, be it in what was read or not.
   *
   * @return whether the watch goes on behind the gap; false, unless it is told otherwise, ends it
   */
  default boolean gap(WatchGap gap) {
    return false;
  }

  /** It can't go on; nothing is told any more. Not called after {@link Watcher#close}. */
  void ended(WatchEnd end);

  /** A member has taken it up: the first time, or again after an interruption. */
  default void created(Header header) {}

  /** All events up to this header's revision were told. */
  default void progress(Header header) {}

  /** The stream broke; it is taken up again where it was, through another member if need be. */
  default void interrupted(QuorateException why) {}
}
