package io.quorate.cli;

import io.quorate.client.Auth;
import io.quorate.client.Done;
import io.quorate.client.NamesResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code user …}: who may call. */
final class UserCommands {
  private UserCommands() {}

  /** {@code user add}. */
  @Command(
      name = "add",
      description = "Adds a new user",
      footer = {"", "Examples:", "  quorate user add alice", "  quorate user add alice:secret"})
  static final class Add implements Callable<Integer> {
    private final Session session;

    @Parameters(
        arity = "0..*",
        paramLabel = "NAME[:PASSWORD]",
        description = "without a password it is asked for")
    List<String> args = new ArrayList<>();

    @Option(
        names = "--interactive",
        arity = "0..1",
        fallbackValue = "true",
        description = "ask for the password at the terminal, else read it (default: true)")
    boolean interactive = true;

    @Option(names = "--new-user-password", paramLabel = "PASSWORD", description = "the password")
    String newUserPassword = "";

    @Option(names = "--no-password", description = "let only certificates say who it is")
    boolean noPassword;

    Add(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() {
      if (args.size() != 1) {
        throw new UsageError("user add command requires user name as its argument");
      }
      Printer printer = session.printerOfKeys();
      String user = args.get(0);
      String password = newUserPassword;
      int colon = user.indexOf(':');
      if (!noPassword && password.isEmpty()) {
        if (colon == 0) {
          throw new UsageError("empty user name is not allowed");
        }
        password =
            colon > 0
                ? user.substring(colon + 1)
                : Passwords.choose(session, Session.text(user), interactive);
        user = colon > 0 ? user.substring(0, colon) : user;
      }
      String name = Session.text(user);
      Auth auth = session.client().auth();
      Done done =
          noPassword
              ? auth.userAddWithoutPassword(name)
              : auth.userAdd(name, Session.text(password));
      printer.done(done.header(), "User " + name + " created");
      return ExitCodes.OK;
    }
  }

  /** {@code user get}. */
  @Command(
      name = "get",
      description = "Gets detailed information of a user",
      footer = {"", "Examples:", "  quorate user get alice", "  quorate user get alice --detail"})
  static final class Get implements Callable<Integer> {
    private final Session session;

    @Parameters(arity = "0..*", paramLabel = "NAME", description = "the user")
    List<String> args = new ArrayList<>();

    @Option(names = "--detail", description = "what the roles of the user permit, too")
    boolean detail;

    Get(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() {
      if (args.size() != 1) {
        throw new UsageError("user get command requires user name as its argument");
      }
      String user = Session.text(args.get(0));
      Printer printer = session.printerOfKeys();
      Auth auth = session.client().auth();
      NamesResponse roles = auth.userGet(user);
      if (!detail) {
        printer.userGet(user, roles);
        return ExitCodes.OK;
      }
      session.out().print("User: " + user + "\n");
      for (String role : roles.names()) {
        session.out().print("\n");
        printer.roleGet(role, auth.roleGet(role));
      }
      return ExitCodes.OK;
    }
  }

  /** {@code user list}. */
  @Command(
      name = "list",
      description = "Lists all users",
      footer = {"", "Examples:", "  quorate user list", "  quorate user list -w json"})
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
        throw new UsageError("user list command requires no arguments");
      }
      Printer printer = session.printerOfKeys();
      printer.userList(session.client().auth().userList());
      return ExitCodes.OK;
    }
  }

  /** {@code user delete}. */
  @Command(
      name = "delete",
      description = "Deletes a user",
      footer = {
        "",
        "Examples:",
        "  quorate user delete alice",
        "  quorate user delete alice -w json"
      })
  static final class Delete implements Callable<Integer> {
    private final Session session;

    @Parameters(arity = "0..*", paramLabel = "NAME", description = "the user")
    List<String> args = new ArrayList<>();

    Delete(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() {
      if (args.size() != 1) {
        throw new UsageError("user delete command requires user name as its argument");
      }
      String user = Session.text(args.get(0));
      Printer printer = session.printerOfKeys();
      printer.done(session.client().auth().userDelete(user).header(), "User " + user + " deleted");
      return ExitCodes.OK;
    }
  }

  /** {@code user passwd}. */
  @Command(
      name = "passwd",
      description = "Changes password of user",
      footer = {
        "",
        "Examples:",
        "  quorate user passwd alice",
        "  quorate user passwd alice --interactive=false < file"
      })
  static final class Passwd implements Callable<Integer> {
    private final Session session;

    @Parameters(arity = "0..*", paramLabel = "NAME", description = "the user")
    List<String> args = new ArrayList<>();

    @Option(
        names = "--interactive",
        arity = "0..1",
        fallbackValue = "true",
        description = "ask for the password at the terminal, else read it (default: true)")
    boolean interactive = true;

    Passwd(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() {
      if (args.size() != 1) {
        throw new UsageError("user passwd command requires user name as its argument");
      }
      String user = Session.text(args.get(0));
      Printer printer = session.printerOfKeys();
      String password = Session.text(Passwords.choose(session, user, interactive));
      printer.done(
          session.client().auth().userChangePassword(user, password).header(), "Password updated");
      return ExitCodes.OK;
    }
  }

  /** {@code user grant-role}. */
  @Command(
      name = "grant-role",
      description = "Grants a role to a user",
      footer = {
        "",
        "Examples:",
        "  quorate user grant-role alice readers",
        "  quorate user grant-role root root"
      })
  static final class GrantRole implements Callable<Integer> {
    private final Session session;

    @Parameters(arity = "0..*", paramLabel = "USER ROLE", description = "the user and the role")
    List<String> args = new ArrayList<>();

    GrantRole(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() {
      if (args.size() != 2) {
        throw new UsageError("user grant command requires user name and role name as its argument");
      }
      String user = Session.text(args.get(0));
      String role = Session.text(args.get(1));
      Printer printer = session.printerOfKeys();
      printer.done(
          session.client().auth().userGrantRole(user, role).header(),
          "Role " + role + " is granted to user " + user);
      return ExitCodes.OK;
    }
  }

  /** {@code user revoke-role}. */
  @Command(
      name = "revoke-role",
      description = "Revokes a role from a user",
      footer = {
        "",
        "Examples:",
        "  quorate user revoke-role alice readers",
        "  quorate user revoke-role alice readers -w json"
      })
  static final class RevokeRole implements Callable<Integer> {
    private final Session session;

    @Parameters(arity = "0..*", paramLabel = "USER ROLE", description = "the user and the role")
    List<String> args = new ArrayList<>();

    RevokeRole(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() {
      if (args.size() != 2) {
        throw new UsageError("user revoke-role requires user name and role name as its argument");
      }
      String user = Session.text(args.get(0));
      String role = Session.text(args.get(1));
      Printer printer = session.printerOfKeys();
      printer.done(
          session.client().auth().userRevokeRole(user, role).header(),
          "Role " + role + " is revoked from user " + user);
      return ExitCodes.OK;
    }
  }
}
