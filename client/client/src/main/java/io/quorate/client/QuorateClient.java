package io.quorate.client;

import io.quorate.client.channel.Channel;
import io.quorate.client.channel.Timer;
import io.quorate.client.http.ClientTls;
import io.quorate.client.http.HttpChannel;
import io.quorate.client.http.HttpSettings;
import java.util.List;

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
  private final Kv kv;
  private final Cluster cluster;
  private final Maintenance maintenance;
  private final Watch watch;
  private final Lease lease;
  private final Auth auth;
  private final LockService lock;
  private final ElectionService election;

  private QuorateClient(Channel channel, Timer timer, ClientOptions options) {
    this.channel = channel;
    Calls calls = new Calls(channel, timer, options);
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
    HttpChannel channel = HttpChannel.open(List.of(endpoints));
    return over(channel, channel.timer(), ClientOptions.DEFAULT);
  }

  /**
   * Over the network, inside TLS. Connects when the first call is made.
   *
   * @param endpoints members of one cluster: {@code host:port} or {@code https://host:port}
   */
  public static QuorateClient connect(ClientTls tls, String... endpoints) {
    HttpChannel channel = HttpChannel.open(List.of(endpoints), HttpSettings.DEFAULT, tls);
    return over(channel, channel.timer(), ClientOptions.DEFAULT);
  }

  /** Over a channel that is given, and closed with the client. */
  public static QuorateClient over(Channel channel, Timer timer, ClientOptions options) {
    return new QuorateClient(channel, timer, options);
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

  /** Gives up what is under way and ends the channel's threads. Idempotent. */
  @Override
  public void close() {
    channel.close();
  }
}
