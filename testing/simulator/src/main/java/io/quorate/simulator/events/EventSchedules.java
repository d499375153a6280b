package io.quorate.simulator.events;

import io.quorate.simulator.Timeline;
import io.quorate.simulator.recipes.Store;
import io.quorate.simulator.recipes.Witness;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;

/** Schedules of event streams in a row over one store, from a seed. */
public final class EventSchedules {
  /** So many follow each other over one store. */
  public static final int PER_STORE = 10;

  private static final long SECOND = 1_000_000_000L;

  private EventSchedules() {}

  /**
   * What a row of schedules came to.
   *
   * @param happened how much happened in the simulation
   * @param attempts how often something was to be appended
   * @param events how many were
   * @param told of how many subscriptions told
   */
  public record Row(
      int schedules,
      long happened,
      long attempts,
      long events,
      long told,
      List<String> violations,
      long simulatedNanos) {}

  /**
   * Lives through a row of schedules, until one is wrong.
   *
   * @param members of the store: 1 or 3
   */
  public static Row run(long seed, int members, Planted planted) {
    return run(seed, members, 1, planted);
  }

  /**
   * Lives through a row of schedules, until one is wrong.
   *
   * @param members of the store: 1 or 3
   * @param pace how many times longer all of it takes: what is due by time alone, as renewals and
   *     ends of leases, comes as many times more often beside the same appends
   */
  static Row run(long seed, int members, int pace, Planted planted) {
    List<String> violations = new ArrayList<>();
    Timeline timeline = new Timeline(SECOND);
    Store store = new Store(seed, members, timeline, violations::add);
    int done = 0;
    long attempts = 0;
    long events = 0;
    long told = 0;
    try {
      store.begin();
      Witness witness = new Witness(timeline, store);
      while (done < PER_STORE && violations.isEmpty()) {
        EventSchedule.Result result =
            new EventSchedule(timeline, store, witness, seed, done, pace, planted).live();
        done++;
        attempts += result.attempts();
        events += result.events();
        told += result.told();
        if (!result.violations().isEmpty()) {
          String where = "schedule %d of seed %d: ".formatted(done, seed);
          result.violations().forEach(each -> violations.add(where + each));
          violations.add("what went wrong: " + result.happened());
        }
      }
    } catch (RuntimeException | Error e) {
      StringWriter trace = new StringWriter();
      e.printStackTrace(new PrintWriter(trace));
      violations.add("schedule %d of seed %d broke: %s".formatted(done + 1, seed, trace));
    }
    return new Row(
        done, timeline.taken(), attempts, events, told, violations, timeline.now() - SECOND);
  }
}
