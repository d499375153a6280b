package io.quorate.server;

import io.quorate.base.QuorateException;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * {@code quorate dev}: a whole cluster in one process, to try things out.
 *
 * <p>Three members, or one, that differ from servers only in sharing a JVM: they talk over real
 * sockets and keep real files, so that any of the usual clients can be pointed at them.
 */
public final class Dev {
  private static final int[] SPREAD = {0, 20_000, 30_000};
  private static final int[] CLOSE = {0, 10, 20};
  private static final int PORT_MAX = 65_535;
  private static final long READY_SECONDS_MAX = 60;

  private static final String USAGE =
      """
      Usage: quorate dev [--nodes 1|3] [--data DIR] [--port PORT] [--log-level LEVEL]

      A cluster in one process, for trying things out.
        --nodes      how many members (3)
        --data       where their data is kept (./quorate-dev)
        --port       client port of the first member (2379); the others follow
        --log-level  debug, info, warn or error (warn)

      Examples:
        quorate dev
        quorate dev --nodes 1 --port 4001 --data /tmp/try
      """;

  private Dev() {}

  /** Runs the cluster until it is told to end. */
  public static void main(String[] arguments) {
    int code = run(List.of(arguments), System.out, System.err);
    System.out.flush();
    Logging.stop();
    System.exit(code);
  }

  /** What was asked for. */
  record Options(int nodes, Path data, int port, String logLevel, boolean help) {
    /**
     * Reads the command line.
     *
     * @throws UsageException if it can't be meant
     */
    static Options read(List<String> arguments) throws UsageException {
      int nodes = 3;
      Path data = Path.of("quorate-dev");
      int port = 2379;
      String level = "warn";
      for (int i = 0; i < arguments.size(); i++) {
        String argument = arguments.get(i);
        if (argument.equals("--help") || argument.equals("-h")) {
          return new Options(nodes, data, port, level, true);
        }
        int equals = argument.indexOf('=');
        String name = equals < 0 ? argument : argument.substring(0, equals);
        if (!List.of("--nodes", "--data", "--port", "--log-level").contains(name)) {
          throw new UsageException("there is no option " + name + "; see quorate dev --help");
        }
        if (equals < 0 && ++i == arguments.size()) {
          throw new UsageException(name + " needs a value");
        }
        String value = equals < 0 ? arguments.get(i) : argument.substring(equals + 1);
        switch (name) {
          case "--nodes" -> nodes = number(name, value, 1, 3);
          case "--data" -> data = Path.of(value);
          case "--port" -> port = number(name, value, 1, PORT_MAX - 21);
          default -> level = value;
        }
      }
      if (nodes == 2) {
        throw new UsageException("--nodes is 1 or 3: two members survive no more than one does");
      }
      return new Options(nodes, data, port, level, false);
    }

    private static int number(String name, String value, int min, int max) throws UsageException {
      try {
        int number = Integer.parseInt(value);
        if (number >= min && number <= max) {
          return number;
        }
      } catch (NumberFormatException e) {
        // Falls through to the one message for both.
      }
      throw new UsageException(
          "%s is between %d and %d, not \"%s\"".formatted(name, min, max, value));
    }

    /** The client port of a member; its peers use the next one. */
    int clientPort(int member) {
      int[] offsets = port + SPREAD[2] + 1 <= PORT_MAX ? SPREAD : CLOSE;
      return port + offsets[member];
    }

    /** Addresses are part of who a member is, so each choice of them has its own data. */
    Path directory() {
      return data.resolve(port + "x" + nodes);
    }
  }

