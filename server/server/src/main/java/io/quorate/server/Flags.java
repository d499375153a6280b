package io.quorate.server;

import io.quorate.base.Limits;
import io.quorate.server.Flag.Kind;
import io.quorate.server.Flag.Standing;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Every flag of etcd 3.4 to 3.6, with what it means here.
 *
 * <p>Three standings, so that a command line which starts etcd starts Quorate, or says precisely
 * what it can't do: see {@link Standing}. A refused flag given its preset value is no matter: it
 * asks for nothing.
 */
final class Flags {
  private static final Map<String, Flag> ALL = new LinkedHashMap<>();

  static {
    member();
    cluster();
    compaction();
    watchesAndLeases();
    security();
    authentication();
    logging();
    withoutEffect();
    refused();
  }

  private Flags() {}

  /** The flag of that name, or null. */
  static @Nullable Flag named(String name) {
    return ALL.get(name);
  }

  /** All flags, those with a meaning first. */
  static Collection<Flag> all() {
    return ALL.values();
  }

  private static void member() {
    text("name", "default", "name of this member, unique in the cluster");
    text(
        "config-file",
        "",
        "YAML with all of the settings; flags and variables then have no effect");
    text("data-dir", "", "where the member's data lives (default: NAME.quorate)");
    text("listen-client-urls", "http://localhost:2379", "where clients connect");
    text("listen-peer-urls", "http://localhost:2380", "where members connect");
    text("listen-metrics-urls", "", "further addresses for /metrics and /health");
    text("listen-client-http-urls", "", "addresses for HTTP, which then isn't served beside gRPC");
    toggle("enable-grpc-gateway", "true", "serve the JSON gateway");
    text("metrics", "basic", "basic, or extensive: durations of calls too");
    number("heartbeat-interval", "100", "milliseconds between heartbeats of a leader");
    number("election-timeout", "1000", "milliseconds without a leader before an election");
    number("snapshot-count", "10000", "applied entries that are kept in the log at the least");
    number("quota-backend-bytes", "0", "most bytes of state; 0: 2 GiB, negative: no limit");
    number(
        "max-request-bytes",
        Integer.toString(Limits.REQUEST_BYTES_DEFAULT),
        "longest request of a client");
    number(
        "max-txn-ops",
        Integer.toString(Limits.TXN_OPS_DEFAULT),
        "most operations in a transaction");
    number("max-concurrent-streams", "4294967295", "most calls at once on one connection");
    duration("grpc-keepalive-min-time", "5s", "a client that pings oftener is told to go away");
    duration("grpc-keepalive-interval", "2h", "pause before an idle connection is pinged");
    duration("grpc-keepalive-timeout", "20s", "wait for a ping's answer before closing");
    add("version", Kind.SWITCH, "false", Standing.MEANT, "print the version and exit");
    add("help", Kind.SWITCH, "false", Standing.MEANT, "print this and exit");
  }

  private static void cluster() {
    text("initial-advertise-peer-urls", "http://localhost:2380", "where members reach this one");
    text("advertise-client-urls", "http://localhost:2379", "where clients reach this one");
    text("initial-cluster", "", "NAME=PEER-URL,... of all founding members, this one among them");
    text("initial-cluster-state", "new", "new: found the cluster; existing: join it");
    add(
        "strict-reconfig-check",
        Kind.SWITCH,
        "true",
        Standing.MEANT,
        "refuse changes of members that would leave no quorum");
    number("max-learners", "1", "members that may be learners at a time");
    number("experimental-max-learners", "1", "as --max-learners");
    add(
        "auto-promote",
        Kind.SWITCH,
        "false",
        Standing.MEANT,
        "as a learner, ask for a vote when caught up (not in etcd)");
    add(
        "force-new-cluster",
        Kind.SWITCH,
        "false",
        Standing.MEANT,
        "DANGER: give up all other members and go on alone; see docs/membership.md");
    text("initial-cluster-token", "etcd-cluster", "sets this cluster apart from others");
  }

