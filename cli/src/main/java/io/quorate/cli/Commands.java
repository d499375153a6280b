package io.quorate.cli;

import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;

/**
 * The tree of commands. Only the branch that the arguments name is built: reflecting over the
 * others would take longer than most commands do.
 */
final class Commands {
  private static final String ROOT_HELP =
      "Agreement for Java services: a replicated key-value store that speaks the etcd v3 API.";

  private Commands() {}

  @Command(
      name = "quorate",
      description = ROOT_HELP,
      mixinStandardHelpOptions = false,
      synopsisSubcommandLabel = "COMMAND",
      footer = {
        "",
        "Every global option can be given as a variable: --endpoints as QUORATE_ENDPOINTS",
        "or ETCDCTL_ENDPOINTS.",
        "",
        "Not listed, with a --help of their own: 'quorate dev' starts a cluster to try",
        "things out, 'quorate server' one member, 'quorate bench' puts load on members,",
        "'quorate sim' runs clusters in simulated worlds.",
        "",
        "Exit codes, as etcdctl's: 0 ok, 1 failed, 2 bad connection, 3 invalid input,",
        "4 not supported, 5 interrupted, 6 file error, 128 wrong arguments. Our own: 4,",
        "another one holds the lock; 20, it is not known whether it took effect.",
        "",
        "Examples:",
        "  quorate put greeting hello",
        "  quorate --endpoints 127.0.0.1:2379 -w table endpoint status --cluster"
      })
  static final class Root implements Runnable {
    private final Session session;

    @picocli.CommandLine.Spec CommandSpec spec = CommandSpec.create();

    @picocli.CommandLine.Option(
        names = {"-h", "--help"},
        usageHelp = true,
        scope = picocli.CommandLine.ScopeType.INHERIT,
        description = "print this and end")
    boolean help;

    Root(Session session) {
      this.session = session;
    }

    @Override
    public void run() {
      spec.commandLine().usage(session.out());
    }
  }

  /** All commands, in the order in which help lists them. */
  static final List<String> NAMES =
      List.of(
          "get",
          "put",
          "del",
          "txn",
          "watch",
          "compaction",
          "lease grant",
          "lease revoke",
          "lease timetolive",
          "lease list",
          "lease keep-alive",
          "lock",
          "elect",
          "locks",
          "id next",
          "id decode",
          "id lease",
          "events append",
          "events read",
          "events tail",
          "events streams",
          "events subscriptions",
          "events parked",
          "xa list",
          "xa show",
          "xa commit",
          "xa rollback",
          "xa forget",
          "xa coordinators",
          "member list",
          "member add",
          "member remove",
          "member update",
          "member promote",
          "endpoint status",
          "endpoint health",
          "endpoint hashkv",
          "move-leader",
          "alarm list",
          "alarm disarm",
          "defrag",
          "downgrade validate",
          "downgrade enable",
          "downgrade cancel",
          "snapshot save",
          "snapshot status",
          "snapshot restore",
          "import",
          "auth enable",
          "auth disable",
          "auth status",
          "user add",
          "user get",
          "user list",
          "user delete",
          "user passwd",
          "user grant-role",
          "user revoke-role",
          "role add",
          "role get",
          "role list",
          "role delete",
          "role grant-permission",
          "role revoke-permission",
          "make-mirror",
          "migrate",
          "check perf",
          "check datascale",
          "version");

  /** Those that etcdctl hasn't: what is short for one of etcdctl's is never one of these. */
  private static final List<String> OWN =
      List.of(
          "locks",
          "id next",
          "id decode",
          "id lease",
          "xa list",
          "xa show",
          "xa commit",
          "xa rollback",
          "xa forget",
          "xa coordinators",
          "import",
          "migrate");

  /** The first words of commands that have two. */
  static final List<String> GROUPS =
      List.of(
          "lease",
          "id",
          "events",
          "xa",
          "member",
          "endpoint",
          "alarm",
          "downgrade",
          "snapshot",
          "auth",
          "user",
          "role",
          "check");

