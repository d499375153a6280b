package io.quorate.testkit;

import io.quorate.DirectChannel;
import io.quorate.base.Disk;
import io.quorate.base.ErrorCode;
import io.quorate.base.Limits;
import io.quorate.base.QuorateException;
import io.quorate.client.channel.Channel;
import io.quorate.engine.Engines;
import io.quorate.engine.MemoryEngines;
import io.quorate.etcd.ApiSettings;
import io.quorate.etcd.AuthSettings;
import io.quorate.etcd.AuthSources;
import io.quorate.etcd.EtcdServices;
import io.quorate.grpc.ServiceRegistry;
import io.quorate.node.Env;
import io.quorate.node.Loop;
import io.quorate.node.MemberInfo;
import io.quorate.node.MembershipSettings;
import io.quorate.node.Node;
import io.quorate.node.NodeMetrics;
import io.quorate.node.NodeSettings;
import io.quorate.node.Replica;
import io.quorate.node.Transport;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One run of a member's process: the node and the services that run in production, on the world's
 * thread instead of threads, files in memory instead of a disk, and a network within the process.
 * Used on the world's thread.
 */
final class MemberRun implements Env {
  private static final long CLUSTER = 0x7e57L;
  private static final long HEARTBEAT_NANOS = TimeUnit.MILLISECONDS.toNanos(25);

  /**
   * The time of a change of leader, which tests wait for; here nothing but faults delays a
   * heartbeat.
   */
  private static final long ELECTION_NANOS = TimeUnit.MILLISECONDS.toNanos(150);

  private static final long REQUEST_TIMEOUT_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long WATCH_PROGRESS_NANOS = TimeUnit.SECONDS.toNanos(5);
  private static final long ENTRIES_KEPT = 1_000;
  private static final long CACHED_BYTES = 4L << 20;
  private static final int SEGMENT_BYTES = 512 << 10;
  private static final long FLUSH_BYTES = 8L << 20;

  private final ClusterMember member;
  private final MemoryFiles files;
  private final Random random;
  private final LongSupplier epochSeconds;
  private final Consumer<Throwable> failed;
  private final Activity activity = new Activity();
  private final MemberLoop loop;
  private final Engines engines;
  private final Transport transport;
  private final ServiceRegistry services = new ServiceRegistry();
  private final Channel channel;
  private @Nullable Node node;
  private @Nullable EtcdServices etcd;

  /**
   * Starts it.
   *
   * @param members all members of the cluster, which is founded by them
   * @param epochSeconds the time of day
   * @param failed is told if the member ends by itself, which it never should
   */
  MemberRun(
      World world,
      ClusterMember member,
      List<MemberInfo> members,
      MemoryFiles files,
      PeerNetwork network,
      Random random,
      LongSupplier epochSeconds,
      Consumer<Throwable> failed) {
    this.member = member;
    this.files = files;
    this.random = random;
    this.epochSeconds = epochSeconds;
    this.failed = failed;
    loop = new MemberLoop(world, activity);
    engines = new MemoryEngines(files, FLUSH_BYTES);
    transport = network.transport(member, activity);
    channel = new DirectChannel(loop, services, member.name());
    Node started = Node.start(this, settings(members), NodeMetrics.NONE);
    node = started;
    loop.execute(() -> serve(started)); // behind the node's own beginning
  }

  private NodeSettings settings(List<MemberInfo> members) {
    return new NodeSettings(
        CLUSTER,
        member.id(),
        members,
        true,
        1,
        HEARTBEAT_NANOS,
        ELECTION_NANOS,
        REQUEST_TIMEOUT_NANOS,
        Limits.REQUEST_BYTES_DEFAULT,
        ENTRIES_KEPT,
        CACHED_BYTES,
        SEGMENT_BYTES,
        false,
        Limits.APPEND_ENTRIES_MAX,
        MembershipSettings.DEFAULT);
  }

  private void serve(Node started) {
    Replica replica = started.replica(Node.KEYSPACE);
    if (replica == null) {
      return; // it has said why
    }
    ApiSettings settings =
        new ApiSettings(
            CLUSTER,
            member.id(),
            Limits.REQUEST_BYTES_DEFAULT,
            Limits.TXN_OPS_DEFAULT,
            ELECTION_NANOS,
            WATCH_PROGRESS_NANOS,
            Limits.QUOTA_BYTES_DEFAULT);
    EtcdServices serving =
        new EtcdServices(
            replica,
            settings,
            AuthSettings.standard(),
            new AuthSources(this::random, epochSeconds));
    serving.register(services);
    serving.start();
    etcd = serving;
  }

  Activity activity() {
    return activity;
  }

  /** The way to its services. */
  Channel channel() {
    return channel;
  }

  /** Its replica; null until it has begun. */
  @Nullable Replica replica() {
    Node running = node;
    Replica replica = running == null ? null : running.replica(Node.KEYSPACE);
    return replica != null && replica.hasState() ? replica : null;
  }

  /** Whether the cluster knows of it what it says of itself, and it has its place. */
  boolean isSettled() {
    Node running = node;
    Replica replica = replica();
    return running != null
        && replica != null
        && running.isPublished()
        && replica.membership().isSettled();
  }

  /** The process is killed. */
  void kill() {
    activity.end();
    files.processEnded();
  }

  /** It ends as a process does that is asked to, with what it has handed over up to now. */
  void stop() {
    if (etcd != null) {
      etcd.close();
    }
    if (node != null) {
      node.close(() -> {});
    }
  }

  // ---- what the node sees of the world ---------------------------------------------------------

  @Override
  public Loop loop() {
    return loop;
  }

  @Override
  public Executor log() {
    return loop;
  }

  @Override
  public Executor readers() {
    return loop;
  }

  @Override
  public Disk disk() {
    return files;
  }

  @Override
  public Engines engines() {
    return engines;
  }

  @Override
  public Transport transport() {
    return transport;
  }

  @Override
  public long random() {
    return random.nextLong();
  }

  @Override
  public void removed(String why) {
    failed.accept(QuorateException.of(ErrorCode.MEMBER_REMOVED, why));
  }

  @Override
  public void stopped(long group, Throwable why) {
    failed.accept(why);
  }
}