  private static void compaction() {
    text("auto-compaction-mode", "periodic", "periodic (by time) or revision (by count)");
    text(
        "auto-compaction-retention", "0", "what history is kept: hours or duration; count; 0: all");
  }

  private static void watchesAndLeases() {
    String progress = "how often a watcher that asked for it hears that nothing happened";
    duration("watch-progress-notify-interval", "10m", progress);
    duration("experimental-watch-progress-notify-interval", "10m", progress);
    add(
        "experimental-enable-lease-checkpoint",
        Kind.SWITCH,
        "false",
        Standing.MEANT,
        "what is left of long leases outlives a change of leader");
    text("feature-gates", "", "LeaseCheckpoint=true: as --experimental-enable-lease-checkpoint");
  }

  private static void security() {
    text("cert-file", "", "certificate for https client URLs (PEM)");
    text("key-file", "", "the key to it (PEM)");
    text("trusted-ca-file", "", "authorities of clients; with it, clients must show certificates");
    toggle("client-cert-auth", "clients must show certificates of --trusted-ca-file");
    text("client-crl-file", "", "clients' certificates that were revoked (PEM or DER)");
    text("client-cert-allowed-hostname", "", "hosts of which a client's certificate must name one");
    toggle("auto-tls", "https for clients with a certificate made here");
    text("peer-cert-file", "", "certificate for https peer URLs, towards both sides (PEM)");
    text("peer-key-file", "", "the key to it (PEM)");
    text("peer-client-cert-file", "", "another certificate to show when dialling members");
    text("peer-client-key-file", "", "the key to it");
    text("peer-trusted-ca-file", "", "authorities of members; with it, members must show them");
    toggle("peer-client-cert-auth", "members must show certificates of --peer-trusted-ca-file");
    text("peer-crl-file", "", "members' certificates that were revoked (PEM or DER)");
    text("peer-cert-allowed-cn", "", "common names that may be members; instead of their hosts");
    text("peer-cert-allowed-hostname", "", "hosts of which a member's certificate must name one");
    String noHosts = "a member's certificate needn't name its host";
    toggle("peer-skip-client-san-verification", noHosts);
    toggle("experimental-peer-skip-client-san-verification", noHosts);
    toggle("peer-auto-tls", "https for members with a certificate made here: hidden, not verified");
    number("self-signed-cert-validity", "1", "years for which certificates made here are good");
    text("cipher-suites", "", "those of TLS 1.2 that may be used, by their standard names");
    text("tls-min-version", "TLS1.2", "TLS1.2 or TLS1.3");
    text("tls-max-version", "", "TLS1.2 or TLS1.3; empty for the newest");
    text("host-whitelist", "*", "names by which HTTP clients may address it in plaintext");
    text("cors", "", "origins whose pages may read HTTP answers and use the gateway; *: any");
  }

  private static void authentication() {
    text(
        "auth-token",
        "simple",
        "simple, or jwt,sign-method=RS256,pub-key=FILE,priv-key=FILE,ttl=5m");
    number("auth-token-ttl", "300", "seconds that a simple token lives unused");
    number("bcrypt-cost", "10", "how slow passwords are hashed, 4 to 18: each step doubles it");
    number("password-length-min", "0", "fewest characters of a new password");
  }

  private static void logging() {
    text("log-level", "info", "debug, info, warn, error, panic or fatal");
    text("log-outputs", "default", "stderr (default), stdout, or file paths, comma-separated");
  }

