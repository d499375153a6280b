package io.quorate.cli;

import io.quorate.client.Done;
import io.quorate.client.Maintenance;
import io.quorate.client.StatusResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code move-leader}: hands leadership on. */
@Command(
    name = "move-leader",
    description = "Transfers leadership to another etcd cluster member",
    footer = {
      "",
      "Examples:",
      "  quorate move-leader 8e9e05c52164694d --endpoints a:2379,b:2379,c:2379",
      "  quorate move-leader 8e9e05c52164694d -w json"
    })
final class MoveLeaderCommand implements Callable<Integer> {
  private final Session session;

  @Parameters(
      arity = "0..*",
      paramLabel = "MEMBER",
      description = "the one to lead, its id in hexadecimal digits")
  List<String> args = new ArrayList<>();

  MoveLeaderCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    if (args.size() != 1) {
      throw new UsageError("move-leader command needs 1 argument");
    }
    long target;
    try {
      target = Long.parseUnsignedLong(args.get(0), 16);
    } catch (NumberFormatException _) {
      throw new UsageError("strconv.ParseUint: parsing \"" + args.get(0) + "\": invalid syntax");
    }
    Printer printer = session.printerOfKeys();
    List<String> endpoints = session.globals().endpointList();
    for (String endpoint : endpoints) {
      Maintenance maintenance = session.client(List.of(endpoint)).maintenance();
      StatusResponse status = maintenance.status();
      if (status.leader() == status.header().memberId()) {
        Done done = maintenance.moveLeader(target);
        printer.done(
            done.header(),
            "Leadership transferred from "
                + Long.toHexString(status.leader())
                + " to "
                + Long.toHexString(target));
        return ExitCodes.OK;
      }
    }
    if (!endpoints.isEmpty()) {
      throw new UsageError("no leader endpoint given at [" + String.join(" ", endpoints) + "]");
    }
    return ExitCodes.OK;
  }
}
