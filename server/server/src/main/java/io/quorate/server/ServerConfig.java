package io.quorate.server;

import io.quorate.Identity;
import io.quorate.Member;
import io.quorate.base.Limits;
import io.quorate.etcd.ApiSettings;
import io.quorate.etcd.AuthSettings;
import io.quorate.etcd.AutoCompaction;
import io.quorate.node.MembershipSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.ToIntFunction;

/**
 * Everything that a member is started with, read from the flags and checked.
 *
 * @param name this member's name
 * @param dataDir where its data lives
 * @param listenClients where it listens for clients
 * @param listenPeers where it listens for members
 * @param http what is served over HTTP, and where else
 * @param advertiseClients the URLs that it tells clients; empty for those it listens on
 * @param initialCluster the founding members' peer URLs, by name; this member's among them
 * @param joining whether it joins a cluster that exists
 * @param token what sets the cluster apart
 * @param heartbeatMillis pause between a leader's heartbeats
 * @param electionMillis silence of a leader before an election
 * @param logEntriesKept applied entries that stay in the log at the least
 * @param quotaBytes most bytes of state; {@link Long#MAX_VALUE} for no bound
 * @param requestBytesMax longest request
 * @param txnOpsMax most operations in one list of a transaction
 * @param watchProgress pause between the progress notices of a quiet watcher
 * @param leaseCheckpoints whether what is left of long leases outlives a change of leader
 * @param streamsMax most calls at once on one connection
 * @param keepAlive what is expected of idle connections
 * @param security who is let in, and inside of what
 * @param compaction how history is given up by itself
 * @param auth how callers are recognised, once authentication is on
 * @param membership what it is told about changes of membership
 * @param dedicated whether the machine is the member's own
 */
