package io.quorate.cli;

import io.quorate.base.Bytes;
import io.quorate.client.Keys;
import io.quorate.client.Permission;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code role …}: what users may do. */
final class RoleCommands {
  private RoleCommands() {}

  /** {@code role add}. */
  @Command(
      name = "add",
      description = "Adds a new role",
      footer = {
        "",
        "Examples:",
        "  quorate role add readers",
        "  quorate role add readers -w json"
      })
  static final class Add implements Callable<Integer> {
    private final Session session;

    @Parameters(arity = "0..*", paramLabel = "NAME", description = "the role")
    List<String> args = new ArrayList<>();

    Add(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() {
      if (args.size() != 1) {
        throw new UsageError("role add command requires role name as its argument");
      }
      String role = Session.text(args.get(0));
      Printer printer = session.printerOfKeys();
      printer.done(session.client().auth().roleAdd(role).header(), "Role " + role + " created");
      return ExitCodes.OK;
    }
  }

  /** {@code role get}. */
  @Command(
      name = "get",
      description = "Gets detailed information of a role",
      footer = {
        "",
        "Examples:",
        "  quorate role get readers",
        "  quorate role get readers -w json"
      })
  static final class Get implements Callable<Integer> {
    private final Session session;

    @Parameters(arity = "0..*", paramLabel = "NAME", description = "the role")
    List<String> args = new ArrayList<>();

    Get(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() {
      if (args.size() != 1) {
        throw new UsageError("role get command requires role name as its argument");
      }
      String role = Session.text(args.get(0));
      Printer printer = session.printerOfKeys();
      printer.roleGet(role, session.client().auth().roleGet(role));
      return ExitCodes.OK;
    }
  }

  /** {@code role list}. */
  @Command(
      name = "list",
      description = "Lists all roles",
      footer = {"", "Examples:", "  quorate role list", "  quorate role list -w json"})
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
        throw new UsageError("role list command requires no arguments");
      }
      Printer printer = session.printerOfKeys();
      printer.roleList(session.client().auth().roleList());
      return ExitCodes.OK;
    }
  }

  /** {@code role delete}. */
  @Command(
      name = "delete",
      description = "Deletes a role",
      footer = {
        "",
        "Examples:",
        "  quorate role delete readers",
        "  quorate role delete readers -w json"
      })
  static final class Delete implements Callable<Integer> {
    private final Session session;

    @Parameters(arity = "0..*", paramLabel = "NAME", description = "the role")
    List<String> args = new ArrayList<>();

    Delete(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() {
      if (args.size() != 1) {
        throw new UsageError("role delete command requires role name as its argument");
      }
      String role = Session.text(args.get(0));
      Printer printer = session.printerOfKeys();
      printer.done(session.client().auth().roleDelete(role).header(), "Role " + role + " deleted");
      return ExitCodes.OK;
    }
  }

  /** {@code role grant-permission}. */
  @Command(
      name = "grant-permission",
      description = "Grants a key to a role",
      footer = {
        "",
        "Examples:",
        "  quorate role grant-permission readers read users/ --prefix",
        "  quorate role grant-permission writers readwrite a b"
      })
  static final class GrantPermission implements Callable<Integer> {
    private final Session session;

    @Parameters(
        arity = "0..*",
        paramLabel = "ROLE TYPE KEY [END]",
        description = "read, write or readwrite; key, or [key, end)")
    List<String> args = new ArrayList<>();

    @Option(names = "--prefix", description = "all keys with this prefix")
    boolean prefix;

    @Option(names = "--from-key", description = "this key and all behind it")
    boolean fromKey;

    GrantPermission(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() {
      if (args.size() < 3) {
        throw new UsageError(
            "role grant command requires role name, permission type, and key [endkey] as its"
                + " argument");
      }
      Permission.Type type =
          switch (args.get(1).toUpperCase(Locale.ROOT)) {
            case "READ" -> Permission.Type.READ;
            case "WRITE" -> Permission.Type.WRITE;
            case "READWRITE" -> Permission.Type.READWRITE;
            default -> throw new UsageError("invalid permission type: " + args.get(1));
          };
      Bytes[] range = range(args.subList(2, args.size()), prefix, fromKey);
      String role = Session.text(args.get(0));
      Printer printer = session.printerOfKeys();
      printer.done(
          session
              .client()
              .auth()
              .roleGrantPermission(role, new Permission(type, range[0], range[1]))
              .header(),
          "Role " + role + " updated");
      return ExitCodes.OK;
    }
  }

  /** {@code role revoke-permission}. */
  @Command(
      name = "revoke-permission",
      description = "Revokes a key from a role",
      footer = {
        "",
        "Examples:",
        "  quorate role revoke-permission readers users/ --prefix",
        "  quorate role revoke-permission writers a b"
      })
  static final class RevokePermission implements Callable<Integer> {
    private final Session session;

    @Parameters(
        arity = "0..*",
        paramLabel = "ROLE KEY [END]",
        description = "key, or [key, end), as it was granted")
    List<String> args = new ArrayList<>();

    @Option(names = "--prefix", description = "all keys with this prefix")
    boolean prefix;

    @Option(names = "--from-key", description = "this key and all behind it")
    boolean fromKey;

    RevokePermission(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() {
      if (args.size() < 2) {
        throw new UsageError(
            "role revoke-permission command requires role name and key [endkey] as its argument");
      }
      Bytes[] range = range(args.subList(1, args.size()), prefix, fromKey);
      String role = Session.text(args.get(0));
      String key = range[0].toUtf8();
      String what =
          range[1].isEmpty()
              ? "key " + key
              : range[1].equals(Keys.ZERO)
                  ? "range [" + key + ", <open ended>"
                  : "range [" + key + ", " + range[1].toUtf8() + ")";
      Printer printer = session.printerOfKeys();
      printer.done(
          session.client().auth().roleRevokePermission(role, range[0], range[1]).header(),
          "Permission of " + what + " is revoked from role " + role);
      return ExitCodes.OK;
    }
  }

  private static Bytes[] range(List<String> ends, boolean prefix, boolean fromKey) {
    if (prefix && fromKey) {
      throw new UsageError("--from-key and --prefix flags are mutually exclusive");
    }
    Bytes key = Session.bytes(ends.get(0));
    if (!prefix && !fromKey) {
      return new Bytes[] {key, ends.size() == 1 ? Bytes.EMPTY : Session.bytes(ends.get(1))};
    }
    if (ends.size() > 1) {
      throw new UsageError(
          "unexpected endkey argument with --" + (prefix ? "prefix" : "from-key") + " flag");
    }
    Bytes first = key.isEmpty() ? Keys.ZERO : key;
    return new Bytes[] {first, prefix && !key.isEmpty() ? Keys.prefixEnd(key) : Keys.ZERO};
  }
}
