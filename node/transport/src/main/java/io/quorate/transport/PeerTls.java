package io.quorate.transport;

import io.netty.handler.ssl.SslContext;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * TLS as both ends of a connection between members need it. Contexts are asked for at each
 * connection, so that certificates and revocation lists can change while members talk.
 *
 * @param dialling for connections that this member opens; it looks at whom it reached
 * @param answering for connections that it accepts; demands the peer's certificate if it is so
 *     configured
 * @param diallers what is asked of who opened a connection, beyond a certificate that is believed
 * @param handshakes who computes handshakes, each of which takes a millisecond or more: too long
 *     for the loop of a member
 */
public record PeerTls(
    Supplier<SslContext> dialling,
    Supplier<SslContext> answering,
    DiallerCheck diallers,
    Executor handshakes) {

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
