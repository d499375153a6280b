package io.quorate;

import io.netty.channel.EventLoop;
import io.netty.channel.IoEventLoopGroup;
import io.quorate.base.Disk;
import io.quorate.base.ErrorCode;
import io.quorate.base.Limits;
import io.quorate.base.QuorateException;
import io.quorate.engine.Engines;
import io.quorate.engine.RocksEngines;
import io.quorate.engine.RocksSettings;
import io.quorate.etcd.ApiSettings;
import io.quorate.etcd.AuthSources;
import io.quorate.etcd.AutoCompaction;
import io.quorate.etcd.EtcdServices;
import io.quorate.grpc.EventLoops;
import io.quorate.grpc.ServiceRegistry;
import io.quorate.node.ClusterView;
import io.quorate.node.Env;
import io.quorate.node.Loop;
import io.quorate.node.MemberInfo;
import io.quorate.node.Node;
import io.quorate.node.NodeMetrics;
import io.quorate.node.NodeSettings;
import io.quorate.node.Replica;
import io.quorate.node.RestoredMember;
import io.quorate.node.Transport;
import io.quorate.transport.ClusterQuestion;
import io.quorate.transport.NettyLoop;
import io.quorate.transport.NettyTransport;
import io.quorate.transport.TransportSettings;
import io.quorate.wal.FileDisk;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * A member, put together and running: loop, log, engine, node, transport, and the services of the
 * API, registered and ready for whoever takes calls.
 *
 * <p>It has three kinds of threads: one loop, one that writes the log, and readers. All end with
 * {@link #close}. Every public method may be called from any thread but the member's own.
 */
public final class Member implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(Member.class.getName());

  private static final int READERS = 2;
  private static final int READS_QUEUED_MAX = 1_024;
  private static final long STOP_SECONDS_MAX = 20;
  private static final long CACHED_LOG_BYTES = 32L << 20;
  private static final long REQUEST_BASE_MILLIS = 5_000;
  private static final long MILLIS_PER_SECOND = 1_000;

  /** How often a member without a leader asks whether it still belongs. */
  private static final long ASK_AGAIN_NANOS = TimeUnit.SECONDS.toNanos(3);

  private final String name;
  private final MemberConfig config;
  private final ArrayDeque<AutoCloseable> closing = new ArrayDeque<>();
  private final CompletableFuture<Throwable> stopped = new CompletableFuture<>();

  /** Every thread of the member that may still run. */
  private final Queue<Thread> started = new ConcurrentLinkedQueue<>();

  private final ServiceRegistry services = new ServiceRegistry();
  private final IoEventLoopGroup loops;
  private final NettyLoop loop;
  private final NettyTransport transport;
  private final Node node;
  private final Replica replica;

  private Member(MemberConfig given, NodeMetrics metrics) throws Exception {
    this.name = given.name();
    try {
      refuseForeign(given.dataDir());
      refuseUnfinished(given.dataDir());
      loops = EventLoops.start(1, "quorate-" + given.name() + "-loop");
      closing.push(this::endLoops);
      loop = new NettyLoop((EventLoop) loops.next());
      loop.execute(() -> started.add(Thread.currentThread()));
      Disk disk = new FileDisk(given.dataDir());
      TransportSettings plaintext = TransportSettings.plaintext(given.listenPeers());
      TransportSettings peers =
          given.peerTls() == null ? plaintext : plaintext.withTls(given.peerTls());
      Enrolment enrolment = Enrolment.of(given, disk, address -> ask(peers, 0, address));
      config = enrolment.config();
      ExecutorService log = threads("log", 1, Integer.MAX_VALUE);
      closing.push(() -> end(log));
      ExecutorService readers = threads("reader", READERS, READS_QUEUED_MAX);
      closing.push(() -> end(readers));
      Engines engines =
          new RocksEngines(
              config.dataDir(),
              config.dedicated() ? RocksSettings.standard() : RocksSettings.small());
      closing.push(engines);
      transport = new NettyTransport(loop, peers);
      Env env = new MemberEnv(loop, log, readers, disk, engines, transport, stopped);
      node = Node.start(env, nodeSettings(config), metrics);
      closing.push(this::endNode);
      replica = onLoop(this::begun);
      enrolment.begun(disk);
      if (enrolment.restarted()) {
        loop.execute(() -> askWhetherRemoved(peers));
      }
      ApiSettings api =
          new ApiSettings(
              config.clusterId(),
              config.memberId(),
              config.requestBytesMax(),
              config.txnOpsMax(),
              TimeUnit.MILLISECONDS.toNanos(config.electionMillis()),
              config.watchProgressMillis() * 1_000_000L,
              config.quotaBytes());
      AuthSources sources =
          new AuthSources(env::random, () -> System.currentTimeMillis() / MILLIS_PER_SECOND);
      EtcdServices etcd = new EtcdServices(replica, api, config.auth(), sources);
      etcd.register(services);
      AutoCompaction compaction =
          new AutoCompaction(replica, config.memberId(), config.compaction());
      onLoop(() -> {
        etcd.start();
        compaction.start();
        return true;
      });
      closing.push(() ->
          onLoop(() -> {
            compaction.close();
            etcd.close();
            return true;
          }));
    } catch (Throwable e) {
      close();
      throw e;
    }
  }

  /**
   * Starts a member. Returns when it has recovered what its directory holds and listens for its
   * peers; not waiting for them.
   *
   * @throws QuorateException if it can't; the message says why, and everything begun is undone
   */
  public static Member start(MemberConfig config, NodeMetrics metrics) {
    try {
      return new Member(config, metrics);
    } catch (QuorateException e) {
      throw e;
    } catch (Exception e) {
      throw QuorateException.of(
          ErrorCode.INVALID_REQUEST, "the member can't start: " + e.getMessage(), e);
    }
  }

  /** What it was started with. */
  public MemberConfig config() {
    return config;
  }

  /** The replica of the keyspace. */
  public Replica replica() {
    return replica;
  }

  /** The node behind it. */
  public Node node() {
    return node;
  }

  /** The API's services; answered on {@link #loop}. */
  public ServiceRegistry services() {
    return services;
  }

  /** The group of the one loop: servers of the same member run on it. */
  public IoEventLoopGroup loops() {
    return loops;
  }

  /** The loop on which everything of the member happens. */
  public Loop loop() {
    return loop;
  }

  /** Whether a directory says which member it is: it was started before, and needs no founding. */
  public static boolean isKnown(Path dataDir) {
    return Files.isRegularFile(dataDir.resolve(IdentityFile.NAME));
  }

  /** Where it listens for peers, with the ports that port 0 became. */
  public List<java.net.InetSocketAddress> listeningPeers() {
    return onLoop(transport::listening);
  }

  /** Completes, with the reason, if the member can't go on; not by {@link #close}. */
  public CompletableFuture<Throwable> stopped() {
    return stopped;
  }

  /** Completes when the member serves: a leader is known and a read through the cluster passed. */
  public CompletableFuture<Void> ready() {
    return new Readiness(node, replica).future();
  }

  /** Stops the member; when it returns, every thread has ended and every file is closed. */
  @Override
  public void close() {
    List<Throwable> failures = new ArrayList<>();
    for (AutoCloseable next = closing.poll(); next != null; next = closing.poll()) {
      try {
        next.close();
      } catch (Exception | Error e) { // what is left must be closed all the same
        failures.add(e);
      }
    }
    // An executor says that it has ended a moment before its threads have.
    for (Thread thread = started.poll(); thread != null; thread = started.poll()) {
      join(thread);
    }
    for (Throwable failure : failures) {
      LOG.log(System.Logger.Level.WARNING, "while stopping member=" + name, failure);
    }
  }

  private static NodeSettings nodeSettings(MemberConfig config) {
    NodeSettings preset = NodeSettings.of(config.clusterId(), config.memberId(), config.members());
    return new NodeSettings(
        config.clusterId(),
        config.memberId(),
        config.members(),
        config.founding(),
        preset.groups(),
        TimeUnit.MILLISECONDS.toNanos(config.heartbeatMillis()),
        TimeUnit.MILLISECONDS.toNanos(config.electionMillis()),
        TimeUnit.MILLISECONDS.toNanos(REQUEST_BASE_MILLIS + 2L * config.electionMillis()),
        config.requestBytesMax(),
        config.entriesKept(),
        CACHED_LOG_BYTES,
        preset.logSegmentBytes(),
        config.leaseCheckpoints(),
        Limits.APPEND_ENTRIES_MAX,
        config.membership());
  }

  private CompletableFuture<ClusterView> ask(
      TransportSettings settings, long self, InetSocketAddress address) {
    return CompletableFuture.runAsync(() -> {}, loop)
        .thenCompose(_ -> ClusterQuestion.ask(loop, settings, self, address));
  }

  /**
   * A member that was started before and hears of no leader asks the others whether it was removed
   * meanwhile: of two members one dials, and nobody dials who is no member. Runs on the loop.
   */
  private void askWhetherRemoved(TransportSettings settings) {
    if (stopped.isDone() || replica.leader() != 0 || node.isClosed()) {
      return;
    }
    for (MemberInfo each : replica.membership().members()) {
      if (each.id() != config.memberId()) {
        for (String url : each.peerUrls()) {
          var _ =
              ask(settings, config.memberId(), Enrolment.address(url))
                  .thenAccept(view -> {
                    if (view.askerRemoved() && view.clusterId() == config.clusterId()) {
                      node.removed("its peers say so");
                    }
                  });
        }
      }
    }
    loop.schedule(ASK_AGAIN_NANOS, () -> askWhetherRemoved(settings));
  }

  /** Refuses a directory in which an etcd keeps its data: nothing of it could be read. */
  private static void refuseForeign(Path dataDir) {
    Path etcd = dataDir.resolve("member");
    if (Files.isDirectory(etcd.resolve("wal")) || Files.isDirectory(etcd.resolve("snap"))) {
      throw QuorateException.of(
          ErrorCode.WRONG_IDENTITY,
          dataDir + " is the data directory of an etcd; give Quorate a directory of its own");
    }
  }

  /** Refuses a directory into which a restore was under way when it was killed. */
  private static void refuseUnfinished(Path dataDir) {
    if (Files.exists(dataDir.resolve(RestoredMember.UNFINISHED))) {
      throw QuorateException.of(
          ErrorCode.DATA_DAMAGED,
          "the restore into "
              + dataDir
              + " did not come to its end; empty the directory and restore the backup once more");
    }
  }

  /** The node's first turn is over: it has its replica, or a reason why not. */
  private Replica begun() {
    Throwable failure = stopped.getNow(null);
    if (failure instanceof QuorateException known) {
      throw known;
    }
    Replica begun = node.replica(Node.KEYSPACE);
    if (begun == null) {
      throw new IllegalStateException("the node did not begin", failure);
    }
    return begun;
  }

  private <T> T onLoop(java.util.function.Supplier<T> task) {
    try {
      return CompletableFuture.supplyAsync(task, loop).join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw e;
    }
  }

  private ExecutorService threads(String role, int count, int queued) {
    ThreadFactory named =
        Thread.ofPlatform().name("quorate-" + name + "-" + role + "-", 0).factory();
    ThreadPoolExecutor threads =
        new ThreadPoolExecutor(
            count,
            count,
            10,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(queued),
            task -> {
              started.removeIf(thread -> thread.getState() == Thread.State.TERMINATED);
              Thread thread = named.newThread(task);
              started.add(thread);
              return thread;
            });
    if (count > 1) {
      threads.allowCoreThreadTimeOut(true);
    }
    return threads;
  }

  private void endNode() throws Exception {
    CompletableFuture<Boolean> done = new CompletableFuture<>();
    loop.execute(() -> node.close(() -> done.complete(true)));
    try {
      done.get(STOP_SECONDS_MAX, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      throw new IllegalStateException("the log's thread does not come to an end", e);
    }
  }

  private static void join(Thread thread) {
    try {
      thread.join(Duration.ofSeconds(STOP_SECONDS_MAX));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void endLoops() {
    loops.shutdownGracefully(0, STOP_SECONDS_MAX, TimeUnit.SECONDS).awaitUninterruptibly();
  }

  private static void end(ExecutorService threads) throws InterruptedException {
    threads.shutdown();
    if (!threads.awaitTermination(STOP_SECONDS_MAX, TimeUnit.SECONDS)) {
      throw new IllegalStateException("a thread does not come to an end");
    }
  }

  /** The world as the node sees it. */
  private record MemberEnv(
      Loop loop,
      Executor log,
      Executor readers,
      Disk disk,
      Engines engines,
      Transport transport,
      CompletableFuture<Throwable> stop)
      implements Env {
    private static final SecureRandom RANDOM = new SecureRandom();

    @Override
    public long random() {
      return RANDOM.nextLong();
    }

    @Override
    public void removed(String why) {
      stop.complete(
          QuorateException.of(
              ErrorCode.MEMBER_REMOVED,
              "this member has been permanently removed from the cluster: "
                  + why
                  + ". Delete its data directory; to join again it is added anew"));
    }

    @Override
    public void stopped(long group, @Nullable Throwable why) {
      stop.complete(why == null ? new IllegalStateException("stopped") : why);
    }
  }
}
