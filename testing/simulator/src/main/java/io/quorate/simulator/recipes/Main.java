package io.quorate.simulator.recipes;

import io.quorate.simulator.SchedulesCommand;
import java.util.Locale;
import picocli.CommandLine.Command;

/** {@code quorate sim-recipes}: schedules from seeds, and what was wrong in them. */
@Command(
    name = "sim-recipes",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Runs processes that use locks, elections, semaphores, barriers and ids over a simulated",
      "store: one thread, one seed, and all that can come between. Each seed is a row of "
          + Schedules.PER_STORE,
      "schedules; the same seed is the same row, to the last event."
    })
public final class Main extends SchedulesCommand<Schedules.Row> {
  private long successes;
  private long ids;

  private Main() {}

  /** Runs the command and ends the process with its exit code: 1 if a schedule was wrong. */
  public static void main(String[] args) {
    run(new Main(), args);
  }

  @Override
  protected Schedules.Row row(long of, int storeMembers) {
    return Schedules.run(of, storeMembers);
  }

  @Override
  protected Told add(Schedules.Row row) {
    successes += row.successes();
    ids += row.ids();
    return new Told(row.schedules(), row.events(), row.violations(), row.simulatedNanos());
  }

  @Override
  protected String counted(double seconds) {
    return String.format(Locale.ROOT, "%,d times held or passed, %,d ids", successes, ids);
  }
}
