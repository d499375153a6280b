package io.quorate.client;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.client.channel.Channel;
import io.quorate.client.channel.Timer;
import io.quorate.client.http.ClientTls;
import io.quorate.client.http.HttpChannel;
import io.quorate.client.http.HttpSettings;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A client of a cluster that speaks the etcd v3 API: Quorate or etcd.
 *
 * <pre>{@code
 * try (QuorateClient client = QuorateClient.connect("127.0.0.1:2379")) {
 *   client.kv().put("greeting", "hello");
 *   client.kv().get("greeting"); // hello, with its revisions
 * }
 * }</pre>
 *
 * <p>Safe for use by many threads; one client a process is enough. Every call comes in two forms:
 * one that waits, and one named {@code …Async} that returns a future. Both end by the deadline of
 * {@link ClientOptions}. They fail with a {@link io.quorate.base.QuorateException}, whose subclass
 * says what may be done about it; {@code Indeterminate} says that the write may have happened, or
 * may yet.
 *
 * <p>A future completes on a thread of the channel's: what is chained to it must not block.
 */
public final class QuorateClient implements AutoCloseable {
  private final Channel channel;
  private final ClientOptions options;
  private final Calls calls;
  private final Supplier<Way> apart;
  private final Kv kv;
  private final Cluster cluster;
  private final Maintenance maintenance;
  private final Watch watch;
  private final Lease lease;
  private final Auth auth;
  private final LockService lock;
  private final ElectionService election;

  // Guarded by this: what sessions are kept alive with, once there is one.
  private @Nullable Channel sessionChannel;
  private @Nullable Calls sessionCalls;
  private @Nullable Lease sessionLeases;
  private boolean closed;

  /** A channel, and the clocks that go with it. */
  private record Way(Channel channel, Timer timer) {}

  private QuorateClient(Channel channel, Timer timer, ClientOptions options, Supplier<Way> apart) {
    this.channel = channel;
    this.options = options;
    this.apart = apart;
    calls = new Calls(channel, timer, options);
    kv = new Kv(calls);
    cluster = new Cluster(calls);
    maintenance = new Maintenance(calls);
    watch = new Watch(calls);
    lease = new Lease(calls);
    auth = new Auth(calls);
    lock = new LockService(calls);
    election = new ElectionService(calls);
  }

  /**
   * Over the network. Connects when the first call is made.
   *
   * @param endpoints members of one cluster: {@code host:port} or {@code http://host:port} in
   *     plaintext, {@code https://host:port} inside TLS, believing whom the Java platform believes
   */
  public static QuorateClient connect(String... endpoints) {
    return connect(ClientOptions.DEFAULT, null, List.of(endpoints));
  }

  /**
   * Over the network, inside TLS. Connects when the first call is made.
   *
   * @param endpoints members of one cluster: {@code host:port} or {@code https://host:port}
   */
  public static QuorateClient connect(ClientTls tls, String... endpoints) {
    return connect(ClientOptions.DEFAULT, tls, List.of(endpoints));
  }

  /**
   * Over the network. Connects when the first call is made.
   *
   * @param tls how members are believed that are named with {@code https://} or without {@code
   *     http://}; null for plaintext where nothing else is said
   * @param endpoints members of one cluster
   */
  public static QuorateClient connect(
      ClientOptions options, @Nullable ClientTls tls, List<String> endpoints) {
    List<String> members = List.copyOf(endpoints);
    Supplier<Way> ways =
        () -> {
          HttpChannel channel = HttpChannel.open(members, HttpSettings.DEFAULT, tls);
          return new Way(channel, channel.timer());
        };
    Way main = ways.get();
    return new QuorateClient(main.channel(), main.timer(), options, ways);
  }

  /** Over a channel that is given, and closed with the client. */
  public static QuorateClient over(Channel channel, Timer timer, ClientOptions options) {
    Way only = new Way(channel, timer);
    return new QuorateClient(channel, timer, options, () -> only);
  }

