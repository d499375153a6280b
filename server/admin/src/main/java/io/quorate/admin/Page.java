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

  /** To a browser's page that may not use the gateway. */
  static final Page FOREIGN_ORIGIN =
      text(
          HttpResponseStatus.FORBIDDEN,
          "pages of this origin may not call this member; --cors lists those that may\n");

  static Page text(HttpResponseStatus status, String body) {
    return new Page(status, TEXT, Bytes.utf8(body));
  }

  static Page json(HttpResponseStatus status, String body) {
    return new Page(status, JSON, Bytes.utf8(body));
  }

  static Page notFound(boolean gateway) {
    return text(
        HttpResponseStatus.NOT_FOUND,
        "404 page not found: there is /health, /livez, /readyz, /version, /metrics and /debug/vars"
            + (gateway ? ", and the JSON gateway below /v3/\n" : "\n"));
  }
}
