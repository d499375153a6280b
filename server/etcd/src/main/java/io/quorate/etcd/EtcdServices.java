package io.quorate.etcd;

import io.quorate.grpc.ServiceRegistry;
import io.quorate.node.Replica;

/**
 * All services of the etcd v3 API over one replica, and that of our own for streams of events,
 * ready to be registered with a server.
 *
 * <p>Calls must be handled on the replica's loop: the server that takes them runs on it.
 */
public final class EtcdServices implements AutoCloseable {
  private final Guard guard;
  private final AuthService auth;
  private final KvService kv;
  private final ClusterService cluster;
  private final MaintenanceService maintenance;
  private final WatchService watch;
  private final LeaseService lease;
  private final LockService lock;
  private final ElectionService election;
  private final AlarmService alarms;
  private final StreamsService streams;
  private final SpaceQuota quota;

  /**
   * The services of one member.
   *
   * @param authSettings how callers are recognised, once that matters
   * @param sources numbers that nobody can guess, and the time of day
   */
  public EtcdServices(
      Replica replica, ApiSettings settings, AuthSettings authSettings, AuthSources sources) {
    JwtSettings jwt = authSettings.jwt();
    Tokens tokens =
        jwt == null
            ? new SimpleTokens(replica, authSettings.tokenTtlNanos(), sources.random())
            : new JwtTokens(replica, jwt, sources.epochSeconds());
    AuditLog audit = new AuditLog(replica);
    Admission admission = new Admission(replica, tokens, authSettings.clientCertificates(), audit);
    this.guard = new Guard(replica, admission);
    this.quota = new SpaceQuota(replica, settings.memberId(), settings.quotaBytes());
    Messages messages = new Messages(replica, settings);
    this.auth =
        new AuthService(
            replica,
            admission,
            messages,
            new Passwords(replica, authSettings.bcryptCost(), sources.random()),
            tokens,
            audit,
            authSettings.passwordLengthMin());
    this.kv = new KvService(replica, settings, admission, quota);
    this.cluster = new ClusterService(replica, admission, messages);
    this.maintenance = new MaintenanceService(replica, settings, admission, messages);
    LeaderBoundStreams leaderBound = new LeaderBoundStreams(replica, settings.electionNanos());
    this.watch =
        new WatchService(replica, settings, admission, messages, leaderBound, sources.random());
    this.lease =
        new LeaseService(
            replica, settings, admission, quota, messages, leaderBound, sources.random());
    Contention contention = new Contention(replica, settings, admission, quota, sources.random());
    this.lock = new LockService(contention, messages);
    this.election = new ElectionService(contention, messages, leaderBound);
    this.alarms = new AlarmService(replica, admission, messages);
    this.streams = new StreamsService(replica, settings, admission, quota);
  }

  /** Adds every method of the API. */
  public void register(ServiceRegistry registry) {
    ServiceRegistry unguarded = new ServiceRegistry();
    kv.register(unguarded);
    auth.register(unguarded);
    cluster.register(unguarded);
    maintenance.register(unguarded);
    watch.register(unguarded);
    lease.register(unguarded);
    lock.register(unguarded);
    election.register(unguarded);
    alarms.register(unguarded);
    streams.register(unguarded);
    guard.register(unguarded, registry);
  }

  /** Begins with what the services do by themselves. On the replica's loop. */
  public void start() {
    quota.start();
  }

  /** Ends it. On the replica's loop. */
  @Override
  public void close() {
    quota.close();
  }
}
