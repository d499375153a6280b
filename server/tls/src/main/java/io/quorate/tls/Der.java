package io.quorate.tls;

import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** As much of ASN.1's distinguished encoding (X.690) as keys and certificates need. */
final class Der {
  static final int OCTETS = 0x04;
  static final int SEQUENCE = 0x30;

  private static final int CONSTRUCTED = 0xA0;

  private Der() {}

  /** A value with its tag and length before it. */
  static byte[] element(int tag, byte[]... parts) {
    ByteArrayOutputStream content = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      content.writeBytes(part);
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(tag);
    int length = content.size();
    if (length < 0x80) {
      out.write(length);
    } else {
      byte[] digits = BigInteger.valueOf(length).toByteArray();
      int from = digits[0] == 0 ? 1 : 0;
      out.write(0x80 | (digits.length - from));
      out.write(digits, from, digits.length - from);
    }
    out.writeBytes(content.toByteArray());
    return out.toByteArray();
  }

  static byte[] sequence(byte[]... parts) {
    return element(SEQUENCE, parts);
  }

  static byte[] set(byte[]... parts) {
    return element(0x31, parts);
  }

  /** A value in a tag of its surrounding's own. */
  static byte[] tagged(int number, byte[]... parts) {
    return element(CONSTRUCTED | number, parts);
  }

  static byte[] integer(BigInteger value) {
    return element(0x02, value.toByteArray());
  }

  static byte[] integer(long value) {
    return integer(BigInteger.valueOf(value));
  }

  static byte[] octets(byte[] bytes) {
    return element(OCTETS, bytes);
  }

  /** Bits, of which the last so many mean nothing. */
  static byte[] bits(int unused, byte[] bytes) {
    return element(0x03, new byte[] {(byte) unused}, bytes);
  }

  static byte[] yes() {
    return element(0x01, new byte[] {-1});
  }

  static byte[] none() {
    return element(0x05);
  }

  static byte[] utf8(String text) {
    return element(0x0C, text.getBytes(StandardCharsets.UTF_8));
  }

  /** An object identifier, from its dotted form. */
  static byte[] oid(String dotted) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    String[] arcs = dotted.split("\\.", -1);
    long first = Long.parseLong(arcs[0]) * 40 + Long.parseLong(arcs[1]);
    writeArc(out, first);
    for (int i = 2; i < arcs.length; i++) {
      writeArc(out, Long.parseLong(arcs[i]));
    }
    return element(0x06, out.toByteArray());
  }

  private static void writeArc(ByteArrayOutputStream out, long arc) {
    int shift = 0;
    while (arc >>> (shift + 7) != 0) {
      shift += 7;
    }
    for (; shift >= 0; shift -= 7) {
      out.write((int) ((arc >>> shift) & 0x7F) | (shift == 0 ? 0 : 0x80));
    }
  }

  /** A point in time, to the second: with two digits of the year up to 2049, as X.509 wants it. */
  static byte[] time(Instant at) {
    boolean twoDigits = at.isBefore(Instant.parse("2050-01-01T00:00:00Z"));
    String text =
        DateTimeFormatter.ofPattern(
                twoDigits ? "yyMMddHHmmss'Z'" : "yyyyMMddHHmmss'Z'", Locale.ROOT)
            .format(at.atOffset(ZoneOffset.UTC));
    return element(twoDigits ? 0x17 : 0x18, text.getBytes(StandardCharsets.US_ASCII));
  }

  /**
   * Where the content of an element is.
   *
   * @param from its first byte
   * @param to behind its last
   */
  record Content(int tag, int from, int to) {}

  /**
   * The element that begins at {@code at}.
   *
   * @throws IllegalArgumentException if there is none, or it doesn't end within the bytes
   */
  static Content read(byte[] der, int at) {
    int next = at + 2;
    if (next > der.length) {
      throw new IllegalArgumentException("cut short");
    }
    long length = der[at + 1] & 0xFF;
    if (length >= 0x80) {
      int digits = (int) length & 0x7F;
      if (digits == 0 || digits > 4 || next + digits > der.length) {
        throw new IllegalArgumentException("a length that makes no sense");
      }
      length = 0;
      for (int i = 0; i < digits; i++) {
        length = (length << 8) | (der[next++] & 0xFF);
      }
    }
    if (length > der.length - next) {
      throw new IllegalArgumentException("cut short");
    }
    return new Content(der[at] & 0xFF, next, next + (int) length);
  }
}
