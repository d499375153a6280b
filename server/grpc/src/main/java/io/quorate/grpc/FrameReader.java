package io.quorate.grpc;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import org.jspecify.annotations.Nullable;

/**
 * Parts a connection's bytes into HTTP/2 frames (RFC 9113, section 4 and 6) and checks everything
 * about them that needs no knowledge of streams. It allocates nothing for a frame that came in one
 * piece. Owned by the connection's loop.
 */
final class FrameReader {
  /** Who takes the frames. Buffers are valid during the call only. */
  interface Sink {
    void onData(int streamId, ByteBuf data, int dataLength, int flowLength, boolean endStream)
        throws Http2Error;

    void onHeaders(int streamId, ByteBuf block, int length, boolean endStream) throws Http2Error;

    void onReset(int streamId, int code) throws Http2Error;

    void onSetting(int id, long value) throws Http2Error;

    void onSettingsEnd() throws Http2Error;

    void onSettingsAck() throws Http2Error;

    void onPing(long payload) throws Http2Error;

    void onPingAck(long payload) throws Http2Error;

    void onWindowUpdate(int streamId, int increment) throws Http2Error;

    /** A frame that means nothing to us. */
    void onIdleFrame() throws Http2Error;
  }

  private final Sink sink;
  private final int headerBlockBytesMax;

  private boolean sawSettings;
  private int headersStreamId;
  private boolean headersEndStream;
  private int headersFrames;
  private @Nullable ByteBuf headerBlock;

  FrameReader(Sink sink, int headerBlockBytesMax) {
    this.sink = sink;
    this.headerBlockBytesMax = headerBlockBytesMax;
  }

  /** Whether a header block has begun and not ended. */
  boolean inHeaderBlock() {
    return headersStreamId != 0;
  }

  /** Whether the peer's first frame has come. */
  boolean sawSettings() {
    return sawSettings;
  }

  /** Frees what is held of an unfinished header block. */
  void close() {
    ByteBuf block = headerBlock;
    headerBlock = null;
    if (block != null) {
      block.release();
    }
  }

  /**
   * Takes one frame from {@code in}, if there is a whole one.
   *
   * @return whether there was
   * @throws Http2Error of a stream: the frame is consumed and reading can go on; else it can't
   */
  boolean read(ByteBuf in, ByteBufAllocator allocator) throws Http2Error {
    int readable = in.readableBytes();
    if (readable < OutBuffer.FRAME_HEADER_BYTES) {
      return false;
    }
    int start = in.readerIndex();
    long head = in.getLong(start);
    int length = (int) (head >>> 40);
    int type = (int) (head >>> 32) & 0xff;
    if (length > GrpcLimits.FRAME_BYTES_MAX) {
      throw Http2Error.connection(
          Http2Error.FRAME_SIZE_ERROR,
          "frame of " + length + " bytes, at most " + GrpcLimits.FRAME_BYTES_MAX);
    }
    if (readable < OutBuffer.FRAME_HEADER_BYTES + length) {
      return false;
    }
    int flags = (int) (head >>> 24) & 0xff;
    int streamId = in.getInt(start + 5) & 0x7fffffff;
    int body = start + OutBuffer.FRAME_HEADER_BYTES;
    int end = body + length;
    in.readerIndex(body);
    try {
      frame(in, type, flags, streamId, length, allocator);
    } finally {
      in.readerIndex(end);
    }
    return true;
  }

  private void frame(
      ByteBuf in, int type, int flags, int streamId, int length, ByteBufAllocator allocator)
      throws Http2Error {
    if (!sawSettings && (type != OutBuffer.SETTINGS || (flags & OutBuffer.ACK) != 0)) {
      throw protocol("first frame is not SETTINGS");
    }
    if (headersStreamId != 0 && type != OutBuffer.CONTINUATION) {
      throw protocol("frame within a header block");
    }
    switch (type) {
      case OutBuffer.DATA -> data(in, flags, streamId, length);
      case OutBuffer.HEADERS -> headers(in, flags, streamId, length, allocator);
      case OutBuffer.CONTINUATION -> continuation(in, flags, streamId, length);
      case OutBuffer.SETTINGS -> settings(in, flags, streamId, length);
      case OutBuffer.PING -> ping(in, flags, streamId, length);
      case OutBuffer.WINDOW_UPDATE -> windowUpdate(in, streamId, length);
      case OutBuffer.RST_STREAM -> {
        stream(streamId);
        size(length, 4);
        sink.onReset(streamId, in.readInt());
      }
      case OutBuffer.PRIORITY -> priority(in, streamId, length);
      case OutBuffer.PUSH_PROMISE -> throw protocol("a client doesn't push");
      case OutBuffer.GOAWAY -> {
        connection(streamId);
        if (length < 8) {
          throw size(length);
        }
        sink.onIdleFrame();
      }
      default -> sink.onIdleFrame();
    }
  }

