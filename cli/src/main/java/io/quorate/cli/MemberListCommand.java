package io.quorate.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** {@code member list}: who belongs to the cluster. */
@Command(
    name = "list",
    description = {
      "Lists all members in the cluster",
      "Simple format: ID, status, name, peer addresses, client addresses, is learner."
    },
    footer = {"", "Examples:", "  quorate member list", "  quorate member list -w table"})
final class MemberListCommand implements Callable<Integer> {
  private final Session session;

  MemberListCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    session.printer().memberList(session.client().cluster().memberList());
    return ExitCodes.OK;
  }
}
