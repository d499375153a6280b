package io.quorate.server;

import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import java.io.PrintStream;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;

/**
 * {@code quorate server}: one member, with etcd's flags.
 *
 * <p>Exit codes: 0 after {@code --version} and {@code --help}, 1 if the member can't start or had
 * to stop, 2 for a command line that can't be meant; a signal ends it in order, and then it is 0,
 * since a supervisor takes the JVM's own 143 for a failure.
 */
public final class Main {
  private static final System.Logger LOG = System.getLogger(Main.class.getName());

  static final int OK = 0;
  static final int FAILED = 1;
  static final int USAGE = 2;

  private Main() {}

  /** Runs the member until it is told to end. */
  public static void main(String[] arguments) {
    int code = FAILED;
    try {
      code = run(List.of(arguments), System.getenv(), System.out, System.err);
    } catch (RuntimeException | Error e) {
      LOG.log(System.Logger.Level.ERROR, "the member fails in a way that it should not", e);
    } finally { // threads that are left must not keep a member without a head alive
      System.out.flush();
      Logging.stop();
      System.exit(code);
    }
  }

  static int run(
      List<String> arguments, Map<String, String> environment, PrintStream out, PrintStream err) {
    ServerConfig config;
    List<String> notices;
    try {
      Settings settings = Settings.read(arguments, environment);
      if (settings.on("version")) {
        out.print(Version.lines());
        return OK;
      }
      if (settings.on("help")) {
        out.print(Help.text());
        return OK;
      }
      config = ServerConfig.of(settings);
      notices = settings.notices();
      Logging.configure(settings.text("log-level"), settings.text("log-outputs"));
    } catch (UsageException e) {
      err.println("quorate server: " + e.getMessage());
      return USAGE;
    }
    return serve(config, notices);
  }

  private static int serve(ServerConfig config, List<String> notices) {
    LOG.log(System.Logger.Level.INFO, "starting quorate version={0}", Version.own());
    for (String notice : notices) {
      LOG.log(System.Logger.Level.WARNING, "{0}", notice);
    }
    ServerMember server;
    try {
      server = ServerMember.start(config);
    } catch (QuorateException e) {
      LOG.log(
          System.Logger.Level.ERROR,
          "can''t start code={0} data-dir={1}: {2}",
          e.code(),
          config.dataDir().toAbsolutePath(),
          e.getMessage());
      LOG.log(System.Logger.Level.DEBUG, "can't start", e);
      return FAILED;
    }
    LOG.log(
        System.Logger.Level.INFO,
        "started name={0} member={1} cluster={2} data-dir={3}",
        config.name(),
        Long.toHexString(server.member().config().memberId()),
        Long.toHexString(server.member().config().clusterId()),
        config.dataDir().toAbsolutePath());
    announce(config, server);
    Thread hook =
        new Thread(
            () -> {
              boolean failed = server.member().stopped().isDone();
              LOG.log(System.Logger.Level.INFO, failed ? "stopping" : "stopping at a signal");
              server.close();
              LOG.log(System.Logger.Level.INFO, "stopped");
              Logging.stop();
              // After a signal the JVM would end with 128 and the signal's number.
              Runtime.getRuntime().halt(failed ? FAILED : OK);
            },
            "quorate-stop");
    Runtime.getRuntime().addShutdownHook(hook);
    try {
      Throwable why = server.member().stopped().get();
      if (ErrorCode.MEMBER_REMOVED.isOf(why)) {
        LOG.log(System.Logger.Level.ERROR, "the member ends: {0}", why.getMessage());
        Runtime.getRuntime().removeShutdownHook(hook);
        server.close();
        return OK; // as etcd does, so that nobody starts it again and again
      }
      LOG.log(System.Logger.Level.ERROR, "the member can''t go on: {0}", why.getMessage());
    } catch (InterruptedException | ExecutionException e) {
      LOG.log(System.Logger.Level.ERROR, "waiting for the member failed", e);
    }
    return FAILED;
  }

  private static void announce(ServerConfig config, ServerMember server) {
    var _ =
        server
            .ready()
            .thenRun(() ->
                LOG.log(
                    System.Logger.Level.INFO,
                    "ready to serve client requests name={0} addresses={1}",
                    config.name(),
                    server.clientAddresses()));
  }
}
