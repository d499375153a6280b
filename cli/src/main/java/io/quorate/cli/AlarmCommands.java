package io.quorate.cli;

import io.quorate.client.AlarmMember;
import io.quorate.client.AlarmResponse;
import io.quorate.client.Header;
import io.quorate.client.Maintenance;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code alarm …}: what keeps writes away. */
final class AlarmCommands {
  private AlarmCommands() {}

  /** {@code alarm list}. */
  @Command(
      name = "list",
      description = "Lists all alarms",
      footer = {"", "Examples:", "  quorate alarm list", "  quorate alarm list -w json"})
  static final class ListAll implements Callable<Integer> {
    private final Session session;

    @Parameters(arity = "0..*", hidden = true, description = "none")
    List<String> args = new ArrayList<>();

    ListAll(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() {
      if (!args.isEmpty()) {
        throw new UsageError("alarm list command accepts no arguments");
      }
      Printer printer = session.printerOfKeys();
      printer.alarms(session.client().maintenance().alarms());
      return ExitCodes.OK;
    }
  }

  /** {@code alarm disarm}. */
  @Command(
      name = "disarm",
      description = "Disarms all alarms",
      footer = {"", "Examples:", "  quorate alarm disarm", "  quorate alarm disarm -w json"})
  static final class Disarm implements Callable<Integer> {
    private final Session session;

    @Parameters(arity = "0..*", hidden = true, description = "none")
    List<String> args = new ArrayList<>();

    Disarm(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() {
      if (!args.isEmpty()) {
        throw new UsageError("alarm disarm command accepts no arguments");
      }
      Printer printer = session.printerOfKeys();
      Maintenance maintenance = session.client().maintenance();
      AlarmResponse armed = maintenance.alarms();
      List<AlarmMember> disarmed = new ArrayList<>();
      for (AlarmMember alarm : armed.alarms()) {
        disarmed.addAll(maintenance.alarmDeactivate(alarm).alarms());
      }
      printer.alarms(new AlarmResponse(Header.NONE, disarmed));
      return ExitCodes.OK;
    }
  }
}
