package io.quorate.tls;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** One block of a PEM file (RFC 7468). */
final class Pem {
  static final String CERTIFICATE = "CERTIFICATE";
  static final String PRIVATE_KEY = "PRIVATE KEY";
  static final String REVOCATION_LIST = "X509 CRL";

  /** Longest file that is read: the revocation list of a large authority, in bytes. */
  private static final int FILE_BYTES_MAX = 64 << 20;

  private static final Pattern BLOCK =
      Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \\1-----", Pattern.DOTALL);

  private final String label;
  private final byte[] der;

  Pem(String label, byte[] der) {
    this.label = label;
    this.der = der;
  }

  /**
   * All of a file.
   *
   * @throws TlsException if it can't be read
   */
  static byte[] bytes(Path file) throws TlsException {
    try {
      if (Files.size(file) > FILE_BYTES_MAX) {
        throw new TlsException(file + " is longer than " + FILE_BYTES_MAX + " bytes");
      }
      return Files.readAllBytes(file);
    } catch (NoSuchFileException e) {
      throw new TlsException("there is no file " + file, e);
    } catch (IOException e) {
      throw new TlsException(file + " can't be read: " + e.getMessage(), e);
    }
  }

  /** The blocks of a file, in their order; text around them is passed over, as everywhere. */
  static List<Pem> blocks(Path file) throws TlsException {
    return blocks(file, bytes(file));
  }

  static List<Pem> blocks(Path file, byte[] bytes) throws TlsException {
    List<Pem> blocks = new ArrayList<>();
    Matcher matcher = BLOCK.matcher(new String(bytes, StandardCharsets.ISO_8859_1));
    while (matcher.find()) {
      String body = matcher.group(2);
      if (body.contains("ENCRYPTED")) { // the headers of OpenSSL's old way to encrypt a key
        throw encrypted(file);
      }
      try {
        blocks.add(new Pem(matcher.group(1), Base64.getMimeDecoder().decode(body)));
      } catch (IllegalArgumentException e) {
        throw new TlsException(file + ": a " + matcher.group(1) + " in it is damaged", e);
      }
    }
    return blocks;
  }

  static TlsException encrypted(Path file) {
    return new TlsException(
        file + ": the key is encrypted; give one without a password, readable by its owner only");
  }

  /** What it says that it is. */
  String label() {
    return label;
  }

  /** What is in it; not to be changed. */
  byte[] der() {
    return der;
  }

  /** The text of the block. */
  String text() {
    String body = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
    return "-----BEGIN " + label + "-----\n" + body + "\n-----END " + label + "-----\n";
  }
}
