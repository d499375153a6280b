package io.quorate.client.http;

import io.netty.buffer.ByteBuf;
import io.quorate.client.channel.Metadata;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Request headers in HPACK (RFC 7541), for one connection.
 *
 * <p>A gRPC client sends the same few headers over and over. Each goes into the peer's dynamic
 * table when it is first sent, and is one byte from then on. Nothing is ever evicted, since nothing
 * is inserted past the table's default size, so an entry's index is known from its order alone. A
 * peer that wants a smaller table gets none. Owned by the connection's event loop.
 */
final class HeaderWriter {
  private static final int TABLE_BYTES_MAX = 4_096;
  private static final int ENTRY_OVERHEAD_BYTES = 32;
  private static final int STATIC_ENTRIES = 61;
  private static final int STATIC_AUTHORITY = 1;
  private static final int STATIC_METHOD_POST = 3;
  private static final int STATIC_PATH = 4;
  private static final int STATIC_SCHEME_HTTP = 6;
  private static final int STATIC_SCHEME_HTTPS = 7;
  private static final int STATIC_CONTENT_TYPE = 31;
  private static final int STATIC_USER_AGENT = 58;
  private static final byte[] TE = ascii("te");
  private static final byte[] TRAILERS = ascii("trailers");
  private static final byte[] GRPC_TIMEOUT = ascii("grpc-timeout");
  private static final byte[] CONTENT_TYPE = ascii("application/grpc");
  private static final byte[] USER_AGENT = ascii("quorate-java");

  private final Map<MethodName, Integer> paths = new HashMap<>(); // by identity
  private final byte[] authority;
  private final int scheme;

  private boolean indexing = true;
  private boolean tableToEmpty;
  private int tableBytes;
  private int inserted;
  private int authorityEntry = -1;
  private int contentTypeEntry = -1;
  private int teEntry = -1;
  private int userAgentEntry = -1;
  private int timeoutEntry = -1;
  private long timeoutMillisInEntry;
  private @Nullable MethodName lastMethod;
  private int lastPathEntry;

  HeaderWriter(String authority, boolean secure) {
    this.authority = ascii(authority);
    scheme = secure ? STATIC_SCHEME_HTTPS : STATIC_SCHEME_HTTP;
  }

  /** The peer's SETTINGS_HEADER_TABLE_SIZE. */
  void tableSize(long bytes) {
    if (bytes < TABLE_BYTES_MAX && indexing) {
      indexing = false;
      tableToEmpty = true;
    }
  }

  /**
   * Appends the header block of a request.
   *
   * @param timeoutNanos what {@code grpc-timeout} says; 0 for none
   */
  void write(ByteBuf out, MethodName method, long timeoutNanos, Metadata metadata) {
    if (tableToEmpty) {
      out.writeByte(0x20); // dynamic table size update to 0, which evicts all
      tableToEmpty = false;
      paths.clear();
      lastMethod = null;
      authorityEntry = contentTypeEntry = teEntry = userAgentEntry = timeoutEntry = -1;
    }
    out.writeByte(0x80 | STATIC_METHOD_POST);
    out.writeByte(0x80 | scheme);
    path(out, method);
    authorityEntry = constant(out, authorityEntry, STATIC_AUTHORITY, null, authority);
    teEntry = constant(out, teEntry, 0, TE, TRAILERS);
    contentTypeEntry = constant(out, contentTypeEntry, STATIC_CONTENT_TYPE, null, CONTENT_TYPE);
    userAgentEntry = constant(out, userAgentEntry, STATIC_USER_AGENT, null, USER_AGENT);
    if (timeoutNanos > 0) {
      timeout(out, timeoutNanos);
    }
    for (Metadata.Entry entry : metadata.entries()) {
      out.writeByte(0x10); // never indexed: it may be a secret
      string(out, ascii(entry.name()));
      string(out, ascii(entry.text()));
    }
  }

  private void path(ByteBuf out, MethodName method) {
    if (method == lastMethod) {
      indexed(out, lastPathEntry);
      return;
    }
    Integer known = paths.get(method);
    int entry = constant(out, known == null ? -1 : known, STATIC_PATH, null, method.path());
    if (entry >= 0) {
      paths.put(method, entry);
      lastMethod = method;
      lastPathEntry = entry;
    }
  }

  /** The first time-out goes into the table: most calls of a connection have the same. */
  private void timeout(ByteBuf out, long nanos) {
    long millis = Math.min((nanos + 999_999) / 1_000_000, 99_999_999L * 1_000);
    if (timeoutEntry >= 0 && millis == timeoutMillisInEntry) {
      indexed(out, timeoutEntry);
      return;
    }
    byte[] text = ascii(millis <= 99_999_999 ? millis + "m" : millis / 1_000 + "S");
    if (timeoutEntry < 0) {
      timeoutEntry = constant(out, -1, 0, GRPC_TIMEOUT, text);
      timeoutMillisInEntry = millis;
    } else {
      integer(out, 0x00, 4, index(timeoutEntry)); // the name by index, the text as it is
      string(out, text);
    }
  }

  /** Writes a header that is in the table, or puts it there if it fits; its entry, or -1. */
  private int constant(
      ByteBuf out, int entry, int staticName, byte @Nullable [] name, byte[] text) {
    if (entry >= 0) {
      indexed(out, entry);
      return entry;
    }
    int nameBytes = name == null ? 16 : name.length; // no static name of ours is longer than 16
    int bytes = nameBytes + text.length + ENTRY_OVERHEAD_BYTES;
    boolean insert = indexing && tableBytes + bytes <= TABLE_BYTES_MAX;
    if (insert) {
      integer(out, 0x40, 6, staticName);
    } else {
      integer(out, 0x00, 4, staticName);
    }
    if (name != null) {
      string(out, name);
    }
    string(out, text);
    if (!insert) {
      return -1;
    }
    tableBytes += bytes;
    return inserted++;
  }

  private void indexed(ByteBuf out, int entry) {
    integer(out, 0x80, 7, index(entry));
  }

  /** The newest entry has the lowest index. */
  private int index(int entry) {
    return STATIC_ENTRIES + inserted - entry;
  }

  private static void string(ByteBuf out, byte[] text) {
    integer(out, 0x00, 7, text.length);
    out.writeBytes(text);
  }

  private static void integer(ByteBuf out, int pattern, int prefixBits, int value) {
    int most = (1 << prefixBits) - 1;
    if (value < most) {
      out.writeByte(pattern | value);
      return;
    }
    out.writeByte(pattern | most);
    int rest = value - most;
    while (rest >= 0x80) {
      out.writeByte((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    out.writeByte(rest);
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