  private static void withoutEffect() {
    String elsewhere = "RocksDB keeps its own files";
    ignored("backend-batch-interval", Kind.DURATION, "0s", elsewhere);
    ignored("backend-batch-limit", Kind.NUMBER, "0", elsewhere);
    ignored("backend-bbolt-freelist-type", Kind.TEXT, "map", elsewhere);
    ignored("experimental-backend-bbolt-freelist-type", Kind.TEXT, "map", elsewhere);
    ignoredTwice("bootstrap-defrag-threshold-megabytes", Kind.NUMBER, "0", "space frees itself");
    ignored("experimental-stop-grpc-service-on-defrag", Kind.SWITCH, "false", "space frees itself");
    ignoredTwice("compaction-batch-limit", Kind.NUMBER, "1000", "compaction paces itself");
    ignoredTwice("compaction-sleep-interval", Kind.DURATION, "10ms", "compaction paces itself");
    ignored("max-snapshots", Kind.NUMBER, "5", "old generations go when nobody reads them");
    ignored("max-wals", Kind.NUMBER, "5", "log segments are recycled as soon as they may be");
    ignoredTwice("snapshot-catchup-entries", Kind.NUMBER, "5000", "see --snapshot-count");
    ignored("unsafe-no-fsync", Kind.SWITCH, "false", "the log is always synced");
    ignored("pre-vote", Kind.SWITCH, "true", "pre-vote is always on");
    ignored("initial-election-tick-advance", Kind.SWITCH, "true", "a first election never waits");
    ignored("raft-read-timeout", Kind.DURATION, "5s", "members speak a protocol of their own");
    ignored("raft-write-timeout", Kind.DURATION, "5s", "members speak a protocol of their own");
    ignored("socket-reuse-port", Kind.SWITCH, "false", "one process owns its ports");
    ignored("socket-reuse-address", Kind.SWITCH, "false", "addresses are reused as they should be");
    ignored("enable-v2", Kind.SWITCH, "false", "the v2 API isn't spoken");
    ignored("v2-deprecation", Kind.TEXT, "write-only", "the v2 API isn't spoken");
    ignored("experimental-enable-v2v3", Kind.TEXT, "", "the v2 API isn't spoken");
    ignored("enable-pprof", Kind.SWITCH, "false", "a JVM is profiled with its own tools");
    ignored("logger", Kind.TEXT, "zap", "there is one logger");
    ignored("log-format", Kind.TEXT, "json", "lines are key=value");
    ignored("log-package-levels", Kind.TEXT, "", "see --log-level");
    ignored("debug", Kind.SWITCH, "false", "see --log-level");
    ignored("enable-log-rotation", Kind.SWITCH, "false", "rotation is left to the system");
    ignored("log-rotation-config-json", Kind.TEXT, "", "rotation is left to the system");
    ignoredTwice("warning-apply-duration", Kind.DURATION, "100ms", "see the metrics");
    ignoredTwice("warning-unary-request-duration", Kind.DURATION, "300ms", "see the metrics");
    ignoredTwice("corrupt-check-time", Kind.DURATION, "0s", "state hashes are always compared");
    ignoredTwice("compact-hash-check-time", Kind.DURATION, "1m", "hashes are always compared");
    ignored("experimental-compact-hash-check-enabled", Kind.SWITCH, "false", "always compared");
    ignored("experimental-initial-corrupt-check", Kind.SWITCH, "false", "always compared");
    ignored(
        "experimental-enable-lease-checkpoint-persist",
        Kind.SWITCH,
        "false",
        "checkpoints always persist");
    ignoredTwice("downgrade-check-time", Kind.DURATION, "5s", "there is nothing to downgrade to");
    ignoredTwice("memory-mlock", Kind.SWITCH, "false", "the JVM manages its memory");
    ignored("experimental-wait-cluster-ready-timeout", Kind.DURATION, "5s", "readiness is shown");
    ignored(
        "experimental-txn-mode-write-with-shared-buffer", Kind.SWITCH, "true", "no such buffer");
    String noTracing = "no spans are sent";
    ignoredTwice("enable-distributed-tracing", Kind.SWITCH, "false", noTracing);
    ignoredTwice("distributed-tracing-address", Kind.TEXT, "localhost:4317", noTracing);
    ignoredTwice("distributed-tracing-service-name", Kind.TEXT, "etcd", noTracing);
    ignoredTwice("distributed-tracing-instance-id", Kind.TEXT, "", noTracing);
    ignoredTwice("distributed-tracing-sampling-rate", Kind.TEXT, "0", noTracing);
    String inProcess = "the gateway needs no connection of its own";
    ignored("client-cert-file", Kind.TEXT, "", inProcess);
    ignored("client-key-file", Kind.TEXT, "", inProcess);
    String noProxy = "the v2 proxy is gone from etcd as well";
    ignored("proxy", Kind.TEXT, "off", noProxy);
    ignored("proxy-failure-wait", Kind.NUMBER, "5000", noProxy);
    ignored("proxy-refresh-interval", Kind.NUMBER, "30000", noProxy);
    ignored("proxy-dial-timeout", Kind.NUMBER, "1000", noProxy);
    ignored("proxy-write-timeout", Kind.NUMBER, "5000", noProxy);
    ignored("proxy-read-timeout", Kind.NUMBER, "0", noProxy);
    ignored("discovery-fallback", Kind.TEXT, "proxy", noProxy);
    ignored("discovery-dial-timeout", Kind.DURATION, "2s", "there is no discovery");
    ignored("discovery-request-timeout", Kind.DURATION, "5s", "there is no discovery");
    ignored("discovery-keepalive-time", Kind.DURATION, "2s", "there is no discovery");
    ignored("discovery-keepalive-timeout", Kind.DURATION, "6s", "there is no discovery");
    ignored("discovery-insecure-transport", Kind.SWITCH, "true", "there is no discovery");
    ignored("discovery-insecure-skip-tls-verify", Kind.SWITCH, "false", "there is no discovery");
  }

