package io.quorate.cli;

import io.quorate.base.QuorateException;
import io.quorate.client.Header;
import io.quorate.client.QuorateClient;
import io.quorate.client.Range;
import io.quorate.client.http.ClientTls;
import java.io.Console;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code migrate}: another cluster's keys and leases come over while it runs. */
@Command(
    name = "migrate",
    description = {
      "Brings the keys and leases of a running etcd over, and follows its changes",
      "Writes to --endpoints. Goes on until Ctrl-C: then it takes over what is left, compares all",
      "keys of both sides by a hash, and ends. So: stop the writers, press Ctrl-C, turn the",
      "clients over. Interrupted earlier, the same command goes on where it was."
    },
    footer = {
      "",
      "Examples:",
      "  quorate migrate --from old:2379 --endpoints new:2379",
      "  quorate migrate --from https://old:2379 --from-cacert ca.pem --once"
    })
final class MigrateCommand implements Callable<Integer> {
  /** Comparing millions of keys takes its time. */
  private static final Duration END_PATIENCE = Duration.ofHours(1);

  /** A page of a busy source takes longer than most calls do. */
  private static final Duration CALL_TIMEOUT_MIN = Duration.ofSeconds(30);

  private final Session session;

  @Parameters(arity = "0..*", hidden = true, description = "none")
  List<String> args = new ArrayList<>();

  @Option(names = "--from", paramLabel = "HOST:PORT,…", description = "members of the source")
  String from = "";

  @Option(
      names = "--from-cacert",
      paramLabel = "FILE",
      description = "authorities that its certificates must be from; implies TLS")
  String fromCacert = "";

  @Option(names = "--from-cert", paramLabel = "FILE", description = "certificate to show to it")
  String fromCert = "";

  @Option(names = "--from-key", paramLabel = "FILE", description = "the key to --from-cert")
  String fromKey = "";

  @Option(
      names = "--from-insecure-skip-tls-verify",
      description = "take any certificate for the source's: for trying things out only")
  boolean fromInsecureSkipTlsVerify;

  @Option(
      names = "--from-user",
      paramLabel = "NAME[:PASSWORD]",
      description = "who you are there; must be allowed to read all keys")
  String fromUser = "";

  @Option(names = "--from-password", paramLabel = "PASSWORD", description = "its password")
  String fromPassword = "";

  @Option(names = "--once", description = "end after the copy; changes after it don't come over")
  boolean once;

  @Option(names = "--until-caught-up", description = "end when less than a second behind")
  boolean untilCaughtUp;

  @Option(
      names = "--replace",
      description = "the destination may have other keys: they are overwritten or deleted")
  boolean replace;

  @Option(
      names = "--max-txn-ops",
      paramLabel = "N",
      description = "most keys in one transaction there (default: 128)")
  long maxTxnOps = 128;

  MigrateCommand(Session session) {
    this.session = session;
  }

  @Override
  @SuppressWarnings("SystemConsoleNull") // NullAway knows the older contract
  public Integer call() {
    check();
    List<String> endpoints = GlobalOptions.endpointList("--from", from);
    QuorateClient source =
        session.client(
            "--from",
            endpoints,
            sourceTls(),
            GlobalOptions.credentials(session, fromUser, fromPassword, "Password of the source: "),
            timeout());
    GlobalOptions globals = session.globals();
    QuorateClient target =
        session.client(
            "--endpoints",
            globals.endpointList(),
            globals.tls(),
            globals.credentials(session),
            timeout());
    Header there = first("the source", source);
    Header here = first("the destination", target);
    if (there.clusterId() == here.clusterId()) {
      throw new UsageError("--from and --endpoints are the same cluster");
    }
    CompletableFuture<Void> stop = new CompletableFuture<>();
    Console console = System.console();
    boolean terminal = console != null && console.isTerminal();
    try (MigrationProgress progress = new MigrationProgress(session.err(), terminal)) {
      session.interrupts().onInterrupt(() -> stop.complete(null), END_PATIENCE);
      Patience patience = new Patience(stop, progress::tell);
      Migration migration =
          new Migration(source, target, patience, progress, session.listeners(), maxTxnOps);
      try (LeaseMirror leases = migration.leases()) {
        run(migration, progress, there.clusterId());
        leases.renewAll();
      }
      migration.writes().release();
    }
    left(source);
    return ExitCodes.OK;
  }

