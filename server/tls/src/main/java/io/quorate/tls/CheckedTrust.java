package io.quorate.tls;

import java.net.Socket;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * Takes a certificate if the platform's own check does (signatures up to an authority, validity,
 * what it may be used for), none of those it came with is revoked, and its name is an allowed one.
 */
final class CheckedTrust extends X509ExtendedTrustManager {
  private final X509ExtendedTrustManager platform;
  private final Revocations revocations;
  private final List<String> allowedNames;
  private final List<String> allowedHosts;

  /** Whether whoever is dialled must be named as a subject alternative name. */
  private final boolean hostToBeNamed;

  CheckedTrust(
      X509ExtendedTrustManager platform,
      Revocations revocations,
      List<String> allowedNames,
      List<String> allowedHosts,
      boolean hostToBeNamed) {
    this.platform = platform;
    this.revocations = revocations;
    this.allowedNames = allowedNames;
    this.allowedHosts = allowedHosts;
    this.hostToBeNamed = hostToBeNamed;
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    platform.checkClientTrusted(chain, authType);
    check(chain);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
      throws CertificateException {
    platform.checkClientTrusted(chain, authType, socket);
    check(chain);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
      throws CertificateException {
    platform.checkClientTrusted(chain, authType, engine);
    check(chain);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    platform.checkServerTrusted(chain, authType);
    checkServer(chain, null);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
      throws CertificateException {
    platform.checkServerTrusted(chain, authType, socket);
    checkServer(
        chain, socket instanceof SSLSocket tls ? tls.getHandshakeSession().getPeerHost() : null);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
      throws CertificateException {
    platform.checkServerTrusted(chain, authType, engine);
    checkServer(chain, engine.getPeerHost());
  }

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return platform.getAcceptedIssuers();
  }

  private void checkServer(X509Certificate[] chain, @Nullable String host)
      throws CertificateException {
    check(chain);
    if (hostToBeNamed && (host == null || !SubjectNames.cover(chain[0], host))) {
      throw new CertificateException(
          host
              + " is none of the hosts that the certificate names: "
              + SubjectNames.hosts(chain[0]));
    }
  }

  private void check(X509Certificate[] chain) throws CertificateException {
    for (X509Certificate each : chain) {
      if (revocations.hold(each)) {
        throw new CertificateException(
            "the certificate with the serial number "
                + each.getSerialNumber().toString(16)
                + " is revoked");
      }
    }
    X509Certificate certificate = chain[0];
    String name = SubjectNames.commonName(certificate);
    if (!allowedNames.isEmpty() && (name == null || !allowedNames.contains(name))) {
      throw new CertificateException("the certificate's common name is not an allowed one");
    }
    if (!allowedHosts.isEmpty()
        && allowedHosts.stream().noneMatch(host -> SubjectNames.cover(certificate, host))) {
      throw new CertificateException("the certificate names none of the allowed hosts");
    }
  }
}
