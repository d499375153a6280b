package io.quorate.admin;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.NetUtil;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;

/**
 * Which HTTP requests are let in, whatever they ask for. A browser that was lured here sends the
 * name that it was lured by as its {@code Host} (CVE-2018-1099), and the page it shows as its
 * {@code Origin} (CVE-2018-1098). Programs that are no browsers send no Origin.
 *
 * @param hosts names by which the member may be addressed in plaintext; empty, or with a star among
 *     them, for any. Inside TLS the certificate has settled it.
 * @param origins pages of elsewhere that may read answers and use the gateway; with a star among
 *     them, any. Pages that came from the member itself may, under a name that can't be anyone's.
 */
public record HttpAccess(List<String> hosts, List<String> origins) {
  /** Programs under any name; pages of nobody else. */
  public static final HttpAccess STANDARD = new HttpAccess(List.of("*"), List.of());

  /** Everybody. */
  public static final HttpAccess OPEN = new HttpAccess(List.of("*"), List.of("*"));

  /** Copies the lists. */
  public HttpAccess {
    hosts = List.copyOf(hosts);
    origins = List.copyOf(origins);
  }

  boolean anyOrigin() {
    return origins.contains("*");
  }

  boolean allowsOrigin(String origin) {
    return origins.contains(origin);
  }

  boolean allowsHost(String host) {
    return hosts.isEmpty() || hosts.contains("*") || hosts.contains(host);
  }

  /**
   * Whether a request may have an effect, other than to read a page: not if a browser sends it for
   * a page of elsewhere, which can do so though it may not read the answer.
   */
  boolean mayCall(HttpHeaders request, String host, boolean encrypted) {
    String origin = request.get(HttpHeaderNames.ORIGIN);
    if (origin == null || anyOrigin() || allowsOrigin(origin)) {
      return true;
    }
    boolean steady = encrypted || host.equals("localhost") || isAddress(host);
    return (steady || hosts.contains(host))
        && isFrom(origin, request.get(HttpHeaderNames.HOST, ""));
  }

  /** An address can't be turned to another machine, as a name can. */
  private static boolean isAddress(String host) {
    return NetUtil.isValidIpV4Address(host) || NetUtil.isValidIpV6Address(host);
  }

  private static boolean isFrom(String origin, String host) {
    try {
      String authority = new URI(origin).getRawAuthority();
      return authority != null && authority.equalsIgnoreCase(host);
    } catch (URISyntaxException e) {
      return false;
    }
  }
}