  private void data(ByteBuf in, int flags, int streamId, int length) throws Http2Error {
    stream(streamId);
    int padding = 0;
    int dataLength = length;
    if ((flags & OutBuffer.PADDED) != 0) {
      if (length < 1) {
        throw size(length);
      }
      padding = in.readUnsignedByte();
      dataLength = length - 1 - padding;
      if (dataLength < 0) {
        throw protocol("padding longer than its frame");
      }
    }
    sink.onData(streamId, in, dataLength, length, (flags & OutBuffer.END_STREAM) != 0);
  }

  private void headers(ByteBuf in, int flags, int streamId, int length, ByteBufAllocator allocator)
      throws Http2Error {
    stream(streamId);
    int left = length;
    int padding = 0;
    if ((flags & OutBuffer.PADDED) != 0) {
      if (left < 1) {
        throw size(length);
      }
      padding = in.readUnsignedByte();
      left--;
    }
    if ((flags & OutBuffer.WITH_PRIORITY) != 0) {
      if (left < 5) {
        throw size(length);
      }
      if ((in.readInt() & 0x7fffffff) == streamId) {
        throw protocol("a stream that depends on itself");
      }
      in.skipBytes(1);
      left -= 5;
    }
    int fragment = left - padding;
    if (fragment < 0) {
      throw protocol("padding longer than its frame");
    }
    boolean endStream = (flags & OutBuffer.END_STREAM) != 0;
    if ((flags & OutBuffer.END_HEADERS) != 0) {
      sink.onHeaders(streamId, in, fragment, endStream);
      return;
    }
    headersStreamId = streamId;
    headersEndStream = endStream;
    headersFrames = 1;
    headerBlock = allocator.buffer(2 * fragment + 64);
    gather(in, fragment);
  }

  private void continuation(ByteBuf in, int flags, int streamId, int length) throws Http2Error {
    ByteBuf block = headerBlock;
    if (block == null || streamId != headersStreamId) {
      throw protocol("CONTINUATION of no header block");
    }
    if (++headersFrames > GrpcLimits.CONTINUATION_FRAMES_MAX) {
      throw Http2Error.connection(Http2Error.ENHANCE_YOUR_CALM, "header block in too many frames");
    }
    gather(in, length);
    if ((flags & OutBuffer.END_HEADERS) != 0) {
      headersStreamId = 0;
      headerBlock = null;
      try {
        sink.onHeaders(streamId, block, block.readableBytes(), headersEndStream);
      } finally {
        block.release();
      }
    }
  }

  private void gather(ByteBuf in, int length) throws Http2Error {
    ByteBuf block = headerBlock;
    if (block == null || block.readableBytes() + length > headerBlockBytesMax) {
      throw Http2Error.connection(
          Http2Error.ENHANCE_YOUR_CALM,
          "header block of more than " + headerBlockBytesMax + " bytes");
    }
    block.writeBytes(in, length);
  }

  private void settings(ByteBuf in, int flags, int streamId, int length) throws Http2Error {
    connection(streamId);
    if ((flags & OutBuffer.ACK) != 0) {
      size(length, 0);
      sink.onSettingsAck();
      return;
    }
    if (length % 6 != 0) {
      throw size(length);
    }
    sawSettings = true;
    for (int i = 0; i < length; i += 6) {
      sink.onSetting(in.readUnsignedShort(), in.readUnsignedInt());
    }
    sink.onSettingsEnd();
  }

  private void ping(ByteBuf in, int flags, int streamId, int length) throws Http2Error {
    connection(streamId);
    size(length, 8);
    if ((flags & OutBuffer.ACK) != 0) {
      sink.onPingAck(in.readLong());
    } else {
      sink.onPing(in.readLong());
    }
  }

  private void windowUpdate(ByteBuf in, int streamId, int length) throws Http2Error {
    size(length, 4);
    int increment = in.readInt() & 0x7fffffff;
    if (increment == 0) {
      throw streamId == 0
          ? protocol("window update of 0")
          : Http2Error.stream(streamId, Http2Error.PROTOCOL_ERROR, "window update of 0");
    }
    sink.onWindowUpdate(streamId, increment);
  }

  private void priority(ByteBuf in, int streamId, int length) throws Http2Error {
    stream(streamId);
    if (length != 5) {
      throw Http2Error.stream(streamId, Http2Error.FRAME_SIZE_ERROR, "PRIORITY of wrong size");
    }
    if ((in.readInt() & 0x7fffffff) == streamId) {
      throw Http2Error.stream(
          streamId, Http2Error.PROTOCOL_ERROR, "a stream that depends on itself");
    }
    sink.onIdleFrame();
  }

  private static void stream(int streamId) throws Http2Error {
    if (streamId == 0) {
      throw protocol("frame of a stream on stream 0");
    }
  }

  private static void connection(int streamId) throws Http2Error {
    if (streamId != 0) {
      throw protocol("frame of the connection on a stream");
    }
  }

  private static void size(int length, int expected) throws Http2Error {
    if (length != expected) {
      throw size(length);
    }
  }

  private static Http2Error size(int length) {
    return Http2Error.connection(
        Http2Error.FRAME_SIZE_ERROR, "frame of wrong size: " + length + " bytes");
  }

  private static Http2Error protocol(String message) {
    return Http2Error.connection(Http2Error.PROTOCOL_ERROR, message);
  }
}
