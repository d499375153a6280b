package io.quorate.client;

import io.quorate.base.Bytes;
import io.quorate.base.QuorateException;
import io.quorate.client.channel.Channel;
import io.quorate.client.channel.Timer;
import io.quorate.client.codec.Codec;
import io.quorate.client.http.ClientTls;
import io.quorate.client.http.HttpChannel;
import io.quorate.client.http.HttpSettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
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
  private final Link link;
  private final Namespace namespace;
  private final Kv kv;
  private final Cluster cluster;
  private final Maintenance maintenance;
  private final Watch watch;
  private final Lease lease;
  private final Auth auth;
  private final LockService lock;
  private final ElectionService election;
  private final StreamsService streams;

  private QuorateClient(Link link, Namespace namespace) {
    this.link = link;
    this.namespace = namespace;
    Calls calls = link.calls();
    kv = new Kv(calls, namespace);
    watch = new Watch(calls, namespace);
    cluster = new Cluster(calls);
    maintenance = new Maintenance(calls);
    lease = new Lease(calls);
    auth = new Auth(calls);
    lock = new LockService(calls);
    election = new ElectionService(calls);
    streams = new StreamsService(calls, namespace);
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
   * Over the network. Connects when the first call is made, to any of the members; writes go by way
   * of the leader as soon as it is known, since that is faster.
   *
   * @param tls how members are believed that are named with {@code https://} or without {@code
   *     http://}; null for plaintext where nothing else is said
   * @param endpoints members of one cluster, as {@link io.quorate.client.http.SrvRecords#endpoints}
   *     finds them, for example; their order doesn't matter
   */
  public static QuorateClient connect(
      ClientOptions options, @Nullable ClientTls tls, List<String> endpoints) {
    List<String> shuffled = new ArrayList<>(endpoints);
    Collections.shuffle(shuffled); // many clients of one list spread over its members
    List<String> members = List.copyOf(shuffled);
    Supplier<Link.Way> ways =
        () -> {
          HttpChannel channel = HttpChannel.open(members, HttpSettings.DEFAULT, tls);
          return new Link.Way(channel, channel.timer());
        };
    return new QuorateClient(new Link(ways.get(), options, ways), Namespace.WHOLE);
  }

  /** Over a channel that is given, and closed with the client. */
  public static QuorateClient over(Channel channel, Timer timer, ClientOptions options) {
    Link.Way only = new Link.Way(channel, timer);
    return new QuorateClient(new Link(only, options, () -> only), Namespace.WHOLE);
  }

  /**
   * The same client in a part of the keyspace: it sees the keys below a prefix, by what follows
   * that, and so do watches, cached prefixes, sessions and all that is built on them. What isn't
   * about keys, and the locks and elections that members keep, is as without it; so are the keys
   * that a lease is said to have.
   *
   * @param prefix not empty; usually ends with a slash. Further prefixes come behind this one
   * @return shares everything with this client; closing either closes both
   */
  public QuorateClient namespace(String prefix) {
    if (prefix.isEmpty()) {
      throw new IllegalArgumentException("a namespace needs a prefix");
    }
    return new QuorateClient(link, namespace.below(Bytes.utf8(prefix)));
  }

  /** The same client in all of the keyspace; itself if it is in no namespace. */
  public QuorateClient whole() {
    return namespace.isWhole() ? this : new QuorateClient(link, Namespace.WHOLE);
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

  /** Streams of events evaluated by the members, where they are Quorate's. */
  public StreamsService streams() {
    return streams;
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
    Link.Keeping keeping;
    try {
      keeping = link.keeping();
    } catch (QuorateException e) {
      return CompletableFuture.failedFuture(e);
    }
    return keeping
        .leases()
        .grantAsync(ttl.plusNanos(999_999_999).toSeconds())
        .thenApply(granted -> {
          Session session = new Session(this, keeping.calls(), keeping.leases(), granted);
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
    return CachedPrefix.open(this, link.calls(), prefix);
  }

  /** All keys below a prefix, held here and kept up to date; waits until they were read. */
  public CachedPrefix cache(Bytes prefix) {
    return await(cacheAsync(prefix));
  }

  /**
   * Values of one type below a prefix.
   *
   * @param prefix of their keys; usually ends with a slash, and not empty
   */
  public <V> Values<V> values(String prefix, Codec<V> codec) {
    if (prefix.isEmpty()) {
      throw new IllegalArgumentException("values need a prefix of their own");
    }
    return new Values<>(kv, link.calls(), prefix, codec);
  }

  /** The clocks that its calls go by. */
  public Timer timer() {
    return link.calls().timer();
  }

  /** How it behaves. */
  public ClientOptions options() {
    return link.options();
  }

  /**
   * Waits for a future of this client's, or one that was made of such; its failure is thrown with
   * the waiting thread's stack.
   *
   * @throws QuorateException if that is how it ended, or the waiting was interrupted
   * @throws IllegalStateException on a thread that completes this client's calls
   */
  public <T> T await(CompletableFuture<T> future) {
    return link.calls().await(future);
  }

  /**
   * Fails where waiting for a call would never end, as {@link #mustNotBlock} tells.
   *
   * @throws IllegalStateException on a thread that completes this client's calls
   */
  public void requireMayBlock() {
    link.calls().requireMayBlock();
  }

  /**
   * Tells those of its observers that are of a kind: for what is built on a client, and has more to
   * tell. What they throw is logged, and goes no further.
   */
  public <O extends ClientObserver> void tell(Class<O> kind, Consumer<? super O> event) {
    link.calls().observers().tell(kind, event);
  }

  /** Whether it was closed. */
  public boolean isClosed() {
    return link.isClosed();
  }

  /** Whether the calling thread completes calls of this client, so that waiting would never end. */
  public boolean mustNotBlock() {
    return link.mustNotBlock();
  }

  /**
   * Gives up what is under way and ends the channels' threads, of all namespaces too. Idempotent.
   */
  @Override
  public void close() {
    link.close();
  }
}
