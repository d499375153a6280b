package io.quorate.etcd;

import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.Signature;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;
import java.util.Arrays;
import javax.crypto.Mac;
import org.jspecify.annotations.Nullable;

/** The algorithms by which tokens are signed, by the names that RFC 7518 and RFC 8037 give them. */
public enum JwtMethod {
  HS256(Family.HMAC, 256),
  HS384(Family.HMAC, 384),
  HS512(Family.HMAC, 512),
  RS256(Family.RSA, 256),
  RS384(Family.RSA, 384),
  RS512(Family.RSA, 512),
  PS256(Family.RSA_PSS, 256),
  PS384(Family.RSA_PSS, 384),
  PS512(Family.RSA_PSS, 512),
  ES256(Family.EC, 256),
  ES384(Family.EC, 384),
  ES512(Family.EC, 512),
  /** Ed25519, the one curve that etcd knows for it. */
  EdDSA(Family.EDWARDS, 512);

  enum Family {
    HMAC(""),
    RSA("RSA"),
    RSA_PSS("RSA"),
    EC("EC"),
    EDWARDS("Ed25519");

    private final String keyAlgorithm;

    Family(String keyAlgorithm) {
      this.keyAlgorithm = keyAlgorithm;
    }

    String keyAlgorithm() {
      return keyAlgorithm;
    }
  }

  private final Family family;
  private final int bits;

  JwtMethod(Family family, int bits) {
    this.family = family;
    this.bits = bits;
  }

  static JwtMethod named(String name) {
    return Arrays.stream(values())
        .filter(method -> method.name().equals(name))
        .findFirst()
        .orElseThrow(() ->
            new IllegalArgumentException(
                "sign-method is one of " + Arrays.toString(values()) + ", not \"" + name + "\""));
  }

  Family family() {
    return family;
  }

  /** Bits of the one curve that goes with an algorithm of elliptic curves. */
  int curveBits() {
    return this == ES512 ? 521 : bits;
  }

  /** What Java calls it. */
  String algorithm() {
    return switch (family) {
      case HMAC -> "HmacSHA" + bits;
      case RSA -> "SHA" + bits + "withRSA";
      case RSA_PSS -> "RSASSA-PSS";
      case EC -> "SHA" + bits + "withECDSAinP1363Format";
      case EDWARDS -> "Ed25519";
    };
  }

  /** Signs; null if these settings can't. */
  byte @Nullable [] sign(JwtSettings settings, byte[] content) throws GeneralSecurityException {
    if (settings.secret() != null) {
      return mac(settings, content);
    }
    if (settings.signing() == null) {
      return null;
    }
    Signature signature = signature();
    signature.initSign(settings.signing());
    signature.update(content);
    return signature.sign();
  }

  /** Whether a signature is right. */
  boolean verify(JwtSettings settings, byte[] content, byte[] signed)
      throws GeneralSecurityException {
    if (settings.secret() != null) {
      return MessageDigest.isEqual(mac(settings, content), signed);
    }
    Signature signature = signature();
    signature.initVerify(settings.verifying());
    signature.update(content);
    return signature.verify(signed);
  }

  private byte[] mac(JwtSettings settings, byte[] content) throws GeneralSecurityException {
    Mac mac = Mac.getInstance(algorithm());
    mac.init(settings.secret());
    return mac.doFinal(content);
  }

  private Signature signature() throws GeneralSecurityException {
    Signature signature = Signature.getInstance(algorithm());
    if (family == Family.RSA_PSS) {
      String hash = "SHA-" + bits;
      signature.setParameter(
          new PSSParameterSpec(hash, "MGF1", new MGF1ParameterSpec(hash), bits / 8, 1));
    }
    return signature;
  }
}
