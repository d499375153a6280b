package io.quorate.client.http;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Flags;
import io.netty.handler.codec.http2.Http2FrameListener;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.util.AsciiString;
import io.quorate.client.channel.Answer.Fate;
import io.quorate.client.channel.StatusCode;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** What arrives on a connection, frame by frame: gRPC's reading of HTTP/2's responses. */
final class Inbound implements Http2FrameListener {
  private static final AsciiString GRPC_STATUS = AsciiString.cached("grpc-status");
  private static final AsciiString GRPC_MESSAGE = AsciiString.cached("grpc-message");

  private final GrpcConnection connection;

  Inbound(GrpcConnection connection) {
    this.connection = connection;
  }

  @Override
  public int onDataRead(
      ChannelHandlerContext ctx, int streamId, ByteBuf data, int padding, boolean endOfStream)
      throws Http2Exception {
    int bytes = data.readableBytes() + padding;
    Exchange call = connection.call(streamId);
    connection.consumed(bytes);
    if (call == null) {
      return bytes; // it was given up before this arrived
    }
    int held = call.heldBytes();
    if (call.httpStatus == 200) {
      String wrong = call.received(data, connection.responseBytesMax());
      if (wrong != null) {
        connection.abandon(call, StatusCode.RESOURCE_EXHAUSTED, wrong);
        return bytes;
      }
    }
    if (endOfStream) {
      end(call, null);
    } else {
      connection.consumed(call, bytes - (call.heldBytes() - held));
    }
    return bytes;
  }

  @Override
  public void onHeadersRead(
      ChannelHandlerContext ctx,
      int streamId,
      Http2Headers headers,
      int padding,
      boolean endOfStream)
      throws Http2Exception {
    Exchange call = connection.call(streamId);
    if (call == null) {
      return;
    }
    if (call.httpStatus == 0) {
      int status = number(headers.status());
      if (status >= 100 && status < 200 && !endOfStream) {
        return; // informational; the response is still to come
      }
      call.httpStatus = status;
    }
    if (endOfStream) {
      end(call, headers);
    }
  }

  @Override
  public void onHeadersRead(
      ChannelHandlerContext ctx,
      int streamId,
      Http2Headers headers,
      int streamDependency,
      short weight,
      boolean exclusive,
      int padding,
      boolean endOfStream)
      throws Http2Exception {
    onHeadersRead(ctx, streamId, headers, padding, endOfStream);
  }

  private void end(Exchange call, @Nullable Http2Headers trailers) {
    CharSequence number = trailers == null ? null : trailers.get(GRPC_STATUS);
    if (number == null) {
      if (call.httpStatus == 200) {
        connection.finish(
            call, StatusCode.UNKNOWN, "the response ended without a gRPC status", Fate.UNKNOWN);
      } else {
        connection.finish(
            call,
            ofHttp(call.httpStatus),
            "the peer answered with HTTP status " + call.httpStatus,
            Fate.UNKNOWN);
      }
      return;
    }
    StatusCode status = StatusCode.ofNumber(number(number));
    if (status != StatusCode.OK) {
      CharSequence words = trailers == null ? null : trailers.get(GRPC_MESSAGE);
      connection.finish(call, status, words == null ? "" : percentDecoded(words), Fate.ANSWERED);
    } else if (call.lacksMessage()) {
      connection.finish(
          call, StatusCode.INTERNAL, "the response ended without its message", Fate.UNKNOWN);
    } else {
      connection.finish(call, StatusCode.OK, "", Fate.ANSWERED);
    }
  }

  /** What gRPC makes of an HTTP status that no gRPC server sent. */
  private static StatusCode ofHttp(int status) {
    return switch (status) {
      case 400 -> StatusCode.INTERNAL;
      case 401 -> StatusCode.UNAUTHENTICATED;
      case 403 -> StatusCode.PERMISSION_DENIED;
      case 404 -> StatusCode.UNIMPLEMENTED;
      case 429, 502, 503, 504 -> StatusCode.UNAVAILABLE;
      default -> StatusCode.UNKNOWN;
    };
  }

  private static int number(@Nullable CharSequence digits) {
    if (digits == null || digits.length() == 0 || digits.length() > 4) {
      return -1;
    }
    int value = 0;
    for (int i = 0; i < digits.length(); i++) {
      char c = digits.charAt(i);
      if (c < '0' || c > '9') {
        return -1;
      }
      value = value * 10 + c - '0';
    }
    return value;
  }

  private static String percentDecoded(CharSequence words) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(words.length());
    for (int i = 0; i < words.length(); i++) {
      char c = words.charAt(i);
      if (c == '%' && i + 2 < words.length()) {
        int high = Character.digit(words.charAt(i + 1), 16);
        int low = Character.digit(words.charAt(i + 2), 16);
        if (high >= 0 && low >= 0) {
          out.write((high << 4) | low);
          i += 2;
          continue;
        }
      }
      out.write(c);
    }
    return out.toString(StandardCharsets.UTF_8);
  }

  @Override
  public void onRstStreamRead(ChannelHandlerContext ctx, int streamId, long errorCode) {
    connection.reset(streamId, errorCode);
  }

  @Override
  public void onSettingsRead(ChannelHandlerContext ctx, Http2Settings settings) {
    connection.settings(
        settings.headerTableSize(),
        settings.maxConcurrentStreams(),
        settings.initialWindowSize(),
        settings.maxFrameSize());
  }

  @Override
  public void onPingRead(ChannelHandlerContext ctx, long data) {
    connection.ping(data);
  }

  @Override
  public void onGoAwayRead(
      ChannelHandlerContext ctx, int lastStreamId, long errorCode, ByteBuf debugData) {
    connection.goAway(lastStreamId, errorCode, debugData.toString(StandardCharsets.UTF_8));
  }

  @Override
  public void onWindowUpdateRead(ChannelHandlerContext ctx, int streamId, int increment)
      throws Http2Exception {
    connection.windowUpdate(streamId, increment);
  }

  @Override
  public void onPushPromiseRead(
      ChannelHandlerContext ctx,
      int streamId,
      int promisedStreamId,
      Http2Headers headers,
      int padding)
      throws Http2Exception {
    throw Http2Exception.connectionError(Http2Error.PROTOCOL_ERROR, "pushing was switched off");
  }

  // Nothing needs doing about these: any frame at all is the sign of life that a ping asks for.

  @Override
  public void onSettingsAckRead(ChannelHandlerContext ctx) {}

  @Override
  public void onPingAckRead(ChannelHandlerContext ctx, long data) {}

  @Override
  public void onPriorityRead(
      ChannelHandlerContext ctx,
      int streamId,
      int streamDependency,
      short weight,
      boolean exclusive) {}

  @Override
  public void onUnknownFrame(
      ChannelHandlerContext ctx, byte frameType, int streamId, Http2Flags flags, ByteBuf payload) {}
}