  private Duration timeout() {
    Duration asked = session.globals().commandTimeout();
    return asked.compareTo(CALL_TIMEOUT_MIN) < 0 ? CALL_TIMEOUT_MIN : asked;
  }

  private void check() {
    if (!args.isEmpty()) {
      throw new UsageError("migrate takes no arguments; the source is named by --from");
    }
    if (from.isEmpty()) {
      throw new UsageError("migrate needs --from, the endpoints of the source");
    }
    if (once && untilCaughtUp) {
      throw new UsageError("`--once` and `--until-caught-up` cannot be set at the same time");
    }
    if (fromCert.isEmpty() != fromKey.isEmpty()) {
      throw new UsageError("--from-cert and --from-key go together");
    }
    if (maxTxnOps < 1) {
      throw new UsageError("--max-txn-ops is not positive");
    }
  }

  private @Nullable ClientTls sourceTls() {
    boolean asked = !fromCacert.isEmpty() || !fromCert.isEmpty();
    return asked || (fromInsecureSkipTlsVerify && from.contains("https://"))
        ? GlobalOptions.tls(fromCacert, fromCert, fromKey, fromInsecureSkipTlsVerify)
        : null;
  }

  /** Asked without patience: a wrong name should be noticed at once. */
  private static Header first(String who, QuorateClient client) {
    try {
      return client.kv().range(Range.key(MigrationTarget.MARK)).header();
    } catch (QuorateException e) {
      throw QuorateException.of(e.code(), who + ": " + e.getMessage(), e);
    }
  }

  private void run(Migration migration, MigrationProgress progress, long source) {
    long begun = System.nanoTime();
    migration.writes().take(source, replace);
    migration.leases().begin();
    while (true) {
      long copying = System.nanoTime();
      long writtenBefore = migration.written();
      migration.copy();
      long written = migration.written() - writtenBefore;
      double seconds = (System.nanoTime() - copying) / 1e9;
      progress.tell(
          String.format(
              Locale.ROOT,
              "copied at revision %d of the source: %,d keys written in %.1f s (%,.0f/s)",
              migration.reached().source(),
              written,
              seconds,
              written / seconds));
      if (!once && !migration.follow(untilCaughtUp)) {
        continue;
      }
      long comparing = System.nanoTime();
      Comparison comparison = migration.compare();
      if (comparison != null) {
        String hash = comparison.hash();
        report(migration, comparison.keys(), hash, begun, comparing);
        return;
      }
    }
  }

  private void report(
      Migration migration, long keys, String hash, long begunNanos, long comparingNanos) {
    long now = System.nanoTime();
    print(
        String.format(
            Locale.ROOT,
            "Migrated in %.1f s: %,d keys written, %,d deleted, %,d changes followed, %,d leases",
            (comparingNanos - begunNanos) / 1e9,
            migration.written(),
            migration.deleted(),
            migration.changes(),
            migration.leases().count()));
    print(
        String.format(
            Locale.ROOT,
            "Equal at revision %d of the source and %d of the destination: %,d keys, compared in %.1f s",
            migration.reached().source(),
            migration.reached().target(),
            keys,
            (now - comparingNanos) / 1e9));
    print(String.format(Locale.ROOT, "Hash of keys, values and leases on both sides: %s", hash));
    if (migration.splitRevisions() > 0) {
      print(
          String.format(
              Locale.ROOT,
              "%,d revisions had more changes than a transaction takes and came over in parts",
              migration.splitRevisions()));
    }
  }

  /** What can't come over is said once more, when it matters. */
  private void left(QuorateClient source) {
    String who;
    try {
      List<String> users = source.auth().userList().names();
      List<String> roles = source.auth().roleList().names();
      who =
          users.isEmpty() && roles.isEmpty()
              ? ""
              : "; users "
                  + String.join(", ", users)
                  + " and roles "
                  + String.join(", ", roles)
                  + ": add them before clients are let in";
    } catch (QuorateException e) {
      who = "; users and roles, which --from-user may not list";
    }
    print("Not migrated: revisions, versions and history" + who);
    session.out().flush();
  }

  private void print(String line) {
    session.out().print(line + "\n");
  }
}
