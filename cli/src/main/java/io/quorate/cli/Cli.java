package io.quorate.cli;

import io.quorate.base.QuorateException;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * One run of the {@code quorate} command, on given streams and variables.
 *
 * <p>Global options come from the command line, else from {@code QUORATE_…}, else from {@code
 * ETCDCTL_…}: {@code --command-timeout} from {@code QUORATE_COMMAND_TIMEOUT}.
 */
public final class Cli {
  private final InputStream in;
  private final PrintStream out;
  private final PrintStream err;
  private final Map<String, String> variables;
  private final Interrupts interrupts;

  /** With the process's surroundings, or a test's. */
  public Cli(InputStream in, PrintStream out, PrintStream err, Map<String, String> variables) {
    this(in, out, err, variables, Interrupts.NONE);
  }

  Cli(
      InputStream in,
      PrintStream out,
      PrintStream err,
      Map<String, String> variables,
      Interrupts interrupts) {
    this.in = in;
    this.out = out;
    this.err = err;
    this.variables = variables;
    this.interrupts = interrupts;
  }

  /**
   * Runs one command.
   *
   * @param arguments one character a byte
   * @return the exit code
   */
  public int run(String... arguments) {
    List<String> behindDashes = null;
    String[] args = QuickParse.spelledOut(arguments);
    int dashes = List.of(arguments).indexOf("--");
    if (dashes >= 0 && QuickParse.commandName(args).equals(List.of("watch"))) {
      behindDashes = List.of(arguments).subList(dashes + 1, arguments.length);
      args = Arrays.copyOf(args, dashes);
    }
    GlobalOptions plain = new GlobalOptions();
    try (Session session = session(plain)) {
      session.behindDashes(behindDashes);
      Callable<Integer> command = quickly(session, plain, args);
      if (command != null) {
        try {
          plain.check();
          return command.call();
        } catch (RuntimeException e) {
          return failed(e, plain);
        } catch (Exception e) {
          throw new IllegalStateException(e); // no command of ours throws one
        }
      }
    }
    GlobalOptions globals = new GlobalOptions();
    try (Session session = session(globals)) {
      session.behindDashes(behindDashes);
      return commandLine(globals, Commands.root(session, globals, args)).execute(args);
    }
  }

  private Session session(GlobalOptions globals) {
    return new Session(globals, in, out, err, variables, interrupts);
  }

  /** The command, its options set; null if it takes picocli to understand what is meant. */
  private @Nullable Callable<Integer> quickly(
      Session session, GlobalOptions globals, String... args) {
    List<String> name = QuickParse.commandName(args);
    Callable<Integer> command = Commands.leaf(session, name);
    return command != null && QuickParse.into(command, globals, this::variable, name.size(), args)
        ? command
        : null;
  }

  private CommandLine commandLine(GlobalOptions globals, CommandLine root) {
    return root.setOverwrittenOptionsAllowed(true) // the last one counts, as in etcdctl
        .setColorScheme(CommandLine.Help.defaultColorScheme(Ansi.OFF))
        .setOut(new PrintWriter(out, true, StandardCharsets.UTF_8))
        .setErr(new PrintWriter(err, true, StandardCharsets.UTF_8))
        .setDefaultValueProvider(
            arg -> arg instanceof OptionSpec option ? variable(option.longestName()) : null)
        .setExecutionStrategy(parsed -> {
          try {
            globals.check();
          } catch (UsageError | Failure e) {
            return failed(e, globals);
          }
          return new CommandLine.RunLast().execute(parsed);
        })
        .setParameterExceptionHandler(this::wrongCommandLine)
        .setExecutionExceptionHandler((failure, _, _) -> {
          if (failure instanceof RuntimeException known) {
            return failed(known, globals);
          }
          throw failure;
        });
  }

  private @Nullable String variable(String option) {
    if (!GlobalOptions.isGlobal(option)) {
      return null;
    }
    String suffix = option.substring(2).toUpperCase(Locale.ROOT).replace('-', '_');
    String own = variables.get("QUORATE_" + suffix);
    return own != null ? own : variables.get("ETCDCTL_" + suffix);
  }

  private int wrongCommandLine(ParameterException failure, String[] args) {
    boolean noCommand =
        failure instanceof UnmatchedArgumentException unmatched
            && !unmatched.isUnknownOption()
            && failure.getCommandLine().getParent() == null;
    err.println(
        "Error: "
            + (noCommand ? "unknown command \"" + firstPlain(args) + "\"" : failure.getMessage()));
    UnmatchedArgumentException.printSuggestions(
        failure, new PrintWriter(err, true, StandardCharsets.UTF_8));
    err.println(
        "Run '"
            + failure.getCommandLine().getCommandSpec().qualifiedName()
            + " --help' for usage.");
    return ExitCodes.FAILED;
  }

  private static String firstPlain(String... args) {
    for (String arg : args) {
      if (!arg.startsWith("-")) {
        return arg;
      }
    }
    return "";
  }

  private int failed(RuntimeException failure, GlobalOptions globals) {
    if (globals.debug) {
      failure.printStackTrace(err);
    }
    if (failure instanceof UsageError usage) {
      err.println("Error: " + usage.getMessage());
      return ExitCodes.USAGE;
    }
    if (failure instanceof Failure plain) {
      err.println("Error: " + plain.getMessage());
      return plain.exitCode();
    }
    if (failure instanceof QuorateException known) {
      err.println("Error: " + known.getMessage());
      if (known instanceof QuorateException.Indeterminate) {
        err.println("Whether it took effect is not known; read before you try again.");
      }
      return ExitCodes.of(known);
    }
    throw failure;
  }
}
