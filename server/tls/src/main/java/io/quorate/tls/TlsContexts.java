package io.quorate.tls;

import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.quorate.tls.TlsSettings.ServerCheck;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * The contexts that handshakes are made with, as the files are now. A connection asks for one when
 * it begins; {@link #refresh} replaces both when a file has changed. With a context go the sessions
 * that could have been resumed in it, so that nobody who was let in by older files is let in again
 * without being looked at.
 *
 * <p>Safe for use by many threads.
 */
public final class TlsContexts {
  private static final String[] PROTOCOLS_OF_SERVERS = {"http/1.1", "h2"};
  private static final String[] PROTOCOLS_OF_CLIENTS = {"h2"};

  private static final List<String> TLS_1_3_SUITES =
      List.of("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256");

  private final TlsSettings settings;
  private volatile Pair current;
  private List<Stamp> seen; // guarded by this

  /** Both sides of one reading of the files. */
  private record Pair(
      @Nullable SslContext answering, SslContext dialling, List<X509Certificate> shown) {}

  /** What tells one state of a file from another; the file behind a symbolic link counts. */
  private record Stamp(Path file, long modifiedNanos, long bytes, @Nullable Object inode) {
    static Stamp of(Path file) {
      try {
        BasicFileAttributes now = Files.readAttributes(file, BasicFileAttributes.class);
        return new Stamp(
            file, now.lastModifiedTime().to(TimeUnit.NANOSECONDS), now.size(), now.fileKey());
      } catch (IOException e) {
        return new Stamp(file, 0, -1, null);
      }
    }
  }

  private TlsContexts(TlsSettings settings) throws TlsException {
    this.settings = settings;
    seen = stamps();
    current = read();
  }

  /**
   * Reads the files.
   *
   * @throws TlsException if one can't be used; the message names it
   */
  public static TlsContexts of(TlsSettings settings) throws TlsException {
    return new TlsContexts(settings);
  }

  /** For connections that are accepted. */
  public SslContext answering() {
    SslContext context = current.answering();
    if (context == null) {
      throw new IllegalStateException("there is no certificate to answer with");
    }
    return context;
  }

  /** For connections that are made. */
  public SslContext dialling() {
    return current.dialling();
  }

  /** The certificate that is shown to others, with what leads to its authority; empty if none. */
  public List<X509Certificate> shown() {
    return current.shown();
  }

  /**
   * Looks whether a file has changed since the last look, and if so reads all of them.
   *
   * @return whether the contexts are other ones now
   * @throws TlsException if they can't be used as they are: what was read before still holds, and
   *     the next attempt is made when a file has changed again
   */
  public synchronized boolean refresh() throws TlsException {
    List<Stamp> now = stamps(); // before reading: what changes meanwhile is found the next time
    if (now.equals(seen)) {
      return false;
    }
    seen = now;
    current = read();
    return true;
  }

  private List<Stamp> stamps() {
    return settings.files().stream().map(Stamp::of).toList();
  }

  private Pair read() throws TlsException {
    Credentials own = credentials(settings.own());
    Credentials dialling = settings.dialling() == null ? own : credentials(settings.dialling());
    Revocations revocations =
        settings.revocations() == null
            ? Revocations.NONE
            : Revocations.read(settings.revocations());
    X509ExtendedTrustManager trust =
        new CheckedTrust(
            platformTrust(revocations),
            revocations,
            settings.allowedNames(),
            settings.allowedHosts(),
            settings.serverCheck() == ServerCheck.HOST_STRICTLY);
    try {
      return new Pair(
          own == null ? null : answering(own, trust),
          dialling(dialling, trust),
          own == null ? List.of() : own.chain());
    } catch (SSLException e) {
      throw new TlsException("TLS can't be set up: " + e.getMessage(), e);
    }
  }

  private static @Nullable Credentials credentials(TlsSettings.@Nullable Files files)
      throws TlsException {
    return files == null ? null : Credentials.read(files.certificate(), files.key());
  }

  private SslContext answering(Credentials own, TrustManager trust)
      throws SSLException, TlsException {
    SslContextBuilder builder =
        SslContextBuilder.forServer(own.key(), own.chain())
            // Who speaks gRPC offers h2 alone. Who offers HTTP/1.1 as well wants a page, as a
            // browser does, and those are served in HTTP/1.1.
            .applicationProtocolConfig(alpn(PROTOCOLS_OF_SERVERS));
    if (settings.certificatesDemanded()) {
      builder.trustManager(trust).clientAuth(ClientAuth.REQUIRE);
    }
    return with(builder).build();
  }

  private SslContext dialling(@Nullable Credentials shown, TrustManager trust)
      throws SSLException, TlsException {
    SslContextBuilder builder =
        SslContextBuilder.forClient().applicationProtocolConfig(alpn(PROTOCOLS_OF_CLIENTS));
    if (shown != null) {
      builder.keyManager(shown.key(), shown.chain());
    }
    if (settings.serverCheck() == ServerCheck.NONE) {
      builder.trustManager(InsecureTrustManagerFactory.INSTANCE);
      builder.endpointIdentificationAlgorithm(null);
    } else {
      builder.trustManager(trust).endpointIdentificationAlgorithm("HTTPS");
    }
    return with(builder).build();
  }

  private SslContextBuilder with(SslContextBuilder builder) throws TlsException {
    TlsSettings.Algorithms algorithms = settings.algorithms();
    builder.sslProvider(SslProvider.JDK).protocols(algorithms.protocols());
    if (!algorithms.cipherSuites().isEmpty()) {
      builder.ciphers(cipherSuites(algorithms.cipherSuites()));
    }
    return builder;
  }

  /** Those that were named, and TLS 1.3's. */
  private static Set<String> cipherSuites(List<String> named) throws TlsException {
    Set<String> suites = new LinkedHashSet<>(TLS_1_3_SUITES);
    List<String> known;
    try {
      known = Arrays.asList(SSLContext.getDefault().getSupportedSSLParameters().getCipherSuites());
    } catch (GeneralSecurityException e) {
      throw new TlsException("Java has no TLS: " + e.getMessage(), e);
    }
    for (String suite : named) {
      if (!known.contains(suite)) {
        throw new TlsException(
            "unexpected TLS cipher suite \"" + suite + "\"; there are " + String.join(", ", known));
      }
      suites.add(suite);
    }
    return suites;
  }

  private static ApplicationProtocolConfig alpn(String... protocols) {
    return new ApplicationProtocolConfig(
        Protocol.ALPN,
        SelectorFailureBehavior.NO_ADVERTISE,
        SelectedListenerFailureBehavior.ACCEPT,
        protocols);
  }

  /** The platform's check against the authorities, without those that are themselves revoked. */
  private X509ExtendedTrustManager platformTrust(Revocations revocations) throws TlsException {
    try {
      KeyStore store = null;
      if (settings.authorities() != null) {
        store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        List<X509Certificate> authorities = new ArrayList<>();
        authorities.addAll(Credentials.certificates(settings.authorities()));
        authorities.removeIf(revocations::hold);
        for (int i = 0; i < authorities.size(); i++) {
          store.setCertificateEntry(Integer.toString(i), authorities.get(i));
        }
      }
      TrustManagerFactory factory =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      factory.init(store);
      for (TrustManager each : factory.getTrustManagers()) {
        if (each instanceof X509ExtendedTrustManager found) {
          return found;
        }
      }
      throw new TlsException("Java has no check of certificates");
    } catch (GeneralSecurityException | IOException e) {
      throw new TlsException("the authorities can't be used: " + e.getMessage(), e);
    }
  }
}
