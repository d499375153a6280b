package io.quorate.server;

import io.netty.handler.ssl.SslContext;
import io.quorate.Identity;
import io.quorate.Member;
import io.quorate.MemberConfig;
import io.quorate.admin.AdminHttp;
import io.quorate.admin.AdminSettings;
import io.quorate.admin.CallMetrics;
import io.quorate.admin.HttpAccess;
import io.quorate.admin.JsonGateway;
import io.quorate.admin.MemberMetrics;
import io.quorate.base.ErrorCode;
import io.quorate.base.Limits;
import io.quorate.base.QuorateException;
import io.quorate.etcd.ApiSchema;
import io.quorate.etcd.ApiVersion;
import io.quorate.grpc.GrpcServer;
import io.quorate.grpc.ReflectionService;
import io.quorate.grpc.ServiceRegistry;
import io.quorate.node.MemberInfo;
import io.quorate.tls.TlsContexts;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A member that serves clients over the network: a {@link Member}, with a gRPC server and the HTTP
 * pages on its client addresses.
 *
 * <p>Every method may be called from any thread but the member's own.
 */
public final class ServerMember implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(ServerMember.class.getName());
  private static final Duration DRAIN = Duration.ofSeconds(2);

  private final Member member;
  private final List<GrpcServer> servers = new ArrayList<>();
  private final List<InetSocketAddress> clientAddresses = new ArrayList<>();
  private @Nullable ServingHealth health;

  private final ServerTls tls;

  private ServerMember(Member member, ServerTls tls) {
    this.member = member;
    this.tls = tls;
  }

  /**
   * Starts a member and listens for clients; not waiting for the other members.
   *
   * @throws QuorateException if it can't; the message says why, and everything begun is undone
   */
  static ServerMember start(ServerConfig given) {
    ServerConfig config = given.withClientPorts(ServerMember::freePort);
    warn(config);
    DataDirectory.closeToOthers(config.dataDir());
    MemberMetrics metrics = new MemberMetrics();
    ServerTls tls = ServerTls.of(config.security());
    Member member;
    try {
      member = Member.start(memberConfig(config, tls), metrics);
    } catch (RuntimeException e) {
      tls.close();
      throw e;
    }
    ServerMember server = new ServerMember(member, tls);
    try {
      server.serve(config, metrics);
    } catch (IOException e) {
      server.close();
      throw QuorateException.of(ErrorCode.INVALID_REQUEST, String.valueOf(e.getMessage()), e);
    } catch (RuntimeException e) {
      server.close();
      throw e;
    }
    return server;
  }

  /** The member behind it. */
  public Member member() {
    return member;
  }

  /** Where it listens for clients, with the ports that port 0 became. */
  public List<InetSocketAddress> clientAddresses() {
    return List.copyOf(clientAddresses);
  }

  /** Completes when the member serves reads and writes. */
  CompletableFuture<Void> ready() {
    return member.ready();
  }

  /** Lets calls under way finish for a moment, then stops everything. */
  @Override
  public void close() {
    if (health != null) {
      health.close();
    }
    List<CompletableFuture<Void>> drained =
        servers.stream().map(server -> server.drain(DRAIN)).toList();
    try {
      CompletableFuture.allOf(drained.toArray(new CompletableFuture<?>[0]))
          .get(2 * DRAIN.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException | java.util.concurrent.ExecutionException e) {
      LOG.log(System.Logger.Level.WARNING, "connections did not close in time", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    servers.forEach(GrpcServer::close);
    member.close();
    tls.close();
  }

  private void serve(ServerConfig config, MemberMetrics metrics) throws IOException {
    int messageBytesMax = config.requestBytesMax() + Limits.REQUEST_OVERHEAD_BYTES;
    ServiceRegistry services = member.services();
    new ReflectionService(services, ApiSchema.files()).register();
    health = ServingHealth.start(member.replica(), services);
    metrics.watchLog(member.node()::logStatistics);
    metrics.add(new CallMetrics(services));
    if (config.http().extensiveMetrics()) {
      services.measureTimes();
    }
    AdminSettings settings =
        new AdminSettings(
            member.config().memberId(),
            ApiVersion.SERVER,
            ApiVersion.CLUSTER,
            ApiVersion.STORAGE,
            config.quotaBytes());
    HttpAccess access = config.security().http();
    JsonGateway gateway =
        config.http().gateway()
            ? new JsonGateway(services, member.loop(), member.replica().readers(), messageBytesMax)
            : null;
    AdminHttp http = new AdminHttp(member.replica(), settings, metrics, access, gateway);
    AdminHttp pages = new AdminHttp(member.replica(), settings, metrics, access, null);

    GrpcServer.Builder clients =
        GrpcServer.builder(member.loops(), services)
            .handshakes(tls.handshakes())
            .receivedMessageBytesMax(messageBytesMax)
            .concurrentStreamsMax(config.streamsMax())
            .pingMin(config.keepAlive().permitted())
            .keepAlive(config.keepAlive().interval(), config.keepAlive().timeout());
    if (config.http().listen().isEmpty()) {
      clients.http1(http);
    }
    clientAddresses.addAll(listen(clients, config.listenClients(), "clients"));
    listen(httpOnly(http), config.http().listen(), "http");
    listen(httpOnly(pages), config.http().listenMetrics(), "metrics");
  }

  private GrpcServer.Builder httpOnly(AdminHttp http) {
    return GrpcServer.builder(member.loops(), new ServiceRegistry())
        .http1(http)
        .handshakes(tls.handshakes());
  }

  private List<InetSocketAddress> listen(
      GrpcServer.Builder builder, List<Endpoint> endpoints, String whom) throws IOException {
    List<InetSocketAddress> bound = new ArrayList<>();
    if (endpoints.isEmpty()) {
      return bound;
    }
    GrpcServer server = builder.build();
    servers.add(server);
    for (Endpoint endpoint : endpoints) {
      InetSocketAddress address = server.bind(endpoint.address(), tlsOf(endpoint));
      bound.add(address);
      LOG.log(
          System.Logger.Level.INFO,
          "listening for {0} address={1}",
          whom,
          endpoint.withPort(address.getPort()));
    }
    return bound;
  }

  private @Nullable Supplier<SslContext> tlsOf(Endpoint endpoint) {
    TlsContexts contexts = tls.clients();
    return endpoint.tls() && contexts != null ? contexts::answering : null;
  }

  private static MemberConfig memberConfig(ServerConfig config, ServerTls tls) {
    SortedMap<String, Long> ids = config.memberIds();
    List<MemberInfo> members = new ArrayList<>();
    config
        .initialCluster()
        .forEach((name, peers) -> {
          boolean own = name.equals(config.name());
          members.add(
              new MemberInfo(
                  ids.getOrDefault(name, 0L),
                  name,
                  peers.stream().map(Endpoint::url).toList(),
                  own ? config.clientUrls() : List.of(),
                  false));
        });
    return new MemberConfig(
        config.name(),
        config.dataDir(),
        Identity.clusterId(ids.values()),
        ids.getOrDefault(config.name(), 0L),
        members,
        !config.joining(),
        config.listenPeers().stream().map(Endpoint::address).toList(),
        tls.peers(),
        config.heartbeatMillis(),
        config.electionMillis(),
        config.requestBytesMax(),
        config.txnOpsMax(),
        config.watchProgress().toMillis(),
        config.leaseCheckpoints(),
        config.quotaBytes(),
        config.logEntriesKept(),
        config.compaction(),
        config.auth(),
        config.membership(),
        config.dedicated());
  }

  /** An explicit http URL says that plaintext is wanted; where others can listen in, once more. */
  private static void warn(ServerConfig config) {
    for (String notice : config.security().notices()) {
      LOG.log(System.Logger.Level.WARNING, "{0}", notice);
    }
    List<Endpoint> open = new ArrayList<>(config.listenClients());
    open.addAll(config.listenPeers());
    open.addAll(config.http().listen());
    open.addAll(config.http().listenMetrics());
    open.removeIf(each -> each.tls() || each.loopback());
    if (!open.isEmpty()) {
      LOG.log(
          System.Logger.Level.WARNING,
          "plaintext on {0}: whoever is on the way can read and change everything; use https URLs",
          open);
    }
  }

  /** A port that is free now: what a member tells of itself must be known before it listens. */
  private static int freePort(Endpoint endpoint) {
    try (ServerSocket socket = new ServerSocket()) {
      socket.setReuseAddress(true);
      socket.bind(endpoint.address());
      return socket.getLocalPort();
    } catch (IOException e) {
      throw QuorateException.of(
          ErrorCode.INVALID_REQUEST,
          "no free port on " + endpoint.host() + ": " + e.getMessage(),
          e);
    }
  }
}