  private static String about(String group) {
    return switch (group) {
      case "lease" -> "Leases: keys that go with them are deleted when they end";
      case "id" -> "Unique ids of 64 bits that rise with time";
      case "events" -> "Streams of events, and who consumes them";
      case "xa" -> "Transactions over databases, whose decisions are in the store";
      case "member" -> "The cluster's members";
      case "endpoint" -> "Single members, by their endpoints";
      case "alarm" -> "Alarms, which keep writes away until they are disarmed";
      case "downgrade" -> "Going back to an earlier version";
      case "snapshot" -> "Copies of a member's whole state";
      case "auth" -> "Whether members ask who calls";
      case "user" -> "Who may call";
      case "role" -> "What users may do";
      default -> "How well a cluster does";
    };
  }

  /** The command of this name, without the tree around it; null if there is none. */
  static @Nullable Callable<Integer> leaf(Session session, List<String> name) {
    return switch (String.join(" ", name)) {
      case "get" -> new GetCommand(session);
      case "put" -> new PutCommand(session);
      case "del" -> new DelCommand(session);
      case "txn" -> new TxnCommand(session);
      case "watch" -> new WatchCommand(session);
      case "compaction" -> new CompactionCommand(session);
      case "lease grant" -> new LeaseCommands.Grant(session);
      case "lease revoke" -> new LeaseCommands.Revoke(session);
      case "lease timetolive" -> new LeaseCommands.TimeToLive(session);
      case "lease list" -> new LeaseCommands.ListAll(session);
      case "lease keep-alive" -> new LeaseCommands.KeepAlive(session);
      case "lock" -> new LockCommand(session);
      case "elect" -> new ElectCommand(session);
      case "locks" -> new LocksCommand(session);
      case "id next" -> new IdCommands.Next(session);
      case "id decode" -> new IdCommands.Decode(session);
      case "id lease" -> new IdCommands.Lease(session);
      case "events append" -> new EventsCommands.AppendOne(session);
      case "events read" -> new EventsCommands.Read(session);
      case "events tail" -> new EventsCommands.Tail(session);
      case "events streams" -> new EventsCommands.Streams(session);
      case "events subscriptions" -> new EventsCommands.Subscriptions(session);
      case "events parked" -> new EventsCommands.Parked(session);
      case "xa list" -> new XaCommands.ListAll(session);
      case "xa show" -> new XaCommands.Show(session);
      case "xa commit" -> new XaCommands.Commit(session);
      case "xa rollback" -> new XaCommands.Rollback(session);
      case "xa forget" -> new XaCommands.Forget(session);
      case "xa coordinators" -> new XaCommands.Coordinators(session);
      case "member list" -> new MemberListCommand(session);
      case "member add" -> new MemberCommands.Add(session);
      case "member remove" -> new MemberCommands.Remove(session);
      case "member update" -> new MemberCommands.Update(session);
      case "member promote" -> new MemberCommands.Promote(session);
      case "endpoint status" -> new EndpointStatusCommand(session);
      case "endpoint health" -> new EndpointHealthCommand(session);
      case "endpoint hashkv" -> new EndpointHashKvCommand(session);
      case "move-leader" -> new MoveLeaderCommand(session);
      case "alarm list" -> new AlarmCommands.ListAll(session);
      case "alarm disarm" -> new AlarmCommands.Disarm(session);
      case "defrag" -> new DefragCommand(session);
      case "downgrade validate" -> new DowngradeCommands.Validate(session);
      case "downgrade enable" -> new DowngradeCommands.Enable(session);
      case "downgrade cancel" -> new DowngradeCommands.Cancel(session);
      case "snapshot save" -> new SnapshotSaveCommand(session);
      case "auth enable" -> new AuthCommands.Enable(session);
      case "auth disable" -> new AuthCommands.Disable(session);
      case "auth status" -> new AuthCommands.Status(session);
      case "user add" -> new UserCommands.Add(session);
      case "user get" -> new UserCommands.Get(session);
      case "user list" -> new UserCommands.ListAll(session);
      case "user delete" -> new UserCommands.Delete(session);
      case "user passwd" -> new UserCommands.Passwd(session);
      case "user grant-role" -> new UserCommands.GrantRole(session);
      case "user revoke-role" -> new UserCommands.RevokeRole(session);
      case "role add" -> new RoleCommands.Add(session);
      case "role get" -> new RoleCommands.Get(session);
      case "role list" -> new RoleCommands.ListAll(session);
      case "role delete" -> new RoleCommands.Delete(session);
      case "role grant-permission" -> new RoleCommands.GrantPermission(session);
      case "role revoke-permission" -> new RoleCommands.RevokePermission(session);
      case "make-mirror" -> new MakeMirrorCommand(session);
      case "migrate" -> new MigrateCommand(session);
      case "check perf" -> new CheckCommands.Perf(session);
      case "check datascale" -> new CheckCommands.Datascale(session);
      case "snapshot status" -> new SnapshotStatusCommand(session);
      case "snapshot restore" -> new SnapshotRestoreCommand(session);
      case "import" -> new ImportCommand(session);
      case "version" -> new VersionCommand(session);
      default -> null;
    };
  }

