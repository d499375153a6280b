package io.quorate.etcd;

import io.quorate.grpc.ServiceRegistry;
import io.quorate.node.Replica;
import java.util.function.LongSupplier;

/**
 * All services of the etcd v3 API over one replica, ready to be registered with a server.
 *
 * <p>Calls must be handled on the replica's loop: the server that takes them runs on it.
 */
public final class EtcdServices {
  private final KvService kv;
  private final ClusterService cluster;
  private final MaintenanceService maintenance;
  private final WatchService watch;
  private final LeaseService lease;

  /**
   * The services of one member.
   *
   * @param random a number that nobody else has; another one at each call
   */
  public EtcdServices(Replica replica, ApiSettings settings, LongSupplier random) {
    Admission admission = new Admission(replica);
    SpaceQuota quota = new SpaceQuota(replica, settings.quotaBytes());
    Messages messages = new Messages(replica, settings);
    this.kv = new KvService(replica, settings, admission, quota);
    this.cluster = new ClusterService(replica, admission, messages);
    this.maintenance = new MaintenanceService(replica, settings, admission, quota, messages);
    this.watch = new WatchService(replica, settings, admission, messages, random);
    this.lease = new LeaseService(replica, settings, admission, quota, messages, random);
  }

  /** Adds every method of the API; those that aren't served answer so. */
  public void register(ServiceRegistry registry) {
    kv.register(registry);
    cluster.register(registry);
    maintenance.register(registry);
    watch.register(registry);
    lease.register(registry);
    LaterServices.register(registry);
  }
}
