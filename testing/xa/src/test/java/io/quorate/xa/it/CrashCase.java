package io.quorate.xa.it;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * Something dies, or stands still, at one step of a transaction's commit.
 *
 * @param step where the transaction is then
 * @param victim what it befalls
 * @param after who finishes
 */
record CrashCase(Step step, Victim victim, After after) {
  /** One of so many is in a sample; a prime, so that samples come by all victims and steps. */
  private static final int SAMPLED = 23;

  /** What it befalls. */
  enum Victim {
    /** Killed. */
    APPLICATION,
    /** Stopped for longer than its lease lives, and then let go on. */
    APPLICATION_PAUSED,
    /** The member that leads is killed. */
    STORE_LEADER,
    /** Killed. */
    POSTGRESQL,
    /** Killed. */
    MARIADB,
    /**
     * The application is killed, then whoever finishes what it has left is, at the next such step.
     */
    RECOVERER
  }

  /** Who finishes. */
  enum After {
    /** The one that died, as soon as it has been started again. */
    RESTART,
    /** Another process that was there all the time; what died is started again only then. */
    SURVIVOR
  }

  /** Every one there is. */
  static List<CrashCase> all() {
    List<CrashCase> all = new ArrayList<>();
    for (Victim victim : Victim.values()) {
      for (Step step : steps(victim)) {
        for (After after : After.values()) {
          if (victim != Victim.APPLICATION_PAUSED || after == After.SURVIVOR) {
            all.add(new CrashCase(step, victim, after));
          }
        }
      }
    }
    return all;
  }

  /** A recoverer comes by the steps of the second phase alone. */
  private static Set<Step> steps(Victim victim) {
    return victim == Victim.RECOVERER
        ? EnumSet.range(Step.BEFORE_COMMIT, Step.BEFORE_FORGET)
        : EnumSet.allOf(Step.class);
  }

  /** Some of each victim's: what every change has to pass. */
  static List<CrashCase> sample(int seed) {
    List<CrashCase> all = all();
    List<CrashCase> sample = new ArrayList<>();
    for (int i = seed % SAMPLED; i < all.size(); i += SAMPLED) {
      sample.add(all.get(i));
    }
    return sample;
  }

  @Override
  public String toString() {
    return step + " " + victim + " " + after;
  }
}
