package io.quorate.simulator.events;

import io.quorate.simulator.SchedulesCommand;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code quorate sim-events}: schedules from seeds, and what was wrong in them. */
@Command(
    name = "sim-events",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Runs processes that append to streams, follow them and share their events, over a",
      "simulated store: one thread, one seed, and all that can come between. Each seed is a row of "
          + EventSchedules.PER_STORE,
      "schedules; the same seed is the same row, to the last event."
    })
public final class Main extends SchedulesCommand<EventSchedules.Row> {
  @Option(names = "--plant", description = "what is wrong on purpose: ${COMPLETION-CANDIDATES}")
  private Planted planted = Planted.NOTHING;

  @Option(
      names = "--pace",
      description = "how many times longer a schedule takes, with as many appends (default: 1)")
  private int pace = 1;

  private long attempts;
  private long events;
  private long told;

  private Main() {}

  /** Runs the command and ends the process with its exit code: 1 if a schedule was wrong. */
  public static void main(String[] args) {
    run(new Main(), args);
  }

  @Override
  protected EventSchedules.Row row(long of, int storeMembers) {
    return EventSchedules.run(of, storeMembers, Math.max(1, pace), planted);
  }

  @Override
  protected String repeats() {
    return (pace > 1 ? " --pace " + pace : "")
        + (planted == Planted.NOTHING ? "" : " --plant " + planted);
  }

  @Override
  protected Told add(EventSchedules.Row row) {
    attempts += row.attempts();
    events += row.events();
    told += row.told();
    return new Told(row.schedules(), row.happened(), row.violations(), row.simulatedNanos());
  }

  @Override
  protected String counted(double seconds) {
    return String.format(
        Locale.ROOT,
        "%,d appends (%,.0f a second), %,d events, told %,d times",
        attempts,
        attempts / seconds,
        events,
        told);
  }
}
