package io.quorate.client.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.quorate.client.channel.Metadata;
import org.jspecify.annotations.Nullable;

/**
 * A client's HTTP/2 frames (RFC 9113 §4 and §6), gathered into one buffer a turn of the loop. Owned
 * by the connection's event loop.
 */
final class FrameWriter {
  private static final int HEADER_BYTES = 9;
  private static final int BUFFER_BYTES = 4_096;

  private static final int DATA = 0x0;
  private static final int HEADERS = 0x1;
  private static final int RST_STREAM = 0x3;
  private static final int SETTINGS = 0x4;
  private static final int PING = 0x6;
  private static final int GO_AWAY = 0x7;
  private static final int WINDOW_UPDATE = 0x8;
  private static final int CONTINUATION = 0x9;

  private static final int ACK = 0x1;
  private static final int END_STREAM = 0x1;
  private static final int END_HEADERS = 0x4;

  private static final int SETTINGS_ENABLE_PUSH = 0x2;
  private static final int SETTINGS_INITIAL_WINDOW_SIZE = 0x4;
  private static final int SETTINGS_MAX_HEADER_LIST_SIZE = 0x6;

  private final HeaderWriter headers;
  private int frameSizeMax = 16_384;
  private @Nullable ByteBuf pending;

  FrameWriter(HeaderWriter headers) {
    this.headers = headers;
  }

  HeaderWriter headers() {
    return headers;
  }

  int frameSizeMax() {
    return frameSizeMax;
  }

  /** The peer's SETTINGS_MAX_FRAME_SIZE; frames beyond 64 KiB would only add latency. */
  void frameSizeMax(int bytes) {
    frameSizeMax = Math.min(bytes, 64 * 1024);
  }

  /** What frames are written to until it is taken. */
  ByteBuf buffer(ByteBufAllocator allocator) {
    ByteBuf buffer = pending;
    if (buffer == null) {
      buffer = pending = allocator.ioBuffer(BUFFER_BYTES);
    }
    return buffer;
  }

  boolean isPending() {
    return pending != null && pending.isReadable();
  }

  /** What has gathered; the taker releases it. */
  ByteBuf take() {
    ByteBuf buffer = pending;
    if (buffer == null) {
      throw new IllegalStateException("nothing has gathered");
    }
    pending = null;
    return buffer;
  }

  void release() {
    if (pending != null) {
      pending.release();
      pending = null;
    }
  }

  void settings(ByteBuf out, int initialWindow, int headerListMax) {
    header(out, 18, SETTINGS, 0, 0);
    out.writeShort(SETTINGS_ENABLE_PUSH).writeInt(0);
    out.writeShort(SETTINGS_INITIAL_WINDOW_SIZE).writeInt(initialWindow);
    out.writeShort(SETTINGS_MAX_HEADER_LIST_SIZE).writeInt(headerListMax);
  }

  void settingsAck(ByteBuf out) {
    header(out, 0, SETTINGS, ACK, 0);
  }

  /** A request's headers, in one HEADERS frame and as many CONTINUATION frames as it takes. */
  void headers(ByteBuf out, int streamId, MethodName method, long timeout, Metadata metadata) {
    int start = out.writerIndex();
    header(out, 0, HEADERS, END_HEADERS, streamId);
    headers.write(out, method, timeout, metadata);
    int length = out.writerIndex() - start - HEADER_BYTES;
    if (length <= frameSizeMax) {
      out.setMedium(start, length);
      return;
    }
    byte[] block = new byte[length];
    out.getBytes(start + HEADER_BYTES, block);
    out.writerIndex(start);
    for (int at = 0; at < length; at += frameSizeMax) {
      int count = Math.min(frameSizeMax, length - at);
      int flags = at + count == length ? END_HEADERS : 0;
      header(out, count, at == 0 ? HEADERS : CONTINUATION, flags, streamId);
      out.writeBytes(block, at, count);
    }
  }

  /** The header of a DATA frame; the caller writes the data behind it. */
  void dataHeader(ByteBuf out, int streamId, int length, boolean last) {
    header(out, length, DATA, last ? END_STREAM : 0, streamId);
  }

  void reset(ByteBuf out, int streamId, long errorCode) {
    header(out, 4, RST_STREAM, 0, streamId);
    out.writeInt((int) errorCode);
  }

  void ping(ByteBuf out, boolean ack, long payload) {
    header(out, 8, PING, ack ? ACK : 0, 0);
    out.writeLong(payload);
  }

  void windowUpdate(ByteBuf out, int streamId, int bytes) {
    header(out, 4, WINDOW_UPDATE, 0, streamId);
    out.writeInt(bytes);
  }

  /** The peer never opens a stream, so the last one seen is always 0. */
  void goAway(ByteBuf out, long errorCode) {
    header(out, 8, GO_AWAY, 0, 0);
    out.writeInt(0).writeInt((int) errorCode);
  }

  private static void header(ByteBuf out, int length, int type, int flags, int streamId) {
    out.writeMedium(length).writeByte(type).writeByte(flags).writeInt(streamId);
  }
}
