package io.quorate.grpc;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP/2 client that sends exactly the bytes a test wants, right or wrong, and shows the frames
 * that come back. It knows just enough to decode them.
 */
final class RawClient implements AutoCloseable {
  static final String PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

  private static final int TIMEOUT_MILLIS = 20_000;

  private final Socket socket;
  private final DataInputStream in;
  private final OutputStream out;
  private final DefaultHttp2HeadersDecoder hpack = new DefaultHttp2HeadersDecoder(false, 1 << 20);

  /** A frame as it came. */
  record Frame(int type, int flags, int streamId, ByteBuf payload) {
    boolean has(int flag) {
      return (flags & flag) != 0;
    }

    int code() {
      return type == OutBuffer.GOAWAY ? payload.getInt(4) : payload.getInt(0);
    }

    String debug() {
      return payload.toString(8, payload.readableBytes() - 8, StandardCharsets.US_ASCII);
    }
  }

  /** How a call was answered. */
  @SuppressWarnings("ArrayRecordComponent")
  record Answer(String httpStatus, int grpcStatus, String message, byte[] data, int resetCode) {
    boolean wasReset() {
      return resetCode >= 0;
    }
  }

  private RawClient(Socket socket) throws IOException {
    this.socket = socket;
    this.in = new DataInputStream(new java.io.BufferedInputStream(socket.getInputStream()));
    this.out = socket.getOutputStream();
  }

  /** Connects and says nothing. */
  static RawClient connect(InetSocketAddress address) throws IOException {
    Socket socket = new Socket();
    socket.setReceiveBufferSize(64 * 1024);
    socket.connect(address, TIMEOUT_MILLIS);
    socket.setSoTimeout(TIMEOUT_MILLIS);
    socket.setTcpNoDelay(true);
    return new RawClient(socket);
  }

  /** Speaks over a socket that is connected already. */
  static RawClient over(Socket socket) throws IOException {
    socket.setSoTimeout(TIMEOUT_MILLIS);
    return new RawClient(socket);
  }

  /** Connects and greets with a preface and these settings. */
  static RawClient greet(InetSocketAddress address, int... settings) throws IOException {
    RawClient client = connect(address);
    OutBuffer buffer = new OutBuffer();
    buffer.settings(settings);
    client.text(PREFACE).send(buffer);
    return client;
  }

  RawClient text(String text) throws IOException {
    out.write(text.getBytes(StandardCharsets.US_ASCII));
    return this;
  }

  RawClient send(OutBuffer buffer) throws IOException {
    out.write(buffer.array(), 0, buffer.size());
    buffer.clear();
    return this;
  }

  RawClient frame(int type, int flags, int streamId, byte... payload) throws IOException {
    OutBuffer buffer = new OutBuffer();
    frame(buffer, type, flags, streamId, payload);
    return send(buffer);
  }

  static void frame(OutBuffer buffer, int type, int flags, int streamId, byte... payload) {
    buffer.frameHeader(payload.length, type, flags, streamId);
    buffer.put(payload, 0, payload.length);
  }

  /** Begins a call of a method. */
  RawClient headers(int streamId, String path, boolean endStream, String... more)
      throws IOException {
    byte[] block = block(path, more);
    return frame(
        OutBuffer.HEADERS,
        OutBuffer.END_HEADERS | (endStream ? OutBuffer.END_STREAM : 0),
        streamId,
        block);
  }

  /** A header block of literals. */
  static byte[] block(String path, String... more) {
    OutBuffer block = new OutBuffer();
    literal(block, ":method", "POST");
    literal(block, ":scheme", "http");
    literal(block, ":path", path);
    literal(block, ":authority", "test");
    boolean typed = Arrays.asList(more).contains("content-type");
    if (!typed) {
      literal(block, "content-type", "application/grpc");
    }
    literal(block, "te", "trailers");
    for (int i = 0; i < more.length; i += 2) {
      literal(block, more[i], more[i + 1]);
    }
    return Arrays.copyOf(block.array(), block.size());
  }

  static void literal(OutBuffer block, String name, String value) {
    block.put(0);
    string(block, name);
    string(block, value);
  }

  static void string(OutBuffer block, String text) {
    byte[] ascii = text.getBytes(StandardCharsets.US_ASCII);
    if (ascii.length < 127) {
      block.put(ascii.length);
    } else {
      block.put(127);
      int rest = ascii.length - 127;
      while (rest >= 128) {
        block.put((rest & 127) | 128);
        rest >>>= 7;
      }
      block.put(rest);
    }
    block.put(ascii, 0, ascii.length);
  }

