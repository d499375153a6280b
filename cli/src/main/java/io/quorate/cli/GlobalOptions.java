package io.quorate.cli;

import io.quorate.base.QuorateException;
import io.quorate.client.Credentials;
import io.quorate.client.http.ClientTls;
import io.quorate.client.http.SrvRecords;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** What every command understands, before or after its name. */
final class GlobalOptions {
  private static final Set<String> NAMES =
      new TreeSet<>(
          List.of(
              "--endpoints",
              "--dial-timeout",
              "--command-timeout",
              "--write-out",
              "--hex",
              "--debug",
              "--keepalive-time",
              "--keepalive-timeout",
              "--insecure-transport",
              "--insecure-skip-tls-verify",
              "--cacert",
              "--cert",
              "--key",
              "--user",
              "--password",
              "--discovery-srv",
              "--discovery-srv-name",
              "--insecure-discovery"));

  @Option(
      names = "--endpoints",
      scope = ScopeType.INHERIT,
      defaultValue = "127.0.0.1:2379",
      paramLabel = "HOST:PORT,…",
      description = "members of the cluster (default: ${DEFAULT-VALUE})")
  String endpoints = "127.0.0.1:2379";

  @Option(
      names = "--dial-timeout",
      scope = ScopeType.INHERIT,
      defaultValue = "2s",
      paramLabel = "TIME",
      description = "how long to try while no member can be reached (default: ${DEFAULT-VALUE})")
  String dialTimeout = "2s";

  @Option(
      names = "--command-timeout",
      scope = ScopeType.INHERIT,
      defaultValue = "5s",
      paramLabel = "TIME",
      description = "by when a call must be answered (default: ${DEFAULT-VALUE})")
  String commandTimeout = "5s";

  @Option(
      names = {"-w", "--write-out"},
      scope = ScopeType.INHERIT,
      defaultValue = "simple",
      paramLabel = "FORMAT",
      description = "simple, json, fields, table or protobuf (default: ${DEFAULT-VALUE})")
  String writeOut = "simple";

  @Option(
      names = "--hex",
      scope = ScopeType.INHERIT,
      description = "print keys and values as hexadecimal bytes")
  boolean hex;

  @Option(
      names = "--debug",
      scope = ScopeType.INHERIT,
      description = "print the stack of a failure")
  boolean debug;

  @Option(
      names = "--keepalive-time",
      scope = ScopeType.INHERIT,
      defaultValue = "10s",
      paramLabel = "TIME",
      description = "silence after which a member is asked for a sign of life; 10s at least")
  String keepAliveTime = "10s";

  @Option(
      names = "--keepalive-timeout",
      scope = ScopeType.INHERIT,
      defaultValue = "6s",
      paramLabel = "TIME",
      description = "how long it has for that (default: ${DEFAULT-VALUE})")
  String keepAliveTimeout = "6s";

  @Option(
      names = "--insecure-transport",
      scope = ScopeType.INHERIT,
      defaultValue = "true",
      description = "plaintext towards endpoints that don't say https:// (default: true)")
  boolean insecureTransport = true;

  @Option(
      names = "--insecure-skip-tls-verify",
      scope = ScopeType.INHERIT,
      description = "take any certificate for the member's: for trying things out only")
  boolean insecureSkipTlsVerify;

  @Option(
      names = "--cacert",
      scope = ScopeType.INHERIT,
      defaultValue = "",
      paramLabel = "FILE",
      description = "authorities that members' certificates must be from; implies TLS")
  String cacert = "";

  @Option(
      names = "--cert",
      scope = ScopeType.INHERIT,
      defaultValue = "",
      paramLabel = "FILE",
      description = "certificate to show to members; implies TLS")
  String cert = "";

  @Option(
      names = "--key",
      scope = ScopeType.INHERIT,
      defaultValue = "",
      paramLabel = "FILE",
      description = "the key to --cert")
  String key = "";

  @Option(
      names = "--user",
      scope = ScopeType.INHERIT,
      paramLabel = "NAME[:PASSWORD]",
      description = "who you are; without a password it is asked for")
  String user = "";

  @Option(
      names = "--password",
      scope = ScopeType.INHERIT,
      paramLabel = "PASSWORD",
      description = "the password of --user, which then holds the name alone")
  String password = "";

  @Option(
      names = {"-d", "--discovery-srv"},
      scope = ScopeType.INHERIT,
      paramLabel = "DOMAIN",
      description = "ask the DNS for SRV records of the members, in place of --endpoints")
  String discoverySrv = "";

  @Option(
      names = "--discovery-srv-name",
      scope = ScopeType.INHERIT,
      paramLabel = "NAME",
      description = "which service's records, if the domain has several")
  String discoverySrvName = "";

  @Option(
      names = "--insecure-discovery",
      scope = ScopeType.INHERIT,
      defaultValue = "true",
      description = "take plaintext endpoints too, and certificates that don't name the DOMAIN")
  boolean insecureDiscovery = true;