record ServerConfig(
    String name,
    Path dataDir,
    List<Endpoint> listenClients,
    List<Endpoint> listenPeers,
    HttpSide http,
    List<Endpoint> advertiseClients,
    SortedMap<String, List<Endpoint>> initialCluster,
    boolean joining,
    String token,
    int heartbeatMillis,
    int electionMillis,
    long logEntriesKept,
    long quotaBytes,
    int requestBytesMax,
    int txnOpsMax,
    Duration watchProgress,
    boolean leaseCheckpoints,
    int streamsMax,
    KeepAlive keepAlive,
    Security security,
    AutoCompaction.Policy compaction,
    AuthSettings auth,
    MembershipSettings membership,
    boolean dedicated) {

  /** Longest request that may be asked for; etcd recommends 10 MiB at the most. */
  private static final int REQUEST_BYTES_CEILING =
      Limits.ENTRY_BYTES_MAX - Limits.REQUEST_OVERHEAD_BYTES;

  private static final int ELECTION_MILLIS_CEILING = 50_000;

  /**
   * What is expected of connections without traffic.
   *
   * @param permitted pause between a client's pings at the least
   * @param interval idle time before the server pings
   * @param timeout wait for the answer
   */
  record KeepAlive(Duration permitted, Duration interval, Duration timeout) {}

  /**
   * What is served over HTTP/1.1.
   *
   * @param listenMetrics further addresses for health and metrics, and nothing else
   * @param listen addresses for all of it, which then isn't served beside gRPC; usually none
   * @param gateway whether the JSON gateway is served
   * @param extensiveMetrics whether durations of calls are counted too
   */
  record HttpSide(
      List<Endpoint> listenMetrics,
      List<Endpoint> listen,
      boolean gateway,
      boolean extensiveMetrics) {}

  /**
   * The configuration that the settings describe.
   *
   * @throws UsageException if they contradict each other or can't be; the message names the flag
   */
  static ServerConfig of(Settings settings) throws UsageException {
    String name = settings.text("name");
    List<Endpoint> listenClients = endpoints(settings, "listen-client-urls");
    List<Endpoint> listenPeers = endpoints(settings, "listen-peer-urls");
    List<Endpoint> advertisePeers = advertisePeers(settings, listenPeers);
    long heartbeat = bounded(settings, "heartbeat-interval", 1, ELECTION_MILLIS_CEILING);
    long election = bounded(settings, "election-timeout", 1, ELECTION_MILLIS_CEILING);
    if (5 * heartbeat > election) {
      throw new UsageException(
          "--election-timeout[%dms] should be at least as 5 times as --heartbeat-interval[%dms]"
              .formatted(election, heartbeat));
    }
    long streams = bounded(settings, "max-concurrent-streams", 1, 0xFFFF_FFFFL);
    Path dataDir =
        Path.of(
            settings.text("data-dir").isEmpty() // as of a variable that isn't set
                ? name + ".quorate"
                : settings.text("data-dir"));
    HttpSide http = http(settings);
    List<Endpoint> clientUrls = new ArrayList<>(listenClients);
    clientUrls.addAll(http.listen());
    clientUrls.addAll(http.listenMetrics());
    SortedMap<String, List<Endpoint>> cluster =
        initialCluster(settings, name, advertisePeers, dataDir);
    checkOneWay(listenPeers, cluster);
    return new ServerConfig(
        name,
        dataDir,
        listenClients,
        listenPeers,
        http,
        advertiseClients(settings, listenClients),
        cluster,
        joining(settings) || (isUnlisted(settings, name) && Member.isKnown(dataDir)),
        settings.text("initial-cluster-token"),
        (int) heartbeat,
        (int) election,
        bounded(settings, "snapshot-count", 1, Long.MAX_VALUE),
        quota(settings.number("quota-backend-bytes")),
        (int) bounded(settings, "max-request-bytes", 1, REQUEST_BYTES_CEILING),
        (int) bounded(settings, "max-txn-ops", 1, Integer.MAX_VALUE),
        watchProgress(settings),
        leaseCheckpoints(settings),
        (int) Math.min(streams, Integer.MAX_VALUE),
        new KeepAlive(
            settings.duration("grpc-keepalive-min-time"),
            settings.duration("grpc-keepalive-interval"),
            settings.duration("grpc-keepalive-timeout")),
        Security.of(settings, dataDir, clientUrls, listenPeers),
        compaction(settings),
        AuthFlags.read(settings),
        membership(settings),
        true);
  }

  private static Duration watchProgress(Settings settings) throws UsageException {
    String name = "watch-progress-notify-interval";
    String old = "experimental-" + name;
    Duration asked = settings.duration(settings.given(old) && !settings.given(name) ? old : name);
    Duration least = Duration.ofNanos(ApiSettings.WATCH_PROGRESS_NANOS_MIN);
    if (asked.compareTo(least) < 0) {
      throw new UsageException("--" + name + " must be at least 100ms");
    }
    return asked;
  }

  private static boolean leaseCheckpoints(Settings settings) throws UsageException {
    boolean on = settings.switched("experimental-enable-lease-checkpoint");
    for (String gate : settings.text("feature-gates").split(",", -1)) {
      if (gate.strip().startsWith("LeaseCheckpoint=")) {
        on = gate.strip().endsWith("=true");
      }
    }
    return on;
  }

  /** The URLs that this member tells clients: the advertised ones, else those it listens on. */
  List<String> clientUrls() {
    return urls(advertiseClients.isEmpty() ? listenClients : advertiseClients);
  }

  /** The same with a port in the place of each port 0 that clients are to reach. */
  ServerConfig withClientPorts(ToIntFunction<Endpoint> freePort) {
    List<Endpoint> ports =
        listenClients.stream()
            .map(each -> each.port() == 0 ? each.withPort(freePort.applyAsInt(each)) : each)
            .toList();
    return with(ports, dedicated);
  }

  /** The same for a member that shares its machine with others, so that it takes less memory. */
  ServerConfig sharingTheMachine() {
    return with(listenClients, false);
  }

  private ServerConfig with(List<Endpoint> clients, boolean ownMachine) {
    return new ServerConfig(
        name,
        dataDir,
        clients,
        listenPeers,
        http,
        advertiseClients,
        initialCluster,
        joining,
        token,
        heartbeatMillis,
        electionMillis,
        logEntriesKept,
        quotaBytes,
        requestBytesMax,
        txnOpsMax,
        watchProgress,
        leaseCheckpoints,
        streamsMax,
        keepAlive,
        security,
        compaction,
        auth,
        membership,
        ownMachine);
  }

  /** The peer URLs of this member. */
  List<Endpoint> advertisePeers() {
    return initialCluster.getOrDefault(name, List.of());
  }

  /** The ids of the founding members, by name. */
  SortedMap<String, Long> memberIds() {
    SortedMap<String, Long> ids = new TreeMap<>();
    initialCluster.forEach((member, urls) ->
        ids.put(member, Identity.memberId(urls.stream().map(Endpoint::url).toList(), token)));
    return ids;
  }

  private static List<Endpoint> endpoints(Settings settings, String flag) throws UsageException {
    List<Endpoint> endpoints = Endpoint.list(flag, settings.text(flag));
    for (Endpoint endpoint : endpoints) {
      if (!endpoint.host().equals("localhost") && !isAddress(endpoint.host())) {
        throw new UsageException(
            "--" + flag + ": expected IP in URL for binding (" + endpoint + ")");
      }
    }
    return endpoints;
  }

  private static boolean isAddress(String host) {
    return host.indexOf(':') >= 0 || host.chars().allMatch(c -> c == '.' || (c >= '0' && c <= '9'));
  }

  private static HttpSide http(Settings settings) throws UsageException {
    String metrics = settings.text("metrics");
    boolean extensive =
        switch (metrics) {
          case "basic" -> false;
          case "extensive" -> true;
          default ->
              throw new UsageException("--metrics is basic or extensive, not \"" + metrics + "\"");
        };
    return new HttpSide(
        endpointsIfAny(settings, "listen-metrics-urls"),
        endpointsIfAny(settings, "listen-client-http-urls"),
        settings.on("enable-grpc-gateway"),
        extensive);
  }

  private static List<Endpoint> endpointsIfAny(Settings settings, String flag)
      throws UsageException {
    return settings.text(flag).isEmpty() ? List.of() : endpoints(settings, flag);
  }

  private static List<Endpoint> advertisePeers(Settings settings, List<Endpoint> listen)
      throws UsageException {
    String flag = "initial-advertise-peer-urls";
    if (settings.given(flag) || !settings.given("listen-peer-urls")) {
      return Endpoint.list(flag, settings.text(flag));
    }
    return advertised(flag, listen);
  }

  private static List<Endpoint> advertiseClients(Settings settings, List<Endpoint> listen)
      throws UsageException {
    String flag = "advertise-client-urls";
    if (settings.given(flag)) {
      return Endpoint.list(flag, settings.text(flag));
    }
    advertised(flag, listen);
    return List.of();
  }

  /** What is listened on is what is told, unless it is no address that others could use. */
  private static List<Endpoint> advertised(String flag, List<Endpoint> listen)
      throws UsageException {
    for (Endpoint endpoint : listen) {
      if (endpoint.wildcard()) {
        throw new UsageException(
            "--" + flag + " is required when listening on all addresses (" + endpoint + ")");
      }
    }
    return listen;
  }

  private static SortedMap<String, List<Endpoint>> initialCluster(
      Settings settings, String name, List<Endpoint> advertisePeers, Path dataDir)
      throws UsageException {
    SortedMap<String, List<Endpoint>> cluster = new TreeMap<>();
    String flag = "initial-cluster";
    if (!settings.given(flag)) {
      cluster.put(name, advertisePeers);
      return cluster;
    }
    for (String member : settings.text(flag).split(",", -1)) {
      int equals = member.indexOf('=');
      if (equals <= 0) {
        throw new UsageException("--" + flag + ": \"" + member + "\" is not NAME=URL");
      }
      cluster
          .computeIfAbsent(member.substring(0, equals).strip(), _ -> new ArrayList<>())
          .add(Endpoint.of(flag, member.substring(equals + 1).strip()));
    }
    if (cluster.size() > Limits.MEMBERS_MAX) {
      throw new UsageException(
          "--" + flag + " lists " + cluster.size() + " members; at most " + Limits.MEMBERS_MAX);
    }
    checkDistinct(flag, cluster);
    List<Endpoint> own = cluster.get(name);
    if (own == null && Member.isKnown(dataDir)) {
      cluster.put(name, advertisePeers); // the directory says all that the flag would
      return cluster;
    }
    if (own == null) {
      throw new UsageException(
          "couldn't find local name \"" + name + "\" in the initial cluster configuration");
    }
    boolean told =
        settings.given("initial-advertise-peer-urls") || settings.given("listen-peer-urls");
    if (told && !new TreeSet<>(urls(own)).equals(new TreeSet<>(urls(advertisePeers)))) {
      throw new UsageException(
          "--initial-cluster has %s=%s but --initial-advertise-peer-urls is %s"
              .formatted(
                  name, String.join(",", urls(own)), String.join(",", urls(advertisePeers))));
    }
    return cluster;
  }

  /** Whether the founders are listed without this member. */
  private static boolean isUnlisted(Settings settings, String name) {
    return settings.given("initial-cluster")
        && Arrays.stream(settings.text("initial-cluster").split(",", -1))
            .noneMatch(each -> each.strip().startsWith(name + "="));
  }

  private static void checkDistinct(String flag, Map<String, List<Endpoint>> cluster)
      throws UsageException {
    TreeMap<String, String> owners = new TreeMap<>();
    for (Map.Entry<String, List<Endpoint>> member : cluster.entrySet()) {
      for (Endpoint endpoint : member.getValue()) {
        String other = owners.put(endpoint.url(), member.getKey());
        if (other != null) {
          throw new UsageException(
              "--%s has duplicate URLs: %s is both %s's and %s's"
                  .formatted(flag, endpoint, other, member.getKey()));
        }
      }
    }
  }

  /** Members dial each other as they listen themselves: all inside TLS, or none. */
  private static void checkOneWay(
      List<Endpoint> listenPeers, SortedMap<String, List<Endpoint>> cluster) throws UsageException {
    boolean tls = listenPeers.getFirst().tls();
    for (List<Endpoint> member : cluster.values()) {
      for (Endpoint url : member) {
        if (url.tls() != tls) {
          throw new UsageException(
              "--initial-cluster has %s, and --listen-peer-urls has %s: members talk to all others"
                      .formatted(url, listenPeers.getFirst())
                  + " in one way, http or https");
        }
      }
    }
  }

  private static List<String> urls(List<Endpoint> endpoints) {
    return endpoints.stream().map(Endpoint::url).toList();
  }

  private static boolean joining(Settings settings) throws UsageException {
    String state = settings.text("initial-cluster-state");
    return switch (state) {
      case "new" -> false;
      case "existing" -> true;
      default ->
          throw new UsageException(
              "--initial-cluster-state is new or existing, not \"" + state + "\"");
    };
  }

  private static long quota(long given) {
    return given == 0 ? Limits.QUOTA_BYTES_DEFAULT : given < 0 ? Long.MAX_VALUE : given;
  }

  private static MembershipSettings membership(Settings settings) throws UsageException {
    String learners = settings.given("max-learners") ? "max-learners" : "experimental-max-learners";
    return new MembershipSettings(
        settings.on("strict-reconfig-check"),
        (int) bounded(settings, learners, 0, Limits.MEMBERS_MAX),
        settings.on("auto-promote"),
        settings.on("force-new-cluster"),
        0);
  }

  private static AutoCompaction.Policy compaction(Settings settings) throws UsageException {
    String mode = settings.text("auto-compaction-mode");
    String retention = settings.text("auto-compaction-retention");
    boolean number = retention.chars().allMatch(c -> c >= '0' && c <= '9') && !retention.isEmpty();
    return switch (mode) {
      case "revision" -> {
        if (!number) {
          throw new UsageException(
              "--auto-compaction-retention is a number of revisions in revision mode, not \""
                  + retention
                  + "\"");
        }
        long kept = settings.number("auto-compaction-retention");
        yield kept == 0
            ? new AutoCompaction.Policy.Off()
            : new AutoCompaction.Policy.Revisions(kept);
      }
      case "periodic" -> {
        Duration kept =
            number
                ? Duration.ofHours(bounded(settings, "auto-compaction-retention", 0, 1_000_000))
                : settings.duration("auto-compaction-retention");
        if (kept.isNegative()) {
          throw new UsageException("--auto-compaction-retention can't be negative: " + retention);
        }
        yield kept.isZero()
            ? new AutoCompaction.Policy.Off()
            : new AutoCompaction.Policy.Periodic(kept);
      }
      default ->
          throw new UsageException(
              "--auto-compaction-mode is periodic or revision, not \"" + mode + "\"");
    };
  }

  static long bounded(Settings settings, String flag, long min, long max) throws UsageException {
    long value = settings.number(flag);
    if (value < min || value > max) {
      throw new UsageException(
          "--%s is between %d and %d, not %d".formatted(flag, min, max, value));
    }
    return value;
  }
}
