package io.quorate.simulator.transactions;

import io.quorate.simulator.Timeline;
import io.quorate.simulator.recipes.Store;
import io.quorate.simulator.recipes.Witness;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;

/** Schedules of transfers in a row over one store, from a seed. */
public final class TransferSchedules {
  /** So many follow each other over one store. */
  public static final int PER_STORE = 10;

  private static final long SECOND = 1_000_000_000L;

  private TransferSchedules() {}

  /**
   * What a row of schedules came to.
   *
   * @param begun how many transactions were begun
   * @param committed of how many that was told
   * @param events how much happened in the simulation
   */
  public record Row(
      int schedules,
      long events,
      long begun,
      long committed,
      List<String> violations,
      long simulatedNanos) {}

  /**
   * Lives through a row of schedules, until one is wrong.
   *
   * @param members of the store: 1 or 3
   */
  public static Row run(long seed, int members, Planted planted) {
    List<String> violations = new ArrayList<>();
    Timeline timeline = new Timeline(SECOND);
    Store store = new Store(seed, members, timeline, violations::add);
    int done = 0;
    long begun = 0;
    long committed = 0;
    try {
      store.begin();
      Witness witness = new Witness(timeline, store);
      while (done < PER_STORE && violations.isEmpty()) {
        TransferSchedule.Result result =
            new TransferSchedule(timeline, store, witness, seed, done, planted).live();
        done++;
        begun += result.begun();
        committed += result.committed();
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
    return new Row(done, timeline.taken(), begun, committed, violations, timeline.now() - SECOND);
  }
}
