package io.quorate.tls;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A certificate, its own first, those of the authorities between behind it, and the key to it.
 *
 * @param chain not empty
 */
public record Credentials(PrivateKey key, List<X509Certificate> chain) {
  /** Copies the list. */
  public Credentials {
    chain = List.copyOf(chain);
  }

  /**
   * Reads both from PEM files. The key may be in PKCS#8, or as OpenSSL writes RSA's and EC's by
   * itself.
   *
   * @throws TlsException if that can't be, or they don't belong together
   */
  static Credentials read(Path certificate, Path key) throws TlsException {
    Credentials read = new Credentials(key(key), certificates(certificate));
    if (!read.belongTogether()) {
      throw new TlsException(key + " is not the key to the certificate in " + certificate);
    }
    return read;
  }

  /** The certificate itself. */
  public X509Certificate certificate() {
    return chain.get(0);
  }

  /** Writes both as PEM files, the key readable by its owner only. */
  public void write(Path certificate, Path keyFile) throws IOException {
    StringBuilder text = new StringBuilder();
    try {
      for (X509Certificate each : chain) {
        text.append(new Pem(Pem.CERTIFICATE, each.getEncoded()).text());
      }
    } catch (CertificateException e) {
      throw new IllegalStateException("a certificate without an encoding", e);
    }
    replace(keyFile, new Pem(Pem.PRIVATE_KEY, key.getEncoded()).text(), "rw-------");
    replace(certificate, text.toString(), "rw-r--r--");
  }

  /** Nobody ever sees half of a file. */
  private static void replace(Path file, String text, String mode) throws IOException {
    boolean posix = file.getFileSystem().supportedFileAttributeViews().contains("posix");
    FileAttribute<?>[] attributes =
        posix
            ? new FileAttribute<?>[] {
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(mode))
            }
            : new FileAttribute<?>[0];
    Path next = file.resolveSibling(file.getFileName() + ".new");
    Files.deleteIfExists(next);
    Files.createFile(next, attributes);
    Files.writeString(next, text, StandardCharsets.US_ASCII);
    Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  /** The certificates of a PEM file; at least one. */
  static List<X509Certificate> certificates(Path file) throws TlsException {
    List<X509Certificate> certificates = new ArrayList<>();
    for (Pem block : Pem.blocks(file)) {
      if (block.label().equals(Pem.CERTIFICATE)) {
        try {
          certificates.add(certificate(block.der()));
        } catch (CertificateException e) {
          throw new TlsException(file + ": a certificate in it can't be read", e);
        }
      }
    }
    if (certificates.isEmpty()) {
      throw new TlsException(file + " has no certificate in it (PEM is expected)");
    }
    return certificates;
  }

  static X509Certificate certificate(byte[] der) throws CertificateException {
    return (X509Certificate)
        CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(der));
  }

  private static PrivateKey key(Path file) throws TlsException {
    try {
      for (Pem block : Pem.blocks(file)) {
        switch (block.label()) {
          case Pem.PRIVATE_KEY:
            return pkcs8(block.der());
          case "RSA PRIVATE KEY":
            return pkcs8(wrapped(rsa(), block.der()));
          case "EC PRIVATE KEY":
            return pkcs8(wrapped(ec(block.der()), block.der()));
          case "ENCRYPTED PRIVATE KEY":
            throw Pem.encrypted(file);
          default: // certificates and parameters may stand before it
        }
      }
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      throw new TlsException(file + ": the key in it can't be read", e);
    }
    throw new TlsException(file + " has no private key in it (PEM is expected)");
  }

  private static PrivateKey pkcs8(byte[] der) throws GeneralSecurityException {
    GeneralSecurityException last = new GeneralSecurityException("no algorithm");
    for (String algorithm : List.of("RSA", "EC", "EdDSA")) {
      try {
        return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(der));
      } catch (GeneralSecurityException e) {
        last = e;
      }
    }
    throw last;
  }

  /** PKCS#8's envelope around a key. */
  private static byte[] wrapped(byte[] algorithm, byte[] key) {
    return Der.sequence(Der.integer(0), algorithm, Der.octets(key));
  }

  private static byte[] rsa() {
    return Der.sequence(Der.oid("1.2.840.113549.1.1.1"), Der.none());
  }

  /** The key's curve, which it names itself (RFC 5915). */
  private static byte[] ec(byte[] key) {
    Der.Content whole = Der.read(key, 0);
    for (int at = whole.from(); at < whole.to(); ) {
      Der.Content part = Der.read(key, at);
      if (part.tag() == 0xA0) {
        byte[] curve = Arrays.copyOfRange(key, part.from(), part.to());
        return Der.sequence(Der.oid("1.2.840.10045.2.1"), curve);
      }
      at = part.to();
    }
    throw new IllegalArgumentException("it doesn't name its curve");
  }

  private boolean belongTogether() {
    PublicKey open = certificate().getPublicKey();
    String algorithm =
        switch (open.getAlgorithm()) {
          case "RSA" -> "SHA256withRSA";
          case "EC" -> "SHA256withECDSA";
          default -> open.getAlgorithm();
        };
    try {
      byte[] probe = "do they belong together".getBytes(StandardCharsets.US_ASCII);
      Signature signature = Signature.getInstance(algorithm);
      signature.initSign(key);
      signature.update(probe);
      byte[] signed = signature.sign();
      signature.initVerify(open);
      signature.update(probe);
      return signature.verify(signed);
    } catch (GeneralSecurityException e) {
      return false;
    }
  }

  /** Not the key. */
  @Override
  public String toString() {
    return "Credentials[" + certificate().getSubjectX500Principal() + "]";
  }
}