  /** Keys and values. */
  public Kv kv() {
    return kv;
  }

  /** Who belongs to the cluster. */
  public Cluster cluster() {
    return cluster;
  }

  /** How its members are, and what an operator does to them. */
  public Maintenance maintenance() {
    return maintenance;
  }

  /** Changes as they happen. */
  public Watch watch() {
    return watch;
  }

  /** Leases. */
  public Lease lease() {
    return lease;
  }

  /** Users and roles. */
  public Auth auth() {
    return auth;
  }

  /** Locks that members keep. */
  public LockService lock() {
    return lock;
  }

  /** Elections that members hold. */
  public ElectionService election() {
    return election;
  }

  /**
   * Begins a session: a lease that is kept alive until it is closed.
   *
   * @param ttl how long it outlives its last renewal; rounded up to seconds, and members may make
   *     it longer: see {@link Session#ttl}
   */
  public CompletableFuture<Session> sessionAsync(Duration ttl) {
    if (ttl.isNegative() || ttl.isZero()) {
      throw new IllegalArgumentException("ttl=" + ttl);
    }
    Calls keeping;
    Lease leases;
    synchronized (this) {
      if (closed) {
        return CompletableFuture.failedFuture(
            QuorateException.of(ErrorCode.STOPPED, "the client is closed"));
      }
      if (sessionCalls == null || sessionLeases == null) {
        Way way = apart.get();
        sessionChannel = way.channel();
        sessionCalls = new Calls(way.channel(), way.timer(), options);
        sessionLeases = new Lease(sessionCalls);
      }
      keeping = sessionCalls;
      leases = sessionLeases;
    }
    return leases
        .grantAsync(ttl.plusNanos(999_999_999).toSeconds())
        .thenApply(granted -> {
          Session session = new Session(this, keeping, leases, granted);
          session.begin();
          return session;
        });
  }

  /** Begins a session, as {@link #sessionAsync} does, and waits for it. */
  public Session session(Duration ttl) {
    return await(sessionAsync(ttl));
  }

  /**
   * All keys below a prefix, held here and kept up to date; completes once they were read.
   *
   * @param prefix empty for all keys
   */
  public CompletableFuture<CachedPrefix> cacheAsync(Bytes prefix) {
    return CachedPrefix.open(this, calls, prefix);
  }

  /** All keys below a prefix, held here and kept up to date; waits until they were read. */
  public CachedPrefix cache(Bytes prefix) {
    return await(cacheAsync(prefix));
  }

  /** The clocks that its calls go by. */
  public Timer timer() {
    return calls.timer();
  }

  /** How it behaves. */
  public ClientOptions options() {
    return options;
  }

  /**
   * Waits for a future of this client's, or one that was made of such; its failure is thrown with
   * the waiting thread's stack.
   *
   * @throws QuorateException if that is how it ended, or the waiting was interrupted
   * @throws IllegalStateException on a thread that completes this client's calls
   */
  public <T> T await(CompletableFuture<T> future) {
    if (!future.isDone() && mustNotBlock()) {
      future.cancel(false);
      throw new IllegalStateException(
          "waiting on the thread that completes calls would never end; use the asynchronous form");
    }
    return calls.await(future);
  }

  /** Whether it was closed. */
  public boolean isClosed() {
    synchronized (this) {
      return closed;
    }
  }

  /** Whether the calling thread completes calls of this client, so that waiting would never end. */
  public boolean mustNotBlock() {
    Channel other;
    synchronized (this) {
      other = sessionChannel;
    }
    return channel.mustNotBlock() || (other != null && other.mustNotBlock());
  }

  /** Gives up what is under way and ends the channels' threads. Idempotent. */
  @Override
  public void close() {
    Channel other;
    synchronized (this) {
      closed = true;
      other = sessionChannel;
    }
    if (other != null) {
      other.close();
    }
    channel.close();
  }
}
