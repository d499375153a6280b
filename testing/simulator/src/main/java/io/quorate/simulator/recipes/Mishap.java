package io.quorate.simulator.recipes;

import io.quorate.simulator.Chance;
import java.util.EnumSet;
import java.util.Set;

/** What can come between a process and the store, or befall either. */
public enum Mishap {
  /** A process is stopped, and goes on with both of its clocks right. */
  PAUSE,
  /** A process's machine is suspended: only the wall's clock goes on. */
  SUSPEND,
  /** Nothing passes between a process and the store. */
  CUT,
  /** Answers take long, while questions get through, or don't. */
  SLOW,
  /** A connection breaks; what was under way may arrive late. */
  BREAK,
  /** A process is killed. */
  KILL,
  /** A machine's clocks run fast or slow, as far as clocks may. */
  DRIFT,
  /** The wall's clock is set back or ahead. */
  STEP,
  /** What tells a process of a deletion doesn't arrive. */
  LOST_DELETE,
  /** An operator revokes a session's lease. */
  REVOKE,
  /** An operator deletes somebody's key. */
  DELETE,
  /** History is compacted. */
  COMPACT,
  /** A member is killed, and starts again. */
  RESTART,
  /** A member's machine loses its power, and starts again. */
  POWER,
  /** A member is stopped for a while. */
  MEMBER_PAUSE,
  /** A member hears nothing of the others for a while. */
  MEMBER_CUT;

  private static final int SOME = 3;

  /** Some of those that are possible, by chance, for a store of so many members. */
  public static Set<Mishap> some(Set<Mishap> possible, Chance chance, int members) {
    Set<Mishap> some = EnumSet.noneOf(Mishap.class);
    for (Mishap each : possible) {
      if (chance.oneIn(SOME) && (each != MEMBER_CUT || members > 1)) {
        some.add(each);
      }
    }
    return some;
  }

  /** Whether an owner can be wrong about what it has until it is told. */
  boolean takesAway() {
    return this == REVOKE || this == DELETE;
  }
}
