package io.quorate.grpc;

import java.util.Arrays;

/**
 * Bytes on their way out, and HTTP/2's frames written into them. A plain array, because answers are
 * encoded into arrays; it is copied once, into the buffer that the socket is written from. Owned by
 * the connection's loop.
 */
final class OutBuffer {
  static final int FRAME_HEADER_BYTES = 9;

  static final int DATA = 0;
  static final int HEADERS = 1;
  static final int PRIORITY = 2;
  static final int RST_STREAM = 3;
  static final int SETTINGS = 4;
  static final int PUSH_PROMISE = 5;
  static final int PING = 6;
  static final int GOAWAY = 7;
  static final int WINDOW_UPDATE = 8;
  static final int CONTINUATION = 9;

  static final int END_STREAM = 0x1;
  static final int ACK = 0x1;
  static final int END_HEADERS = 0x4;
  static final int PADDED = 0x8;
  static final int WITH_PRIORITY = 0x20;

  static final int SETTINGS_HEADER_TABLE_SIZE = 1;
  static final int SETTINGS_ENABLE_PUSH = 2;
  static final int SETTINGS_MAX_CONCURRENT_STREAMS = 3;
  static final int SETTINGS_INITIAL_WINDOW_SIZE = 4;
  static final int SETTINGS_MAX_FRAME_SIZE = 5;
  static final int SETTINGS_MAX_HEADER_LIST_SIZE = 6;

  private static final int CAPACITY_FIRST = 4 * 1024;

  private byte[] bytes = new byte[CAPACITY_FIRST];
  private int size;

  int size() {
    return size;
  }

  /** The array behind; valid until the next write. */
  byte[] array() {
    return bytes;
  }

  /** Forgets all, and the array too if it grew beyond the ordinary. */
  void clear() {
    size = 0;
    if (bytes.length > 2 * GrpcLimits.OUT_BUFFER_BYTES) {
      bytes = new byte[GrpcLimits.OUT_BUFFER_BYTES];
    }
  }

  void put(int b) {
    if (size == bytes.length) {
      grow(1);
    }
    bytes[size++] = (byte) b;
  }

  void put(byte[] source, int offset, int length) {
    if (bytes.length - size < length) {
      grow(length);
    }
    System.arraycopy(source, offset, bytes, size, length);
    size += length;
  }

  void putInt(int value) {
    if (bytes.length - size < 4) {
      grow(4);
    }
    setInt(size, value);
    size += 4;
  }

  /** Leaves room for {@code length} bytes that the caller writes into {@link #array} itself. */
  int reserve(int length) {
    if (bytes.length - size < length) {
      grow(length);
    }
    int at = size;
    size += length;
    return at;
  }

  void frameHeader(int length, int type, int flags, int streamId) {
    int at = reserve(FRAME_HEADER_BYTES);
    bytes[at] = (byte) (length >>> 16);
    bytes[at + 1] = (byte) (length >>> 8);
    bytes[at + 2] = (byte) length;
    bytes[at + 3] = (byte) type;
    bytes[at + 4] = (byte) flags;
    setInt(at + 5, streamId);
  }

  /** Begins a HEADERS frame whose block follows; see {@link #endHeaders}. */
  int beginHeaders(int streamId, boolean endStream) {
    int at = size;
    frameHeader(0, HEADERS, END_HEADERS | (endStream ? END_STREAM : 0), streamId);
    return at;
  }

  /**
   * Ends the block that was begun at {@code at}. If it grew beyond a frame, it is parted into
   * CONTINUATION frames.
   */
  void endHeaders(int at, int streamId) {
    int length = size - at - FRAME_HEADER_BYTES;
    if (length <= GrpcLimits.FRAME_BYTES_MAX) {
      bytes[at] = (byte) (length >>> 16);
      bytes[at + 1] = (byte) (length >>> 8);
      bytes[at + 2] = (byte) length;
      return;
    }
    byte[] block = Arrays.copyOfRange(bytes, at + FRAME_HEADER_BYTES, size);
    int flags = bytes[at + 4] & END_STREAM;
    size = at;
    int type = HEADERS;
    for (int from = 0; from < block.length; from += GrpcLimits.FRAME_BYTES_MAX) {
      int part = Math.min(GrpcLimits.FRAME_BYTES_MAX, block.length - from);
      boolean last = from + part == block.length;
      frameHeader(part, type, flags | (last ? END_HEADERS : 0), streamId);
      put(block, from, part);
      type = CONTINUATION;
      flags = 0;
    }
  }

  void rstStream(int streamId, int code) {
    frameHeader(4, RST_STREAM, 0, streamId);
    putInt(code);
  }

  void windowUpdate(int streamId, int increment) {
    frameHeader(4, WINDOW_UPDATE, 0, streamId);
    putInt(increment);
  }

  void ping(boolean ack, long payload) {
    frameHeader(8, PING, ack ? ACK : 0, 0);
    putInt((int) (payload >>> 32));
    putInt((int) payload);
  }

  void settingsAck() {
    frameHeader(0, SETTINGS, ACK, 0);
  }

  /** SETTINGS, as pairs of a number and a value. */
  void settings(int... pairs) {
    frameHeader(pairs.length * 3, SETTINGS, 0, 0);
    for (int i = 0; i < pairs.length; i += 2) {
      put(pairs[i] >>> 8);
      put(pairs[i]);
      putInt(pairs[i + 1]);
    }
  }

  void goAway(int lastStreamId, int code, byte[] debug) {
    frameHeader(8 + debug.length, GOAWAY, 0, 0);
    putInt(lastStreamId);
    putInt(code);
    put(debug, 0, debug.length);
  }

  private void setInt(int at, int value) {
    bytes[at] = (byte) (value >>> 24);
    bytes[at + 1] = (byte) (value >>> 16);
    bytes[at + 2] = (byte) (value >>> 8);
    bytes[at + 3] = (byte) value;
  }

  private void grow(int length) {
    bytes =
        Arrays.copyOf(
            bytes,
            (int)
                Math.min(
                    Integer.MAX_VALUE - 8L, Math.max(2L * bytes.length, (long) size + length)));
  }
}
