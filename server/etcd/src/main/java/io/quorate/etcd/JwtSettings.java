package io.quorate.etcd;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SignatureException;
import java.security.cert.CertificateFactory;
import java.security.interfaces.ECKey;
import java.security.interfaces.RSAPrivateCrtKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.RSAPublicKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * How signed tokens are made and read.
 *
 * @param method the signature's algorithm
 * @param secret the key of an algorithm with one key; else null
 * @param signing what signs; null on a member that only reads tokens
 * @param verifying what signatures are read with; null for an algorithm with one key
 * @param ttlSeconds how long a token lives, used or not
 */
public record JwtSettings(
    JwtMethod method,
    @Nullable SecretKey secret,
    @Nullable PrivateKey signing,
    @Nullable PublicKey verifying,
    long ttlSeconds) {
  private static final Pattern PEM =
      Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----([A-Za-z0-9+/=\\s]+)-----END \\1-----");

  /**
   * Reads the keys.
   *
   * @param method the algorithm's name, such as {@code RS256}
   * @param publicKey a PEM file's content, or null
   * @param privateKey a PEM file's content; of the HS algorithms the secret itself; or null
   * @throws IllegalArgumentException if they can't be read or don't go together; the message says
   *     what to give, and has nothing of the keys in it
   */
  public static JwtSettings of(
      String method, byte @Nullable [] publicKey, byte @Nullable [] privateKey, long ttlSeconds) {
    JwtMethod known = JwtMethod.named(method);
    if (known.family() == JwtMethod.Family.HMAC) {
      if (privateKey == null || privateKey.length == 0) {
        throw new IllegalArgumentException(method + " needs priv-key, a file with the secret");
      }
      SecretKey secret = new SecretKeySpec(privateKey, known.algorithm());
      return new JwtSettings(known, secret, null, null, ttlSeconds);
    }
    try {
      PrivateKey signing = privateKey == null ? null : privateKey(known, privateKey);
      PublicKey verifying =
          publicKey != null ? publicKey(known, publicKey) : publicKeyOf(known, signing);
      JwtSettings settings = new JwtSettings(known, null, signing, verifying, ttlSeconds);
      settings.tryOut();
      return settings;
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException(
          "a key can't be read as one for " + method + ": give PEM files (PKCS#8, X.509)", e);
    }
  }

  /** Finds out now what would else be found out by the first token that is refused. */
  private void tryOut() throws GeneralSecurityException {
    if (verifying instanceof ECKey key
        && key.getParams().getOrder().bitLength() != method.curveBits()) {
      throw new IllegalArgumentException("pub-key is on another curve than that of " + method);
    }
    byte[] content = new byte[1];
    byte[] signature = method.sign(this, content);
    boolean right;
    try {
      right = method.verify(this, content, signature == null ? new byte[0] : signature);
    } catch (SignatureException e) {
      right = false;
    }
    if (signature != null && !right) {
      throw new IllegalArgumentException("priv-key and pub-key don't go together");
    }
  }

  private static PublicKey publicKeyOf(JwtMethod method, @Nullable PrivateKey signing)
      throws GeneralSecurityException {
    if (signing instanceof RSAPrivateCrtKey rsa) {
      return KeyFactory.getInstance("RSA")
          .generatePublic(new RSAPublicKeySpec(rsa.getModulus(), rsa.getPublicExponent()));
    }
    throw new IllegalArgumentException(method + " needs pub-key, a PEM file with the public key");
  }

  private static PrivateKey privateKey(JwtMethod method, byte[] file)
      throws GeneralSecurityException {
    Matcher pem = pem(file);
    byte[] der = der(pem);
    KeyFactory keys = KeyFactory.getInstance(method.family().keyAlgorithm());
    return switch (pem.group(1)) {
      case "PRIVATE KEY" -> keys.generatePrivate(new PKCS8EncodedKeySpec(der));
      case "RSA PRIVATE KEY" -> keys.generatePrivate(new PKCS8EncodedKeySpec(rsaAsPkcs8(der)));
      default ->
          throw new IllegalArgumentException(
              "priv-key holds a "
                  + pem.group(1)
                  + "; make it a PRIVATE KEY with: openssl pkcs8 -topk8 -nocrypt");
    };
  }

  private static PublicKey publicKey(JwtMethod method, byte[] file)
      throws GeneralSecurityException {
    Matcher pem = pem(file);
    byte[] der = der(pem);
    return switch (pem.group(1)) {
      case "PUBLIC KEY" ->
          KeyFactory.getInstance(method.family().keyAlgorithm())
              .generatePublic(new X509EncodedKeySpec(der));
      case "CERTIFICATE" ->
          CertificateFactory.getInstance("X.509")
              .generateCertificate(new java.io.ByteArrayInputStream(der))
              .getPublicKey();
      default ->
          throw new IllegalArgumentException(
              "pub-key holds a " + pem.group(1) + "; give a PUBLIC KEY or a CERTIFICATE");
    };
  }

  /** The older form of an RSA key, with the newer form's envelope around it. */
  private static byte[] rsaAsPkcs8(byte[] key) {
    byte[] head = Base64.getDecoder().decode("AgEAMA0GCSqGSIb3DQEBAQUA");
    return der(0x30, concat(head, der(0x04, key)));
  }

  private static byte[] der(int tag, byte[] content) {
    byte[] length =
        content.length < 0x80
            ? new byte[] {(byte) content.length}
            : new byte[] {
              (byte) 0x83,
              (byte) (content.length >> 16),
              (byte) (content.length >> 8),
              (byte) content.length
            };
    return concat(concat(new byte[] {(byte) tag}, length), content);
  }

  private static byte[] concat(byte[] first, byte[] second) {
    byte[] both = java.util.Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }

  private static Matcher pem(byte[] file) {
    Matcher pem = PEM.matcher(new String(file, StandardCharsets.US_ASCII));
    if (!pem.find()) {
      throw new IllegalArgumentException("a key file holds no PEM: it begins with -----BEGIN");
    }
    return pem;
  }

  private static byte[] der(Matcher pem) {
    return Base64.getMimeDecoder().decode(pem.group(2));
  }

  /** Without the keys. */
  @Override
  public String toString() {
    return "JwtSettings[" + method + ", ttlSeconds=" + ttlSeconds + "]";
  }
}
