package io.quorate.tls;

import io.netty.util.NetUtil;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Makes certificates (RFC 5280) with keys on the curve P-256. Members use it for {@code
 * --auto-tls}, where a certificate vouches for itself; tests make whole authorities with it.
 */
public final class CertificateAuthority {
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final Duration CLOCKS_DIFFER = Duration.ofMinutes(5);
  private static final int SERIAL_BITS = 128;

  private static final byte[] SIGNED_WITH = Der.sequence(Der.oid("1.2.840.10045.4.3.2"));
  private static final byte[] MAY_SIGN = Der.bits(1, new byte[] {0x06});
  private static final byte[] MAY_SHAKE_HANDS = Der.bits(5, new byte[] {(byte) 0xA0});
  private static final byte[] AS_SERVER = Der.oid("1.3.6.1.5.5.7.3.1");
  private static final byte[] AS_CLIENT = Der.oid("1.3.6.1.5.5.7.3.2");

  private final Credentials credentials;

  /** What a certificate may be used for. */
  public enum Use {
    SERVER,
    CLIENT,
    BOTH
  }

  /**
   * What a certificate is to say.
   *
   * @param commonName of its subject; empty for none
   * @param hosts addresses and names
   * @param uris further alternative names
   * @param validFor how long, from now on
   */
  public record Wish(
      String commonName, List<String> hosts, List<String> uris, Use use, Duration validFor) {
    /** Copies the lists. */
    public Wish {
      hosts = List.copyOf(hosts);
      uris = List.copyOf(uris);
    }

    /** For both ends of a connection and a year. */
    public static Wish of(String commonName, String... hosts) {
      return new Wish(commonName, List.of(hosts), List.of(), Use.BOTH, Duration.ofDays(365));
    }

    /** The same, for one end only. */
    public Wish only(Use side) {
      return new Wish(commonName, hosts, uris, side, validFor);
    }

    /** The same, with URIs. */
    public Wish uris(String... names) {
      return new Wish(commonName, hosts, List.of(names), use, validFor);
    }

    /** The same, for so long; a negative time for one that is over. */
    public Wish validFor(Duration time) {
      return new Wish(commonName, hosts, uris, use, time);
    }
  }

  private CertificateAuthority(Credentials credentials) {
    this.credentials = credentials;
  }

  /** A new authority, which vouches for itself. */
  public static CertificateAuthority named(String name) {
    Wish wish = Wish.of(name).validFor(Duration.ofDays(3_650));
    return new CertificateAuthority(make(wish, true, null));
  }

  /** A certificate that vouches for itself: others take it only if they don't look. */
  public static Credentials selfSigned(Wish wish) {
    return make(wish, false, null);
  }

  /** A certificate by this authority. */
  public Credentials issue(Wish wish) {
    return make(wish, false, credentials);
  }

  /** An authority that this one vouches for. */
  public CertificateAuthority subordinate(String name) {
    return new CertificateAuthority(
        make(Wish.of(name).validFor(Duration.ofDays(3_650)), true, credentials));
  }

  /** The authority's own certificate. */
  public X509Certificate certificate() {
    return credentials.certificate();
  }

  /** Writes the certificate as a PEM file. */
  public void write(Path file) throws IOException {
    try {
      Files.writeString(file, new Pem(Pem.CERTIFICATE, certificate().getEncoded()).text());
    } catch (CertificateException e) {
      throw new IllegalStateException("a certificate without an encoding", e);
    }
  }

  /** Writes a revocation list as a PEM file. */
  public void revoke(Path file, Collection<X509Certificate> revoked) throws IOException {
    Instant now = Instant.now();
    List<byte[]> entries = new ArrayList<>();
    for (X509Certificate each : revoked) {
      entries.add(Der.sequence(Der.integer(each.getSerialNumber()), Der.time(now)));
    }
    byte[] list =
        Der.sequence(
            Der.integer(1),
            SIGNED_WITH,
            certificate().getSubjectX500Principal().getEncoded(),
            Der.time(now.minus(CLOCKS_DIFFER)),
            Der.time(now.plus(Duration.ofDays(30))),
            entries.isEmpty() ? new byte[0] : Der.sequence(entries.toArray(new byte[0][])));
    Files.writeString(file, new Pem(Pem.REVOCATION_LIST, signed(list, credentials.key())).text());
  }

