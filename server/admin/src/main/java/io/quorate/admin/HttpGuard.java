package io.quorate.admin;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.ssl.SslHandler;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Stands before everything that HTTP requests can reach and applies {@link HttpAccess}, in etcd's
 * way: a {@code Host} that isn't known is misdirected, an {@code OPTIONS} is answered here, and
 * answers name the origins that may read them. Takes one request at a time.
 */
final class HttpGuard extends ChannelDuplexHandler {
  private final HttpAccess access;

  /** The origin that may read the answer to the request under way. */
  private @Nullable String origin;

  HttpGuard(HttpAccess access) {
    this.access = access;
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) throws Exception {
    if (!(message instanceof FullHttpRequest request)) {
      super.channelRead(context, message);
      return;
    }
    String from = request.headers().get(HttpHeaderNames.ORIGIN);
    origin = access.anyOrigin() ? "*" : from != null && access.allowsOrigin(from) ? from : null;
    List<String> hosts = request.headers().getAll(HttpHeaderNames.HOST);
    String host = host(request.uri(), hosts.isEmpty() ? "" : hosts.getFirst());
    if (hosts.size() > 1) {
      end(context, request, HttpResponseStatus.BAD_REQUEST, "there is more than one Host\n");
    } else if (context.pipeline().get(SslHandler.class) == null && !access.allowsHost(host)) {
      origin = null;
      end(context, request, HttpResponseStatus.MISDIRECTED_REQUEST, misdirected(host));
    } else if (request.method().equals(HttpMethod.OPTIONS)) {
      end(context, request, HttpResponseStatus.OK, "");
    } else {
      super.channelRead(context, message);
    }
  }

  @Override
  public void write(ChannelHandlerContext context, Object message, ChannelPromise promise)
      throws Exception {
    if (message instanceof HttpResponse response) {
      allow(response.headers());
    }
    super.write(context, message, promise);
  }

  private void allow(HttpHeaders headers) {
    if (origin != null) {
      headers
          .set(HttpHeaderNames.ACCESS_CONTROL_ALLOW_HEADERS, "accept, content-type, authorization")
          .set(HttpHeaderNames.ACCESS_CONTROL_ALLOW_METHODS, "POST, GET, OPTIONS, PUT, DELETE")
          .set(HttpHeaderNames.ACCESS_CONTROL_ALLOW_ORIGIN, origin);
      if (!origin.equals("*")) {
        headers.add(HttpHeaderNames.VARY, HttpHeaderNames.ORIGIN);
      }
    }
  }

  /** Answers, and ends the connection: whoever gets such an answer has no further business here. */
  private void end(
      ChannelHandlerContext context,
      FullHttpRequest request,
      HttpResponseStatus status,
      String text) {
    request.release();
    FullHttpResponse response =
        new DefaultFullHttpResponse(
            HttpVersion.HTTP_1_1, status, Unpooled.copiedBuffer(text, StandardCharsets.UTF_8));
    response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
    if (!text.isEmpty()) {
      response
          .headers()
          .set(HttpHeaderNames.CONTENT_TYPE, "text/plain; charset=utf-8")
          .set("x-content-type-options", "nosniff");
    }
    HttpUtil.setContentLength(response, response.content().readableBytes());
    allow(response.headers());
    var _ = context.writeAndFlush(response).addListener(ChannelFutureListener.CLOSE);
  }

  /** The host without its port: the URI's, if it names one, else the header's. */
  private static String host(String uri, String header) {
    String authority = header;
    int scheme = uri.indexOf("://");
    if (!uri.startsWith("/") && scheme >= 0) {
      int from = scheme + 3;
      int to = uri.indexOf('/', from);
      authority = uri.substring(from, to < 0 ? uri.length() : to);
    }
    int colon = authority.lastIndexOf(':');
    int bracket = authority.lastIndexOf(']');
    String host = colon > bracket ? authority.substring(0, colon) : authority;
    return host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
  }

  private static String misdirected(String host) {
    return "The request was addressed to a host that this member doesn't go by: it could be a"
        + " browser's that was lured here (DNS rebinding, CVE-2018-5702). Use TLS, or name the"
        + " host when the member is started:\n"
        + "  quorate server --host-whitelist \""
        + host.replaceAll("[^A-Za-z0-9._:-]", "?")
        + "\"\n";
  }
}
