package io.quorate.simulator.recipes;

import io.quorate.simulator.Timeline;
import java.util.ArrayList;
import java.util.List;

/** Schedules in a row over one store, from a seed. */
public final class Schedules {
  /** So many follow each other over one store. */
  public static final int PER_STORE = 100;

  private static final long SECOND = 1_000_000_000L;

  private Schedules() {}

  /**
   * What a row of schedules came to.
   *
   * @param schedules how many there were
   * @param events how much happened in the simulation
   * @param successes how often something was held or passed
   * @param ids how many were made
   * @param violations what must not have been
   * @param simulatedNanos how long it lasted, by its own time
   */
  public record Row(
      int schedules,
      long events,
      long successes,
      long ids,
      List<String> violations,
      long simulatedNanos) {}

  /**
   * Lives through a row of schedules, until one is wrong.
   *
   * @param members of the store: 1 or 3
   */
  public static Row run(long seed, int members) {
    List<String> violations = new ArrayList<>();
    Timeline timeline = new Timeline(SECOND);
    Store store = new Store(seed, members, timeline, violations::add);
    int done = 0;
    long successes = 0;
    long ids = 0;
    try {
      store.begin();
      Witness witness = new Witness(timeline, store);
      while (done < PER_STORE && violations.isEmpty()) {
        Schedule.Result result = new Schedule(timeline, store, witness, seed, done).live();
        done++;
        successes += result.successes();
        ids += result.ids();
        if (!result.violations().isEmpty()) {
          String where = "schedule %d of seed %d, %s: ".formatted(done, seed, result.recipe());
          result.violations().forEach(each -> violations.add(where + each));
          violations.add("what went wrong: " + result.happened());
        }
      }
    } catch (RuntimeException | Error e) {
      violations.add("schedule %d of seed %d broke: %s".formatted(done + 1, seed, trace(e)));
    }
    return new Row(done, timeline.taken(), successes, ids, violations, timeline.now() - SECOND);
  }

  private static String trace(Throwable e) {
    java.io.StringWriter text = new java.io.StringWriter();
    e.printStackTrace(new java.io.PrintWriter(text));
    return text.toString();
  }
}
