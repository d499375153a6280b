package io.quorate.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** {@code version}: which command this is, and which API it speaks. */
@Command(
    name = "version",
    description = "Prints the version of quorate",
    footer = {"", "Examples:", "  quorate version", "  quorate version | head -1"})
final class VersionCommand implements Callable<Integer> {
  private static final String API_VERSION = "3.6";

  private final Session session;

  VersionCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    String version = Cli.class.getPackage().getImplementationVersion();
    session
        .out()
        .print(
            "quorate version: "
                + (version == null ? "not packaged" : version)
                + "\nAPI version: "
                + API_VERSION
                + "\n");
    return ExitCodes.OK;
  }
}
