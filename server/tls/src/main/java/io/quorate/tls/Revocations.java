package io.quorate.tls;

import java.io.ByteArrayInputStream;
import java.nio.file.Path;
import java.security.cert.CRLException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;

/**
 * Which certificates don't count any more. Whoever may write the file is believed, as with the
 * authorities' own: a list's signature isn't checked, and one that is past its next update still
 * holds, since letting in whom it names would be worse.
 */
record Revocations(List<X509CRL> lists) {
  static final Revocations NONE = new Revocations(List.of());

  /**
   * Reads the lists of a file, in PEM or DER.
   *
   * @throws TlsException if it holds none that can be read
   */
  static Revocations read(Path file) throws TlsException {
    byte[] bytes = Pem.bytes(file);
    List<X509CRL> lists = new ArrayList<>();
    try {
      for (Pem block : Pem.blocks(file, bytes)) {
        if (block.label().equals(Pem.REVOCATION_LIST)) {
          lists.add(list(block.der()));
        }
      }
      if (lists.isEmpty()) {
        lists.add(list(bytes));
      }
    } catch (CRLException | CertificateException e) {
      throw new TlsException(file + " has no revocation list in it that can be read", e);
    }
    return new Revocations(List.copyOf(lists));
  }

  private static X509CRL list(byte[] der) throws CRLException, CertificateException {
    return (X509CRL)
        CertificateFactory.getInstance("X.509").generateCRL(new ByteArrayInputStream(der));
  }

  /** Whether the one who made it took it back. */
  boolean hold(X509Certificate certificate) {
    for (X509CRL list : lists) {
      if (list.getIssuerX500Principal().equals(certificate.getIssuerX500Principal())
          && list.isRevoked(certificate)) {
        return true;
      }
    }
    return false;
  }
}