  static boolean isGlobal(String name) {
    return NAMES.contains(name);
  }

  /** Refuses what can't be meant, before anything is sent. */
  void check() {
    var _ = format();
    if (discoverySrv.isEmpty()) {
      var _ = endpointList();
    }
    var _ = dialTimeout();
    var _ = commandTimeout();
    if (cert.isEmpty() != key.isEmpty()) {
      throw new UsageError("--cert and --key go together: a certificate and the key to it");
    }
  }

  Format format() {
    return switch (writeOut) {
      case "simple" -> Format.SIMPLE;
      case "json" -> Format.JSON;
      case "fields" -> Format.FIELDS;
      case "table" -> Format.TABLE;
      case "protobuf" -> Format.PROTOBUF;
      default -> throw new Failure(ExitCodes.BAD_FEATURE, "unsupported output format");
    };
  }

  /** Who calls; null if nobody in particular. Asks for a password that is missing. */
  @Nullable Credentials credentials(Session session) {
    if (user.isEmpty() && !password.isEmpty()) {
      throw new UsageError("--password without --user: whose password is it?");
    }
    if (!user.isEmpty() && password.isEmpty() && user.indexOf(':') < 0) {
      password =
          Passwords.askKnown(session, "Password: "); // once, however many clients there will be
    }
    return credentials(session, user, password, "Password: ");
  }

  /** Whom a pair of flags means; null if they are empty. Asks for a password that is missing. */
  static @Nullable Credentials credentials(
      Session session, String user, String password, String question) {
    if (user.isEmpty()) {
      return null;
    }
    int colon = user.indexOf(':');
    if (password.isEmpty() && colon >= 0) {
      return new Credentials(
          Session.text(user.substring(0, colon)), Session.text(user.substring(colon + 1)));
    }
    return new Credentials(
        Session.text(user),
        Session.text(password.isEmpty() ? Passwords.askKnown(session, question) : password));
  }

  List<String> endpointList() {
    if (!discoverySrv.isEmpty()) {
      try {
        return SrvRecords.endpoints(discoverySrv, discoverySrvName, insecureDiscovery);
      } catch (QuorateException e) {
        throw new Failure(ExitCodes.FAILED, String.valueOf(e.getMessage()));
      }
    }
    return endpointList("--endpoints", endpoints);
  }

  /** The endpoints that an option names. */
  static List<String> endpointList(String option, String text) {
    List<String> list = new ArrayList<>();
    for (String endpoint : text.split(",", -1)) {
      if (!endpoint.isBlank()) {
        list.add(endpoint.trim());
      }
    }
    if (list.isEmpty()) {
      throw new UsageError(option + " names no endpoint");
    }
    return list;
  }

  Duration dialTimeout() {
    return positive("--dial-timeout", dialTimeout);
  }

  Duration commandTimeout() {
    return positive("--command-timeout", commandTimeout);
  }

  Duration keepAliveTime() {
    Duration asked = positive("--keepalive-time", keepAliveTime);
    Duration least = Duration.ofSeconds(10);
    return asked.compareTo(least) < 0 ? least : asked;
  }

  Duration keepAliveTimeout() {
    return positive("--keepalive-timeout", keepAliveTimeout);
  }

  /** How members are spoken to that aren't named with a scheme; null for plaintext. */
  @Nullable ClientTls tls() {
    boolean bySrv = !discoverySrv.isEmpty();
    boolean provingDomain = bySrv && !insecureDiscovery;
    boolean asked = !cacert.isEmpty() || !cert.isEmpty() || !insecureTransport || provingDomain;
    if (!asked && !(insecureSkipTlsVerify && (bySrv || endpoints.contains("https://")))) {
      return null;
    }
    ClientTls tls = tls(cacert, cert, key, insecureSkipTlsVerify);
    // Whoever can forge the DNS's answers names hosts that have certificates, but not of this name.
    return provingDomain ? tls.serverName(discoverySrv) : tls;
  }

  /** TLS as a set of flags describes it; each may be empty. */
  static ClientTls tls(String cacert, String cert, String key, boolean believingEverybody) {
    try {
      ClientTls tls = ClientTls.believing(cacert.isEmpty() ? null : Path.of(cacert));
      if (!cert.isEmpty()) {
        tls = tls.showing(Path.of(cert), Path.of(key));
      }
      return believingEverybody ? tls.believingEverybody() : tls;
    } catch (IllegalArgumentException e) {
      throw new UsageError(String.valueOf(e.getMessage()));
    }
  }

  /** A time that an option says. */
  static Duration positive(String option, String text) {
    Duration duration = GoDuration.parse(text);
    if (duration == null || duration.isZero() || duration.isNegative()) {
      throw new UsageError(option + " is not a time such as 500ms, 5s or 1m30s: " + text);
    }
    return duration;
  }

  /** How results are printed. */
  enum Format {
    SIMPLE,
    JSON,
    FIELDS,
    TABLE,
    PROTOBUF
  }
}
