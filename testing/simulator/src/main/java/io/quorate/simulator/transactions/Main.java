package io.quorate.simulator.transactions;

import io.quorate.simulator.SchedulesCommand;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code quorate sim-transactions}: schedules from seeds, and what was wrong in them. */
@Command(
    name = "sim-transactions",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Runs processes that move money between two simulated databases and a simulated store:",
      "one thread, one seed, and all that can come between. Each seed is a row of "
          + TransferSchedules.PER_STORE,
      "schedules; the same seed is the same row, to the last event."
    })
public final class Main extends SchedulesCommand<TransferSchedules.Row> {
  @Option(names = "--plant", description = "what is wrong on purpose: ${COMPLETION-CANDIDATES}")
  private Planted planted = Planted.NOTHING;

  private long begun;
  private long committed;

  private Main() {}

  /** Runs the command and ends the process with its exit code: 1 if a schedule was wrong. */
  public static void main(String[] args) {
    run(new Main(), args);
  }

  @Override
  protected TransferSchedules.Row row(long of, int storeMembers) {
    return TransferSchedules.run(of, storeMembers, planted);
  }

  @Override
  protected Told add(TransferSchedules.Row row) {
    begun += row.begun();
    committed += row.committed();
    return new Told(row.schedules(), row.events(), row.violations(), row.simulatedNanos());
  }

  @Override
  protected String repeats() {
    return planted == Planted.NOTHING ? "" : " --plant " + planted;
  }

  @Override
  protected String counted(double seconds) {
    return String.format(
        Locale.ROOT,
        "%,d transactions (%,.0f a second), %,d of them told as committed",
        begun,
        begun / seconds,
        committed);
  }
}