  private static void refused() {
    refused("ca-file", Kind.TEXT, "", "it went out of etcd; see --trusted-ca-file");
    refused("peer-ca-file", Kind.TEXT, "", "it went out of etcd; see --peer-trusted-ca-file");
    String noDiscovery = "name the members with --initial-cluster instead";
    refused("discovery", Kind.TEXT, "", noDiscovery);
    refused("discovery-endpoints", Kind.TEXT, "", noDiscovery);
    refused("discovery-token", Kind.TEXT, "", noDiscovery);
    refused("discovery-srv", Kind.TEXT, "", noDiscovery);
    refused("discovery-srv-name", Kind.TEXT, "", noDiscovery);
    refused("discovery-proxy", Kind.TEXT, "", noDiscovery);
    refused("discovery-cert", Kind.TEXT, "", noDiscovery);
    refused("discovery-key", Kind.TEXT, "", noDiscovery);
    refused("discovery-cacert", Kind.TEXT, "", noDiscovery);
    refused("discovery-user", Kind.TEXT, "", noDiscovery);
    refused("discovery-password", Kind.TEXT, "", noDiscovery);
    refused("wal-dir", Kind.TEXT, "", "the log lives in the data directory, see --data-dir");
  }

  private static void text(String name, String preset, String help) {
    add(name, Kind.TEXT, preset, Standing.MEANT, help);
  }

  private static void number(String name, String preset, String help) {
    add(name, Kind.NUMBER, preset, Standing.MEANT, help);
  }

  private static void toggle(String name, String preset, String help) {
    add(name, Kind.SWITCH, preset, Standing.MEANT, help);
  }

  private static void duration(String name, String preset, String help) {
    add(name, Kind.DURATION, preset, Standing.MEANT, help);
  }

  private static void toggle(String name, String help) {
    add(name, Kind.SWITCH, "false", Standing.MEANT, help);
  }

  private static void ignored(String name, Kind kind, String preset, String why) {
    add(name, kind, preset, Standing.WITHOUT_EFFECT, why);
  }

  /** A flag that was {@code --experimental-NAME} up to etcd 3.5 and is {@code --NAME} since. */
  private static void ignoredTwice(String name, Kind kind, String preset, String why) {
    ignored(name, kind, preset, why);
    ignored("experimental-" + name, kind, preset, why);
  }

  private static void refused(String name, Kind kind, String preset, String why) {
    add(name, kind, preset, Standing.REFUSED, why);
  }

  private static void add(String name, Kind kind, String preset, Standing standing, String note) {
    Flag before = ALL.put(name, new Flag(name, kind, preset, standing, note));
    if (before != null) {
      throw new IllegalStateException("flag listed twice: " + name);
    }
  }
}