  /** Sends one whole message in a DATA frame. */
  RawClient message(int streamId, byte[] message, boolean endStream) throws IOException {
    return frame(
        OutBuffer.DATA, endStream ? OutBuffer.END_STREAM : 0, streamId, framed(0, message));
  }

  static byte[] framed(int flag, byte[] message) {
    byte[] framed = new byte[5 + message.length];
    framed[0] = (byte) flag;
    framed[1] = (byte) (message.length >>> 24);
    framed[2] = (byte) (message.length >>> 16);
    framed[3] = (byte) (message.length >>> 8);
    framed[4] = (byte) message.length;
    System.arraycopy(message, 0, framed, 5, message.length);
    return framed;
  }

  RawClient reset(int streamId) throws IOException {
    OutBuffer buffer = new OutBuffer();
    buffer.rstStream(streamId, Http2Error.CANCEL);
    return send(buffer);
  }

  RawClient windowUpdate(int streamId, int increment) throws IOException {
    OutBuffer buffer = new OutBuffer();
    buffer.windowUpdate(streamId, increment);
    return send(buffer);
  }

  RawClient ping(long payload) throws IOException {
    OutBuffer buffer = new OutBuffer();
    buffer.ping(false, payload);
    return send(buffer);
  }

  /** The next frame, or null at the end of the connection. */
  @Nullable Frame next() throws IOException {
    try {
      int length = in.readUnsignedByte() << 16 | in.readUnsignedShort();
      int type = in.readUnsignedByte();
      int flags = in.readUnsignedByte();
      int streamId = in.readInt();
      byte[] payload = new byte[length];
      in.readFully(payload);
      return new Frame(type, flags, streamId, Unpooled.wrappedBuffer(payload));
    } catch (EOFException | SocketException e) {
      return null;
    }
  }

  /** The next frame of a type; others are passed over. */
  Frame await(int type) throws IOException {
    while (true) {
      Frame frame = next();
      if (frame == null) {
        throw new AssertionError("the connection ended before a frame of type " + type);
      }
      if (frame.type == type) {
        return frame;
      }
      if (frame.type == OutBuffer.HEADERS) {
        decode(frame);
      }
    }
  }

  /** Waits until the server has taken all that was sent before. */
  void barrier() throws IOException {
    long token = 0x1234_5678_9abc_def0L;
    ping(token);
    while (true) {
      Frame frame = await(OutBuffer.PING);
      if (frame.has(OutBuffer.ACK) && frame.payload.getLong(0) == token) {
        return;
      }
    }
  }

  /** Whether the server has closed the connection; passes over what still comes. */
  boolean isClosedByServer() throws IOException {
    while (next() != null) {
      // Whatever it is, it isn't the end.
    }
    return true;
  }

  /** Decodes a header block; each must be decoded, in order. */
  Http2Headers decode(Frame frame) {
    try {
      return hpack.decodeHeaders(frame.streamId, frame.payload.duplicate());
    } catch (Http2Exception e) {
      throw new AssertionError(e);
    }
  }

  /** The whole answer to a call; frames of other streams are passed over. */
  Answer answer(int streamId) throws IOException {
    String http = "";
    int status = -1;
    String message = "";
    ByteArrayOutputStream data = new ByteArrayOutputStream();
    while (true) {
      Frame frame = next();
      if (frame == null) {
        throw new AssertionError("the connection ended before the answer of " + streamId);
      }
      if (frame.type == OutBuffer.GOAWAY && frame.code() != 0) {
        throw new AssertionError("GOAWAY " + frame.code() + " " + frame.debug());
      }
      if (frame.type == OutBuffer.HEADERS) {
        Http2Headers headers = decode(frame);
        if (frame.streamId == streamId) {
          http = headers.status() == null ? http : headers.status().toString();
          CharSequence number = headers.get("grpc-status");
          status = number == null ? status : Integer.parseInt(number.toString());
          CharSequence text = headers.get("grpc-message");
          message = text == null ? message : text.toString();
        }
      }
      if (frame.streamId == streamId) {
        if (frame.type == OutBuffer.DATA) {
          data.write(frame.payload.array());
        }
        if (frame.type == OutBuffer.RST_STREAM) {
          return new Answer(http, status, message, data.toByteArray(), frame.code());
        }
        boolean canEnd = frame.type == OutBuffer.HEADERS || frame.type == OutBuffer.DATA;
        if (canEnd && frame.has(OutBuffer.END_STREAM)) {
          return new Answer(http, status, message, data.toByteArray(), -1);
        }
      }
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
