package io.quorate.grpc;

import java.nio.charset.StandardCharsets;

/**
 * Writes response header blocks (HPACK, RFC 7541). Every response says the same few things, so only
 * those enter the peer's table, once per connection: from the second response on, the headers of a
 * normal answer are two bytes and its trailers one. All else is written as plain literals that
 * leave no trace. The table never holds more than these entries, so nothing is ever evicted.
 */
final class HeaderBlockWriter {
  private static final int FIRST_DYNAMIC_INDEX = 62;
  private static final int TABLE_BYTES_NEEDED = 512;

  private static final byte[] GRPC_STATUS = ascii("grpc-status");
  private static final byte[] GRPC_MESSAGE = ascii("grpc-message");
  private static final byte[] ZERO = ascii("0");
  private static final byte[] CONTENT_TYPE = ascii("content-type");
  private static final byte[] APPLICATION_GRPC = ascii("application/grpc");
  private static final byte[] GRPC_ENCODING = ascii("grpc-encoding");
  private static final byte[] GRPC_ACCEPT_ENCODING = ascii("grpc-accept-encoding");
  private static final byte[] GZIP = ascii("gzip");
  private static final byte[] HEX = ascii("0123456789ABCDEF");

  private boolean indexing = true;
  private boolean announceEmptyTable;
  private int inserted;
  private int contentTypeAt = -1;
  private int statusOkAt = -1;
  private int gzipAt = -1;

  /** The peer limits its table; takes effect with the next block. */
  void peerTableBytes(long bytes) {
    if (bytes < TABLE_BYTES_NEEDED && indexing) {
      indexing = false;
      announceEmptyTable = true;
    }
  }

  /** The headers of a response whose HTTP status is 200. */
  void responseHeaders(OutBuffer out, boolean gzip) {
    begin(out);
    out.put(0x88);
    contentType(out);
    if (gzip) {
      gzipAt = known(out, gzipAt, GRPC_ENCODING, GZIP);
    }
  }

  /** The first headers of an answer with another HTTP status than 200. */
  void errorHeaders(OutBuffer out, int httpStatus) {
    begin(out);
    // A literal with the static name ":status" (index 8), not indexed.
    out.put(0x08);
    string(out, ascii(Integer.toString(httpStatus)));
    contentType(out);
  }

  /** Says which compressions we take. */
  void acceptEncoding(OutBuffer out) {
    literal(out, GRPC_ACCEPT_ENCODING, ascii("identity,gzip"));
  }

  /** The trailers of a call that went well. */
  void trailersOk(OutBuffer out) {
    begin(out);
    statusOk(out);
  }

  /** The trailers of a call; follows headers in the same block if {@code fresh} is false. */
  void trailers(OutBuffer out, Status status, Metadata metadata, boolean fresh) {
    if (fresh) {
      begin(out);
    }
    if (status.isOk()) {
      statusOk(out);
    } else {
      literal(out, GRPC_STATUS, ascii(Integer.toString(status.code().number())));
      if (!status.message().isEmpty()) {
        literal(out, GRPC_MESSAGE, percentEncoded(status.message()));
      }
    }
    metadata(out, metadata);
  }

  /** Metadata as literals. */
  void metadata(OutBuffer out, Metadata metadata) {
    for (Metadata.Entry entry : metadata.entries()) {
      literal(out, ascii(entry.name()), ascii(entry.value()));
    }
  }

  private void begin(OutBuffer out) {
    if (announceEmptyTable) {
      out.put(0x20);
      announceEmptyTable = false;
    }
  }

  private void contentType(OutBuffer out) {
    contentTypeAt = known(out, contentTypeAt, CONTENT_TYPE, APPLICATION_GRPC);
  }

  private void statusOk(OutBuffer out) {
    statusOkAt = known(out, statusOkAt, GRPC_STATUS, ZERO);
  }

  /** One of the entries that the table holds from its first use on; returns its number. */
  private int known(OutBuffer out, int at, byte[] name, byte[] value) {
    if (!indexing) {
      literal(out, name, value);
      return -1;
    }
    if (at >= 0) {
      out.put(0x80 | (FIRST_DYNAMIC_INDEX + inserted - 1 - at));
      return at;
    }
    out.put(0x40);
    string(out, name);
    string(out, value);
    return inserted++;
  }

  private static void literal(OutBuffer out, byte[] name, byte[] value) {
    out.put(0x00);
    string(out, name);
    string(out, value);
  }

  private static void string(OutBuffer out, byte[] text) {
    int length = text.length;
    if (length < 0x7f) {
      out.put(length);
    } else {
      out.put(0x7f);
      int rest = length - 0x7f;
      while (rest >= 0x80) {
        out.put((rest & 0x7f) | 0x80);
        rest >>>= 7;
      }
      out.put(rest);
    }
    out.put(text, 0, length);
  }

  /** gRPC's form of a status message: printable ASCII but {@code %} as it is, the rest as %XX. */
  static byte[] percentEncoded(String message) {
    String text =
        message.length() <= GrpcLimits.STATUS_MESSAGE_CHARS_MAX
            ? message
            : message.substring(0, GrpcLimits.STATUS_MESSAGE_CHARS_MAX);
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    int special = 0;
    for (byte b : utf8) {
      special += plain(b) ? 0 : 1;
    }
    if (special == 0) {
      return utf8;
    }
    byte[] encoded = new byte[utf8.length + 2 * special];
    int at = 0;
    for (byte b : utf8) {
      if (plain(b)) {
        encoded[at++] = b;
      } else {
        encoded[at++] = '%';
        encoded[at++] = HEX[(b >> 4) & 0xf];
        encoded[at++] = HEX[b & 0xf];
      }
    }
    return encoded;
  }

  private static boolean plain(byte b) {
    return b >= 0x20 && b <= 0x7e && b != '%';
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
