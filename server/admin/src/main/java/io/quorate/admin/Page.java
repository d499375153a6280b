package io.quorate.admin;

import io.netty.handler.codec.http.HttpResponseStatus;
import io.quorate.base.Bytes;

/**
 * What is answered.
 *
 * @param type the Content-Type
 */
record Page(HttpResponseStatus status, String type, Bytes body) {
  private static final String TEXT = "text/plain; charset=utf-8";
  private static final String JSON = "application/json";

  static Page text(HttpResponseStatus status, String body) {
    return new Page(status, TEXT, Bytes.utf8(body));
  }

  static Page json(HttpResponseStatus status, String body) {
    return new Page(status, JSON, Bytes.utf8(body));
  }

  static Page notFound(String path) {
    String why =
        path.startsWith("/v3") || path.startsWith("/v2")
            ? "the JSON gateway is not served by this version; use gRPC on this port"
            : "there is /health, /livez, /readyz, /version and /metrics";
    return text(HttpResponseStatus.NOT_FOUND, "404 page not found: " + why + "\n");
  }
}
