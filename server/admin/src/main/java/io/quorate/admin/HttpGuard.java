package io.quorate.admin;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Stands before everything that HTTP requests can reach and applies {@link HttpAccess}, in etcd's
 * way: a {@code Host} that isn't known is misdirected, and answers name the origins that may read
 * them. Safe from any thread.
 */
final class HttpGuard {
  private final HttpAccess access;

  HttpGuard(HttpAccess access) {
    this.access = access;
  }

  /** Why a request isn't taken, or null. Whoever gets that has no further business here. */
  @Nullable Page refuses(HttpRequest request, boolean encrypted) {
    if (request.headers().getAll(HttpHeaderNames.HOST).size() > 1) {
      return Page.text(HttpResponseStatus.BAD_REQUEST, "there is more than one Host\n");
    }
    String host = host(request);
    return encrypted || access.allowsHost(host)
        ? null
        : Page.text(HttpResponseStatus.MISDIRECTED_REQUEST, misdirected(host));
  }

  /** Whether a request that was taken may have an effect; see {@link HttpAccess}. */
  boolean mayCall(HttpRequest request, boolean encrypted) {
    return access.mayCall(request.headers(), host(request), encrypted);
  }

  /** The origin that may read the answer to a request, or null. */
  @Nullable String readableBy(HttpRequest request) {
    String from = request.headers().get(HttpHeaderNames.ORIGIN);
    return access.anyOrigin() ? "*" : from != null && access.allowsOrigin(from) ? from : null;
  }

  /** Says in an answer which origin may read it. */
  static void allow(HttpHeaders answer, @Nullable String origin) {
    if (origin != null) {
      answer
          .set(HttpHeaderNames.ACCESS_CONTROL_ALLOW_HEADERS, "accept, content-type, authorization")
          .set(HttpHeaderNames.ACCESS_CONTROL_ALLOW_METHODS, "POST, GET, OPTIONS, PUT, DELETE")
          .set(HttpHeaderNames.ACCESS_CONTROL_ALLOW_ORIGIN, origin);
      if (!origin.equals("*")) {
        answer.add(HttpHeaderNames.VARY, HttpHeaderNames.ORIGIN);
      }
    }
  }

  private static String host(HttpRequest request) {
    List<String> hosts = request.headers().getAll(HttpHeaderNames.HOST);
    return host(request.uri(), hosts.isEmpty() ? "" : hosts.getFirst());
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
