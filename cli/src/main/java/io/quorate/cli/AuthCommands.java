package io.quorate.cli;

import io.quorate.base.QuorateException;
import io.quorate.client.Auth;
import io.quorate.client.AuthStatusResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code auth …}: whether members ask who calls. */
final class AuthCommands {
  private AuthCommands() {}

  /** {@code auth enable}. */
  @Command(
      name = "enable",
      description = "Enables authentication; user root must be there",
      footer = {
        "",
        "Examples:",
        "  quorate auth enable",
        "  quorate user add root:secret && quorate auth enable"
      })
  static final class Enable implements Callable<Integer> {
    private final Session session;

    @Parameters(arity = "0..*", hidden = true, description = "none")
    List<String> args = new ArrayList<>();

    Enable(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() {
      if (!args.isEmpty()) {
        throw new UsageError("auth enable command does not accept any arguments");
      }
      Auth auth = session.client().auth();
      try {
        var _ = auth.enable();
      } catch (QuorateException e) {
        if (!"etcdserver: root user does not have root role".equals(e.getMessage())) {
          throw e;
        }
        try {
          var _ = auth.roleAdd("root");
        } catch (QuorateException exists) {
          if (!"etcdserver: role name already exists".equals(exists.getMessage())) {
            throw exists;
          }
        }
        var _ = auth.userGrantRole("root", "root");
        var _ = auth.enable();
      }
      session.out().print("Authentication Enabled\n");
      return ExitCodes.OK;
    }
  }

  /** {@code auth disable}. */
  @Command(
      name = "disable",
      description = "Disables authentication",
      footer = {
        "",
        "Examples:",
        "  quorate auth disable --user root:secret",
        "  quorate --user root auth disable"
      })
  static final class Disable implements Callable<Integer> {
    private final Session session;

    @Parameters(arity = "0..*", hidden = true, description = "none")
    List<String> args = new ArrayList<>();

    Disable(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() {
      if (!args.isEmpty()) {
        throw new UsageError("auth disable command does not accept any arguments");
      }
      var _ = session.client().auth().disable();
      session.out().print("Authentication Disabled\n");
      return ExitCodes.OK;
    }
  }

  /** {@code auth status}. */
  @Command(
      name = "status",
      description = "Returns authentication status",
      footer = {"", "Examples:", "  quorate auth status", "  quorate auth status -w json"})
  static final class Status implements Callable<Integer> {
    private final Session session;

    @Parameters(arity = "0..*", hidden = true, description = "none")
    List<String> args = new ArrayList<>();

    Status(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() {
      if (!args.isEmpty()) {
        throw new UsageError("auth status command does not accept any arguments");
      }
      Printer printer = session.printerOfKeys();
      AuthStatusResponse response = session.client().auth().status();
      printer.authStatus(response);
      return ExitCodes.OK;
    }
  }
}
