package io.quorate.client.http;

import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.SslHandler;
import io.quorate.tls.TlsContexts;
import io.quorate.tls.TlsException;
import io.quorate.tls.TlsSettings;
import io.quorate.tls.TlsSettings.ServerCheck;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * TLS towards members: whom to believe, what to show, by which name a member must be known.
 *
 * <p>Made from PEM files, which are read now, and again when a connection is made after one of them
 * has changed. Files that can't be used by then leave those in place that could. Unchanging itself,
 * and safe for use by many threads and channels.
 */
public final class ClientTls {
  private final TlsSettings settings;
  private final @Nullable String serverName;
  private final TlsContexts contexts;

  private ClientTls(TlsSettings settings, @Nullable String serverName) {
    this.settings = settings;
    this.serverName = serverName;
    try {
      contexts = TlsContexts.of(settings);
    } catch (TlsException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
  }

  /**
   * Believes what these authorities signed.
   *
   * @param authorities a PEM file; null for those that the Java platform believes
   * @throws IllegalArgumentException if it can't be used
   */
  public static ClientTls believing(@Nullable Path authorities) {
    return new ClientTls(TlsSettings.dialling(authorities), null);
  }

  /**
   * The same, showing a certificate to members that ask for one.
   *
   * @param certificate a PEM file, with what leads to the authority behind the certificate itself
   * @param key a PEM file, without a password
   * @throws IllegalArgumentException if they can't be used, or don't belong together
   */
  public ClientTls showing(Path certificate, Path key) {
    return new ClientTls(settings.showing(certificate, key), serverName);
  }

  /** The same, taking members for who they are by this name, whatever they were reached by. */
  public ClientTls serverName(String name) {
    return new ClientTls(settings, name);
  }

  /**
   * The same, believing everybody: what is said is hidden from those who only listen, and from
   * nobody else.
   */
  public ClientTls believingEverybody() {
    return new ClientTls(settings.checking(ServerCheck.NONE), serverName);
  }

  /** Believes whom the Java platform believes, and shows nothing. */
  static ClientTls platform() {
    return Platform.TLS;
  }

  /** Made when it is first needed: the platform's authorities take a while to read. */
  private static final class Platform {
    static final ClientTls TLS = believing(null);
  }

  /** What a connection to that host goes through. */
  SslHandler handler(String host, int port) {
    try {
      var unused = contexts.refresh();
    } catch (TlsException e) {
      // What was read before still holds; if it doesn't any more, the handshake will tell.
    }
    String name = serverName == null ? host : serverName;
    return contexts.dialling().newHandler(ByteBufAllocator.DEFAULT, name, port);
  }
}