  static int run(List<String> arguments, PrintStream out, PrintStream err) {
    Options options;
    List<ServerConfig> configs;
    try {
      options = Options.read(arguments);
      if (options.help()) {
        out.print(USAGE);
        return Main.OK;
      }
      Logging.configure(options.logLevel(), "default");
      configs = configs(options);
    } catch (UsageException e) {
      err.println("quorate dev: " + e.getMessage());
      return Main.USAGE;
    }
    List<ServerMember> members = new ArrayList<>();
    try {
      for (ServerConfig config : configs) {
        requireFree(config.listenClients().getFirst());
        requireFree(config.listenPeers().getFirst());
      }
      for (ServerConfig config : configs) {
        members.add(ServerMember.start(config));
      }
      awaitReady(members);
    } catch (QuorateException | IOException e) {
      close(members);
      err.println("quorate dev: " + e.getMessage());
      return Main.FAILED;
    }
    CompletableFuture<Throwable> stopped = new CompletableFuture<>();
    for (ServerMember each : members) {
      var _ = each.member().stopped().thenAccept(stopped::complete);
    }
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  close(members);
                  Logging.stop();
                },
                "quorate-stop"));
    out.print(welcome(options, configs));
    out.flush();
    err.println("quorate dev: a member can't go on: " + stopped.join().getMessage());
    return Main.FAILED;
  }

  static List<ServerConfig> configs(Options options) throws UsageException {
    List<String> founders = new ArrayList<>();
    for (int i = 0; i < options.nodes(); i++) {
      founders.add("n%d=http://127.0.0.1:%d".formatted(i + 1, options.clientPort(i) + 1));
    }
    List<ServerConfig> configs = new ArrayList<>();
    for (int i = 0; i < options.nodes(); i++) {
      String name = "n" + (i + 1);
      configs.add(
          ServerConfig.of(
                  Settings.read(
                      List.of(
                          "--name=" + name,
                          "--data-dir=" + options.directory().resolve(name),
                          "--listen-client-urls=http://127.0.0.1:" + options.clientPort(i),
                          "--listen-peer-urls=http://127.0.0.1:" + (options.clientPort(i) + 1),
                          "--initial-cluster=" + String.join(",", founders),
                          "--initial-cluster-token=quorate-dev"),
                      Map.of()))
              .sharingTheMachine());
    }
    return configs;
  }

  private static String welcome(Options options, List<ServerConfig> configs) {
    StringBuilder text = new StringBuilder();
    text.append("Quorate ").append(Version.own()).append(": ");
    text.append(configs.size() == 1 ? "one member" : "a cluster of three members");
    text.append(" in this process, for development only (plaintext, no passwords).\n\n");
    for (ServerConfig config : configs) {
      text.append("  ").append(config.name());
      text.append("  clients ").append(config.listenClients().getFirst());
      text.append("  peers ").append(config.listenPeers().getFirst()).append('\n');
    }
    text.append("  data in ").append(options.directory().toAbsolutePath().normalize());
    text.append(" (kept; delete it to start afresh)\n\nTry:\n");
    String all =
        String.join(
            ",",
            configs.stream()
                .map(each -> "127.0.0.1:" + each.listenClients().getFirst().port())
                .toList());
    String here = options.port() == 2379 ? "" : "--endpoints 127.0.0.1:" + options.port() + " ";
    text.append("  quorate ").append(here).append("put greeting hello\n");
    text.append("  quorate ").append(here).append("get greeting\n");
    text.append("  quorate --endpoints ").append(all).append(" endpoint status -w table\n");
    text.append("(etcdctl in the place of quorate does as well.) Ctrl-C stops it.\n");
    return text.toString();
  }

  private static void requireFree(Endpoint endpoint) throws IOException {
    try (ServerSocket socket = new ServerSocket()) {
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress(endpoint.host(), endpoint.port()));
    } catch (IOException e) {
      throw new IOException(
          "port "
              + endpoint.port()
              + " is in use ("
              + e.getMessage()
              + "): is another quorate dev or an etcd running? --port chooses other ports",
          e);
    }
  }

  private static void awaitReady(List<ServerMember> members) throws IOException {
    try {
      CompletableFuture.allOf(
              members.stream().map(ServerMember::ready).toArray(CompletableFuture<?>[]::new))
          .get(READY_SECONDS_MAX, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      throw new IOException("the members found no leader in " + READY_SECONDS_MAX + " s", e);
    } catch (ExecutionException e) {
      throw new IOException("a member stopped: " + e.getCause(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  private static void close(List<ServerMember> members) {
    List<Thread> closing =
        members.stream().map(each -> Thread.ofPlatform().start(each::close)).toList();
    for (Thread thread : closing) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
