package io.quorate.transport;

import io.netty.handler.ssl.SslContext;
import java.net.InetSocketAddress;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
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
    @Nullable Tls tls,
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

  /** The same inside TLS. */
  public TransportSettings withTls(Tls inside) {
    return new TransportSettings(
        listen, inside, handshakeDeadline, connectDeadline, retryMax, refusedRetryMax, keepAlive);
  }

  /** Copies the list. */
  public TransportSettings {
    listen = List.copyOf(listen);
  }

  /**
   * TLS as both ends need it. Contexts are asked for at each connection, so that certificates and
   * revocation lists can change while members talk.
   *
   * @param dialling for connections that this member opens; it looks at whom it reached
   * @param answering for connections that it accepts; demands the peer's certificate if it is so
   *     configured
   * @param diallers what is asked of who opened a connection, beyond a certificate that is believed
   */
  public record Tls(
      Supplier<SslContext> dialling, Supplier<SslContext> answering, DiallerCheck diallers) {}

  /** Judges whether a certificate is that of the member which its holder says it is. */
  public interface DiallerCheck {
    /** Whoever has a certificate that is believed may say who it is. */
    DiallerCheck NONE = (certificate, hosts) -> true;

    /**
     * Whether it may be that member.
     *
     * @param certificate what it showed; null if it wasn't asked for one
     * @param hosts where the member is reached, by its peer URLs; where the connection comes from,
     *     if the member isn't known
     */
    boolean mayBe(@Nullable X509Certificate certificate, List<String> hosts);
  }
}