  private static Credentials make(Wish wish, boolean authority, @Nullable Credentials by) {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"), RANDOM);
      KeyPair keys = generator.generateKeyPair();
      byte[] subject = subject(wish.commonName());
      byte[] issuer =
          by == null ? subject : by.certificate().getSubjectX500Principal().getEncoded();
      Instant now = Instant.now();
      Instant until = now.plus(wish.validFor());
      Instant from = (until.isBefore(now) ? until : now).minus(CLOCKS_DIFFER);
      byte[] content =
          Der.sequence(
              Der.tagged(0, Der.integer(2)),
              Der.integer(new BigInteger(SERIAL_BITS, RANDOM)),
              SIGNED_WITH,
              issuer,
              Der.sequence(Der.time(from), Der.time(until)),
              subject,
              keys.getPublic().getEncoded(),
              Der.tagged(3, extensions(wish, authority)));
      X509Certificate made =
          Credentials.certificate(signed(content, by == null ? keys.getPrivate() : by.key()));
      List<X509Certificate> chain = new ArrayList<>(List.of(made));
      if (by != null && by.chain().size() > 0 && !isRoot(by.certificate())) {
        chain.addAll(by.chain());
      }
      return new Credentials(keys.getPrivate(), chain);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform has P-256 and SHA-256", e);
    }
  }

  private static boolean isRoot(X509Certificate certificate) {
    return certificate.getIssuerX500Principal().equals(certificate.getSubjectX500Principal());
  }

  private static byte[] subject(String commonName) {
    return commonName.isEmpty()
        ? Der.sequence()
        : Der.sequence(Der.set(Der.sequence(Der.oid("2.5.4.3"), Der.utf8(commonName))));
  }

  private static byte[] extensions(Wish wish, boolean authority) {
    List<byte[]> all = new ArrayList<>();
    all.add(extension("2.5.29.19", true, authority ? Der.sequence(Der.yes()) : Der.sequence()));
    all.add(extension("2.5.29.15", true, authority ? MAY_SIGN : MAY_SHAKE_HANDS));
    if (!authority) {
      byte[] uses =
          switch (wish.use()) {
            case SERVER -> Der.sequence(AS_SERVER);
            case CLIENT -> Der.sequence(AS_CLIENT);
            case BOTH -> Der.sequence(AS_SERVER, AS_CLIENT);
          };
      all.add(extension("2.5.29.37", false, uses));
    }
    List<byte[]> names = new ArrayList<>();
    for (String host : wish.hosts()) {
      byte[] address = NetUtil.createByteArrayFromIpAddressString(host);
      names.add(
          address == null
              ? Der.element(0x82, host.getBytes(StandardCharsets.US_ASCII))
              : Der.element(0x87, address));
    }
    for (String uri : wish.uris()) {
      names.add(Der.element(0x86, uri.getBytes(StandardCharsets.US_ASCII)));
    }
    if (!names.isEmpty()) {
      // Without a subject they are all that names anybody, and have to be understood.
      all.add(
          extension(
              "2.5.29.17",
              wish.commonName().isEmpty(),
              Der.sequence(names.toArray(new byte[0][]))));
    }
    return Der.sequence(all.toArray(new byte[0][]));
  }

  private static byte[] extension(String oid, boolean critical, byte[] value) {
    return Der.sequence(Der.oid(oid), critical ? Der.yes() : new byte[0], Der.octets(value));
  }

  private static byte[] signed(byte[] content, PrivateKey key) {
    try {
      Signature signature = Signature.getInstance("SHA256withECDSA");
      signature.initSign(key);
      signature.update(content);
      return Der.sequence(content, SIGNED_WITH, Der.bits(0, signature.sign()));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform has P-256 and SHA-256", e);
    }
  }
}
