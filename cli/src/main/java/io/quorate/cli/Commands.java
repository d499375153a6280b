package io.quorate.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
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
        "Exit codes: 0 ok, 1 failed, 2 wrong command line, 3 unavailable, 4 conflict,",
        "5 outcome unknown, 6 unhealthy.",
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

  @Command(name = "member", description = "The cluster's members")
  static final class MemberGroup extends Group {}

  @Command(name = "endpoint", description = "Single members, by their endpoints")
  static final class EndpointGroup extends Group {}

  /** A command that is only a word before others. */
  abstract static class Group implements Runnable {
    @picocli.CommandLine.Spec CommandSpec spec = CommandSpec.create();

    @Override
    public void run() {
      throw new CommandLine.ParameterException(
          spec.commandLine(), "missing a command after '" + spec.name() + "'");
    }
  }

  /** The command of this name, without the tree around it; null if there is none. */
  static @Nullable Callable<Integer> leaf(Session session, List<String> name) {
    return switch (String.join(" ", name)) {
      case "get" -> new GetCommand(session);
      case "put" -> new PutCommand(session);
      case "del" -> new DelCommand(session);
      case "txn" -> new TxnCommand(session);
      case "compaction" -> new CompactionCommand(session);
      case "member list" -> new MemberListCommand(session);
      case "endpoint status" -> new EndpointStatusCommand(session);
      case "endpoint health" -> new EndpointHealthCommand(session);
      case "version" -> new VersionCommand(session);
      default -> null;
    };
  }

  /** The whole tree, or as much of it as these arguments can need. */
  static CommandLine root(Session session, GlobalOptions globals, String... args) {
    CommandLine root = new CommandLine(new Root(session));
    root.getCommandSpec().addMixin("globals", CommandSpec.forAnnotatedObject(globals));
    Map<String, Supplier<CommandLine>> all = all(session, root);
    String named = firstIn(all, args);
    for (Map.Entry<String, Supplier<CommandLine>> entry : all.entrySet()) {
      if (named.isEmpty() || named.equals(entry.getKey())) {
        root.addSubcommand(entry.getKey(), entry.getValue().get());
      }
    }
    return root;
  }

  private static Map<String, Supplier<CommandLine>> all(Session session, CommandLine root) {
    Map<String, Supplier<CommandLine>> all = new TreeMap<>();
    all.put("get", () -> new CommandLine(new GetCommand(session)));
    all.put("put", () -> new CommandLine(new PutCommand(session)));
    all.put("del", () -> new CommandLine(new DelCommand(session)));
    all.put("txn", () -> new CommandLine(new TxnCommand(session)));
    all.put("compaction", () -> new CommandLine(new CompactionCommand(session)));
    all.put(
        "member",
        () ->
            new CommandLine(new MemberGroup())
                .addSubcommand("list", new MemberListCommand(session)));
    all.put(
        "endpoint",
        () ->
            new CommandLine(new EndpointGroup())
                .addSubcommand("status", new EndpointStatusCommand(session))
                .addSubcommand("health", new EndpointHealthCommand(session)));
    all.put("version", () -> new CommandLine(new VersionCommand(session)));
    all.put("completion", () -> new CommandLine(new CompletionCommand(session, root)));
    return all;
  }

  /** The first argument that is a command's name, if only that command can be meant. */
  private static String firstIn(Map<String, Supplier<CommandLine>> all, String... args) {
    List<String> plain = new ArrayList<>(List.of(args));
    for (String arg : plain) {
      if (arg.equals("completion") || arg.equals("--")) {
        return "";
      }
      if (all.containsKey(arg)) {
        return arg;
      }
    }
    return "";
  }
}
