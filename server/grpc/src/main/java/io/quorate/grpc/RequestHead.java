package io.quorate.grpc;

import io.netty.handler.codec.http2.Http2Headers;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the headers of a request say, once understood. Unchanging, so that the same header block on
 * one connection is understood once and shared by all calls that begin with it.
 */
final class RequestHead {
  /** {@link #timeoutNanos} of a call without one. */
  static final long NO_TIMEOUT = Long.MAX_VALUE;

  private static final String APPLICATION_GRPC = "application/grpc";
  private static final int HTTP_OK = 200;

  final String path;
  final String authority;
  final ServiceRegistry.@Nullable Method method;

  /** Why the request can't be served, or null. */
  final @Nullable Status refusal;

  /** The HTTP status of the refusal. */
  final int httpStatus;

  final long timeoutNanos;

  /** Whether compressed messages of the client are gzip; otherwise there are none. */
  final boolean gzipRequests;

  /** Whether the client takes gzip. */
  final boolean gzipAccepted;

  /** Whether the answer has to say which compressions there are. */
  final boolean unknownEncoding;

  private final Http2Headers headers;
  private @Nullable Metadata metadata;

  /** Understands the headers of a request whose {@code :path} is there. */
  RequestHead(Http2Headers headers, ServiceRegistry registry) {
    this.headers = headers;
    this.path = text(headers.path());
    this.authority = text(headers.authority());
    CharSequence encoding = headers.get("grpc-encoding");
    CharSequence accept = headers.get("grpc-accept-encoding");
    CharSequence timeout = headers.get("grpc-timeout");
    this.gzipRequests = encoding != null && is(encoding, "gzip");
    this.gzipAccepted = accept != null && accepts(accept.toString());
    this.timeoutNanos = timeout == null ? NO_TIMEOUT : Timeouts.parse(timeout);
    this.unknownEncoding = encoding != null && !gzipRequests && !is(encoding, "identity");
    this.method = registry.find(path);

    String verb = text(headers.method());
    String contentType = text(headers.get("content-type"));
    if (!verb.equals("POST")) {
      this.httpStatus = 405;
      this.refusal =
          Status.of(
              StatusCode.INTERNAL,
              "Received a HEADERS frame with :method \"%s\" which should be POST".formatted(verb));
    } else if (!isGrpc(contentType)) {
      this.httpStatus = 415;
      this.refusal =
          Status.of(
              StatusCode.INVALID_ARGUMENT,
              "invalid gRPC request content-type \"%s\"".formatted(contentType));
    } else if (timeoutNanos == Timeouts.MALFORMED) {
      this.httpStatus = 400;
      this.refusal =
          Status.of(StatusCode.INTERNAL, "malformed grpc-timeout: \"%s\"".formatted(text(timeout)));
    } else {
      this.httpStatus = HTTP_OK;
      if (method == null) {
        this.refusal = registry.unknown(path);
      } else if (unknownEncoding) {
        this.refusal =
            Status.of(
                StatusCode.UNIMPLEMENTED,
                "grpc: Decompressor is not installed for grpc-encoding \"%s\""
                    .formatted(text(encoding)));
      } else {
        this.refusal = null;
      }
    }
  }

  /** Whether the answer is a gRPC answer, if a bad one. */
  boolean isHttpOk() {
    return httpStatus == HTTP_OK;
  }

  /** What the client sent of its own. */
  Metadata metadata() {
    Metadata known = metadata;
    if (known == null) {
      Metadata.Builder builder = Metadata.builder();
      for (Map.Entry<CharSequence, CharSequence> header : headers) {
        String name = header.getKey().toString();
        if (!isReserved(name)) {
          builder.addReceived(name, header.getValue().toString());
        }
      }
      known = builder.build();
      metadata = known;
    }
    return known;
  }

  private static boolean isReserved(String name) {
    return name.startsWith(":")
        || name.equals("te")
        || name.equals("content-type")
        || name.equals("grpc-timeout")
        || name.equals("grpc-encoding")
        || name.equals("grpc-accept-encoding")
        || name.equals("grpc-message-type");
  }

  private static boolean isGrpc(String contentType) {
    if (!contentType.startsWith(APPLICATION_GRPC)) {
      return false;
    }
    if (contentType.length() == APPLICATION_GRPC.length()) {
      return true;
    }
    char next = contentType.charAt(APPLICATION_GRPC.length());
    return next == '+' || next == ';';
  }

  private static boolean accepts(String list) {
    for (int from = 0; from <= list.length(); ) {
      int comma = list.indexOf(',', from);
      int to = comma < 0 ? list.length() : comma;
      if (list.substring(from, to).trim().equals("gzip")) {
        return true;
      }
      from = to + 1;
    }
    return false;
  }

  private static boolean is(CharSequence text, String value) {
    return value.contentEquals(text);
  }

  private static String text(@Nullable CharSequence value) {
    return value == null ? "" : value.toString();
  }
}
