package io.quorate.cli;

import io.quorate.client.DowngradeAction;
import io.quorate.client.DowngradeResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code downgrade …}: going back to an earlier version. */
final class DowngradeCommands {
  private DowngradeCommands() {}

  /** {@code downgrade validate}. */
  @Command(
      name = "validate",
      description = "Validates downgrade capability before starting downgrade",
      footer = {
        "",
        "Examples:",
        "  quorate downgrade validate 3.5",
        "  quorate downgrade validate 3.5 -w json"
      })
  static final class Validate implements Callable<Integer> {
    private final Session session;

    @Parameters(arity = "0..*", paramLabel = "VERSION", description = "the version to go back to")
    List<String> args = new ArrayList<>();

    Validate(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() {
      if (args.size() != 1) {
        throw new UsageError(args.isEmpty() ? "TARGET_VERSION not provided" : "too many arguments");
      }
      DowngradeResponse response =
          session
              .client()
              .maintenance()
              .downgrade(DowngradeAction.VALIDATE, Session.text(args.get(0)));
      Printer printer = session.printerOfKeys();
      printer.downgrade(
          response, "Downgrade validate success, cluster version " + response.version());
      return ExitCodes.OK;
    }
  }

  /** {@code downgrade enable}. */
  @Command(
      name = "enable",
      description = "Starts a downgrade action to cluster",
      footer = {
        "",
        "Examples:",
        "  quorate downgrade enable 3.5",
        "  quorate downgrade enable 3.5 -w json"
      })
  static final class Enable implements Callable<Integer> {
    private final Session session;

    @Parameters(arity = "0..*", paramLabel = "VERSION", description = "the version to go back to")
    List<String> args = new ArrayList<>();

    Enable(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() {
      if (args.size() != 1) {
        throw new UsageError(args.isEmpty() ? "TARGET_VERSION not provided" : "too many arguments");
      }
      DowngradeResponse response =
          session
              .client()
              .maintenance()
              .downgrade(DowngradeAction.ENABLE, Session.text(args.get(0)));
      Printer printer = session.printerOfKeys();
      printer.downgrade(
          response, "Downgrade enable success, cluster version " + response.version());
      return ExitCodes.OK;
    }
  }

  /** {@code downgrade cancel}. */
  @Command(
      name = "cancel",
      description = "Cancels the ongoing downgrade action to cluster",
      footer = {
        "",
        "Examples:",
        "  quorate downgrade cancel",
        "  quorate downgrade cancel -w json"
      })
  static final class Cancel implements Callable<Integer> {
    private final Session session;

    @Parameters(arity = "0..*", hidden = true, description = "none")
    List<String> args = new ArrayList<>();

    Cancel(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() {
      DowngradeResponse response =
          session.client().maintenance().downgrade(DowngradeAction.CANCEL, "");
      Printer printer = session.printerOfKeys();
      printer.downgrade(
          response, "Downgrade cancel success, cluster version " + response.version());
      return ExitCodes.OK;
    }
  }
}
