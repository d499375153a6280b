package io.quorate.server;

import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.tls.CertificateAuthority;
import io.quorate.tls.CertificateAuthority.Wish;
import io.quorate.tls.SubjectNames;
import io.quorate.tls.TlsContexts;
import io.quorate.tls.TlsException;
import io.quorate.tls.TlsSettings;
import io.quorate.transport.PeerTls;
import io.quorate.transport.PeerTls.DiallerCheck;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The certificates of a running member, which follow their files: once a second it looks whether
 * one has changed, and if so, every connection from then on is made with all of them as they are
 * now. Files that can't be used, such as a certificate whose key hasn't been replaced yet, are said
 * to be so once, and leave things as they were.
 *
 * <p>Looking beats being told: file systems don't tell of what changes behind a symbolic link, or
 * on another machine.
 *
 * <p>It has the threads that compute handshakes too: no more than there are processors, so that a
 * storm of connections can't keep a loop from its own.
 */
final class ServerTls implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(ServerTls.class.getName());
  private static final Duration LOOK = Duration.ofSeconds(1);
  private static final Duration IDLE = Duration.ofSeconds(10);
  private static final Duration STOP_MAX = Duration.ofSeconds(5);

  private final @Nullable TlsContexts clients;
  private final @Nullable TlsContexts peers;
  private final boolean peersNameTheirHosts;
  private final ExecutorService handshakes = threads();
  private final Thread follower;

  private ServerTls(Security security) throws TlsException {
    clients = contexts("clients", security.clients());
    peers = contexts("peers", security.peers());
    peersNameTheirHosts = security.peersNameTheirHosts();
    follower = Thread.ofPlatform().daemon().name("quorate-certificates").unstarted(this::follow);
    if (clients != null || peers != null) {
      follower.start();
    }
  }

  /**
   * Reads what there is, and makes what is to be made.
   *
   * @throws QuorateException if it can't be used; the message names the file
   */
  static ServerTls of(Security security) {
    try {
      for (Security.Made each : security.made()) {
        make(each);
      }
      return new ServerTls(security);
    } catch (TlsException | IOException e) {
      throw QuorateException.of(ErrorCode.INVALID_REQUEST, String.valueOf(e.getMessage()), e);
    }
  }

  /** For clients; null if all of their URLs are plaintext. */
  @Nullable TlsContexts clients() {
    return clients;
  }

  /** For members; null for plaintext. */
  @Nullable PeerTls peers() {
    TlsContexts contexts = peers;
    return contexts == null
        ? null
        : new PeerTls(
            contexts::dialling,
            contexts::answering,
            peersNameTheirHosts ? ServerTls::namesItsHost : DiallerCheck.NONE,
            handshakes);
  }

  /** Who computes handshakes. */
  Executor handshakes() {
    return handshakes;
  }

  /** Stops to follow the files, and to compute. Returns when the threads have ended. */
  @Override
  public void close() {
    follower.interrupt();
    handshakes.shutdown();
    try {
      if (follower.isAlive()) {
        follower.join(STOP_MAX);
      }
      if (!handshakes.awaitTermination(STOP_MAX.toMillis(), TimeUnit.MILLISECONDS)) {
        LOG.log(System.Logger.Level.WARNING, "a handshake does not come to an end");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static ExecutorService threads() {
    int processors = Runtime.getRuntime().availableProcessors();
    ThreadPoolExecutor threads =
        new ThreadPoolExecutor(
            processors,
            processors,
            IDLE.toSeconds(),
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            Thread.ofPlatform().daemon().name("quorate-handshake-", 0).factory());
    threads.allowCoreThreadTimeOut(true);
    return threads;
  }

  private static boolean namesItsHost(@Nullable X509Certificate certificate, List<String> hosts) {
    return certificate != null
        && hosts.stream().anyMatch(host -> SubjectNames.cover(certificate, host));
  }

  private static @Nullable TlsContexts contexts(String side, @Nullable TlsSettings settings)
      throws TlsException {
    if (settings == null) {
      return null;
    }
    TlsContexts contexts = TlsContexts.of(settings);
    tell(side, contexts);
    return contexts;
  }

  private void follow() {
    try {
      while (true) {
        Thread.sleep(LOOK);
        refresh("clients", clients);
        refresh("peers", peers);
      }
    } catch (InterruptedException e) {
      // The member ends.
    }
  }

  private static void refresh(String side, @Nullable TlsContexts contexts) {
    try {
      if (contexts != null && contexts.refresh()) {
        tell(side, contexts);
      }
    } catch (TlsException e) {
      LOG.log(
          System.Logger.Level.WARNING,
          "certificates for={0} stay as they were: {1}",
          side,
          e.getMessage());
    } catch (RuntimeException e) {
      LOG.log(System.Logger.Level.ERROR, "certificates for=" + side + " stay as they were", e);
    }
  }

  private static void tell(String side, TlsContexts contexts) {
    X509Certificate shown = contexts.shown().getFirst();
    LOG.log(
        System.Logger.Level.INFO,
        "certificates for={0} read serial={1} expires={2}",
        side,
        shown.getSerialNumber().toString(16),
        shown.getNotAfter().toInstant());
  }

  /** Makes a certificate, unless a good one is there. */
  private static void make(Security.Made made) throws IOException {
    Path certificate = made.files().certificate();
    Path key = made.files().key();
    if (Files.exists(certificate) && Files.exists(key) && isGood(certificate, key)) {
      return;
    }
    DataDirectory.create(made.folder());
    CertificateAuthority.selfSigned(
            new Wish(
                "quorate", made.hosts(), List.of(), CertificateAuthority.Use.BOTH, made.validFor()))
        .write(certificate, key);
  }

  private static boolean isGood(Path certificate, Path key) {
    try {
      TlsContexts.of(TlsSettings.listening(certificate, key)).shown().getFirst().checkValidity();
      return true;
    } catch (TlsException | java.security.cert.CertificateException e) {
      return false;
    }
  }
}
