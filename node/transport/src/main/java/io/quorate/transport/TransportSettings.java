package io.quorate.transport;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a member talks to its peers.
 *
 * @param listen addresses on which peers are answered; port 0 takes any free one
 * @param tls the two sides of TLS, or null for plaintext
 * @param handshakeDeadline how long a connection may take to introduce itself
 * @param connectDeadline how long a dialled peer may take to pick up
 * @param retryMax longest pause between two attempts to dial a peer
 * @param refusedRetryMax longest pause before dialling again a peer that refused us, or that we did
 * @param keepAlive how often a connection says that it is alive; five times nothing ends it
 */
public record TransportSettings(
    List<InetSocketAddress> listen,
    @Nullable PeerTls tls,
    Duration handshakeDeadline,
    Duration connectDeadline,
    Duration retryMax,
    Duration refusedRetryMax,
    Duration keepAlive) {

  /** Plaintext, with the default deadlines. */
  public static TransportSettings plaintext(List<InetSocketAddress> listen) {
    return new TransportSettings(
        listen,
        null,
        Duration.ofSeconds(5),
        Duration.ofSeconds(1),
        Duration.ofMillis(250),
        Duration.ofSeconds(10),
        Duration.ofSeconds(1));
  }

  /** The same inside TLS, whose first handshakes in a young process take their time. */
  public TransportSettings withTls(PeerTls inside) {
    return new TransportSettings(
        listen, inside, handshakeDeadline, connectDeadline, retryMax, refusedRetryMax, keepAlive);
  }

  /** Copies the list. */
  public TransportSettings {
    listen = List.copyOf(listen);
  }
}