  /** A command that is only a word before others: it tells which. */
  @Command
  static final class Group implements Runnable {
    private final Session session;

    @picocli.CommandLine.Spec CommandSpec spec = CommandSpec.create();

    Group(Session session) {
      this.session = session;
    }

    @Override
    public void run() {
      spec.commandLine().usage(session.out());
    }
  }

  /** The whole tree, or as much of it as these arguments can need. */
  static CommandLine root(Session session, GlobalOptions globals, String... args) {
    CommandLine root = new CommandLine(new Root(session));
    root.getCommandSpec().addMixin("globals", CommandSpec.forAnnotatedObject(globals));
    String named = named(args);
    for (String name : NAMES) {
      List<String> words = List.of(name.split(" ", -1));
      String first = words.get(0);
      if (!named.isEmpty() && !named.equals(first)) {
        continue;
      }
      CommandLine under = root;
      if (words.size() > 1) {
        CommandLine group = root.getSubcommands().get(first);
        if (group == null) {
          group = new CommandLine(new Group(session));
          group.getCommandSpec().usageMessage().description(about(first));
          root.addSubcommand(first, group);
        }
        under = group;
      }
      under.addSubcommand(words.getLast(), leaf(session, words));
    }
    if (named.isEmpty() || named.equals("completion")) {
      root.addSubcommand("completion", new CompletionCommand(session, root));
    }
    return root;
  }

  /**
   * The only word that begins so behind {@code before}, as etcdctl understands {@code compact} and
   * {@code role grant}; else the word itself, which may be a command or none.
   */
  static String begunBy(String before, String word) {
    String etcdctls = begunBy(before, word, OWN);
    return etcdctls.equals(word) ? begunBy(before, word, List.of()) : etcdctls;
  }

  private static String begunBy(String before, String word, List<String> leftOut) {
    String found = word;
    for (String name : NAMES) {
      if (name.startsWith(before + word) && !leftOut.contains(name)) {
        String full = name.substring(before.length()).split(" ", 2)[0];
        if (full.equals(word) || !(found.equals(word) || found.equals(full))) {
          return word;
        }
        found = full;
      }
    }
    return before.isEmpty() && "completion".startsWith(word) ? word : found;
  }

  /** The first argument that is a command's name, if only that command can be meant. */
  private static String named(String... args) {
    for (String arg : args) {
      if (arg.equals("completion") || arg.equals("--")) {
        return "";
      }
      if (GROUPS.contains(arg) || NAMES.contains(arg)) {
        return arg;
      }
    }
    return "";
  }
}
