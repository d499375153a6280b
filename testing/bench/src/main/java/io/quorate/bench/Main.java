package io.quorate.bench;

import io.quorate.bench.LoadSettings.Kind;
import java.io.Console;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code quorate bench}: load against any etcd v3 endpoint. */
@Command(
    name = "bench",
    description = "Puts load on any etcd v3 endpoint, and reports what came back.",
    synopsisSubcommandLabel = "COMMAND",
    footer = {
      "",
      "Examples:",
      "  quorate bench put --clients 128 --duration 10s",
      "  quorate bench range --rate 5000 --total 100000 --json"
    })
public final class Main implements Runnable {
  private static final int FAILED = 1;
  private static final int USAGE = 2;
  private static final int UNAVAILABLE = 3;

  @Spec CommandSpec spec = CommandSpec.create();

  private Main() {}

  /** Runs one benchmark and ends the process with its exit code. */
  @SuppressWarnings("SystemConsoleNull") // NullAway knows the older contract
  public static void main(String[] args) {
    Console console = System.console();
    boolean terminal = console != null && console.isTerminal();
    System.exit(run(System.out, System.err, terminal, args));
  }

  /** Runs one benchmark; the exit code. */
  static int run(PrintStream out, PrintStream err, boolean terminal, String... args) {
    CommandLine line = new CommandLine(new Main());
    for (Kind kind : Kind.values()) {
      line.addSubcommand(kind.name().toLowerCase(Locale.ROOT), new Bench(kind, out, err, terminal));
    }
    return line.setColorScheme(CommandLine.Help.defaultColorScheme(Ansi.OFF))
        .setOut(new java.io.PrintWriter(out, true, StandardCharsets.UTF_8))
        .setErr(new java.io.PrintWriter(err, true, StandardCharsets.UTF_8))
        .setParameterExceptionHandler((wrong, _) -> {
          err.println("Error: " + wrong.getMessage());
          err.println("Run 'quorate bench --help' for usage.");
          return USAGE;
        })
        .execute(args);
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "put, range, txn or mixed?");
  }

  /** One kind of load. */
  @Command(
      description = "Calls outstanding in a closed loop, or due at a fixed rate.",
      footer = {
        "",
        "Examples:",
        "  quorate bench ${COMMAND-NAME} --clients 128 --duration 10s",
        "  quorate bench ${COMMAND-NAME} --rate 1000 --total 10000 --json"
      })
  private static final class Bench implements Callable<Integer> {
    private final Kind kind;
    private final PrintStream out;
    private final PrintStream err;
    private final boolean terminal;

    @Spec CommandSpec spec = CommandSpec.create();

    @Option(
        names = {"-h", "--help"},
        usageHelp = true,
        description = "print this and end")
    @SuppressWarnings("UnusedVariable") // picocli reads it
    boolean help;

    @Option(
        names = "--endpoints",
        split = ",",
        defaultValue = "${env:QUORATE_ENDPOINTS:-${env:ETCDCTL_ENDPOINTS:-127.0.0.1:2379}}",
        paramLabel = "HOST:PORT",
        description = "connections go to them in turn (default: ${DEFAULT-VALUE})")
    List<String> endpoints = new ArrayList<>();

    @Option(
        names = "--clients",
        defaultValue = "128",
        paramLabel = "N",
        description = "calls outstanding at any time (default: ${DEFAULT-VALUE})")
    int clients;

    @Option(
        names = "--connections",
        defaultValue = "8",
        paramLabel = "N",
        description = "over which they are spread (default: ${DEFAULT-VALUE})")
    int connections;

    @Option(
        names = "--key-size",
        defaultValue = "32",
        paramLabel = "BYTES",
        description = "default: ${DEFAULT-VALUE}")
    int keySize;

    @Option(
        names = "--value-size",
        defaultValue = "256",
        paramLabel = "BYTES",
        description = "default: ${DEFAULT-VALUE}")
    int valueSize;

    @Option(
        names = "--key-space",
        defaultValue = "10000",
        paramLabel = "N",
        description = "how many different keys (default: ${DEFAULT-VALUE})")
    int keySpace;

    @Option(names = "--sequential-keys", description = "keys in order, not by chance")
    boolean sequentialKeys;

    @Option(
        names = "--read-share",
        defaultValue = "0.9",
        paramLabel = "0..1",
        description = "how much of a mixed load reads (default: ${DEFAULT-VALUE})")
    double readShare;

    @Option(
        names = "--total",
        defaultValue = "0",
        paramLabel = "N",
        description = "so many calls, instead of a duration")
    long total;

    @Option(
        names = "--duration",
        defaultValue = "10s",
        paramLabel = "TIME",
        description = "how long to count (default: ${DEFAULT-VALUE})")
    String duration = "";

    @Option(
        names = "--rate",
        defaultValue = "0",
        paramLabel = "N",
        description =
            "calls due a second; latency counts from when a call was due (default: a closed loop)")
    double rate;

    @Option(
        names = "--warm-up",
        defaultValue = "3s",
        paramLabel = "TIME",
        description = "run so long before counting (default: ${DEFAULT-VALUE})")
    String warmUp = "";

    @Option(names = "--serializable", description = "read what the member has, without a quorum")
    boolean serializable;

    @Option(
        names = "--seed",
        defaultValue = "1",
        paramLabel = "N",
        description = "of the keys' order (default: ${DEFAULT-VALUE})")
    long seed;

    @Option(names = "--json", description = "print the result as JSON")
    boolean json;

    Bench(Kind kind, PrintStream out, PrintStream err, boolean terminal) {
      this.kind = kind;
      this.out = out;
      this.err = err;
      this.terminal = terminal;
    }

    @Override
    public Integer call() throws InterruptedException {
      LoadSettings settings;
      try {
        settings = settings();
      } catch (IllegalArgumentException e) {
        throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()));
      }
      Load load = Load.start(settings, Load.Phases.NONE);
      new Progress(err, terminal).follow(load, settings);
      LoadResult result;
      try {
        result = load.await();
      } catch (IllegalStateException e) {
        err.println("Error: " + e.getMessage());
        return UNAVAILABLE;
      }
      out.print(json ? Report.json(result) : Report.text(result));
      out.flush();
      return result.succeeded() > 0 ? 0 : FAILED;
    }

    private LoadSettings settings() {
      List<InetSocketAddress> addresses = new ArrayList<>();
      for (String endpoint : endpoints) {
        addresses.add(address(endpoint));
      }
      return new LoadSettings(
          kind,
          addresses,
          clients,
          connections,
          keySize,
          valueSize,
          keySpace,
          sequentialKeys,
          readShare,
          total,
          time(duration),
          rate,
          time(warmUp),
          serializable,
          seed);
    }
  }

  static InetSocketAddress address(String endpoint) {
    String plain = endpoint.startsWith("http://") ? endpoint.substring(7) : endpoint;
    int colon = plain.lastIndexOf(':');
    try {
      return new InetSocketAddress(
          plain.substring(0, Math.max(0, colon)), Integer.parseInt(plain.substring(colon + 1)));
    } catch (NumberFormatException _) {
      throw new IllegalArgumentException("not host:port: " + endpoint);
    }
  }

  /** {@code 500ms}, {@code 10s}, {@code 2m}; a bare number means seconds. */
  static Duration time(String text) {
    int digits = 0;
    while (digits < text.length() && "0123456789.".indexOf(text.charAt(digits)) >= 0) {
      digits++;
    }
    double unit =
        switch (text.substring(digits)) {
          case "ms" -> 1e6;
          case "", "s" -> 1e9;
          case "m" -> 60e9;
          case "h" -> 3_600e9;
          default -> throw new IllegalArgumentException("not a time such as 500ms or 10s: " + text);
        };
    try {
      return Duration.ofNanos((long) (Double.parseDouble(text.substring(0, digits)) * unit));
    } catch (NumberFormatException _) {
      throw new IllegalArgumentException("not a time such as 500ms or 10s: " + text);
    }
  }
}
