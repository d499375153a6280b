package io.quorate.admin;

import java.util.List;

/**
 * Which HTTP requests are let in, whatever they ask for. A browser that was lured here sends the
 * name that it was lured by as its {@code Host} (CVE-2018-1099), and the page it shows as its
 * {@code Origin} (CVE-2018-1098).
 *
 * @param hosts names by which the member may be addressed in plaintext; empty, or with a star among
 *     them, for any. Inside TLS the certificate has settled it.
 * @param origins pages that may read answers; empty, or with a star among them, for any
 */
public record HttpAccess(List<String> hosts, List<String> origins) {
  /** Everybody, as in etcd unless it is told otherwise. */
  public static final HttpAccess OPEN = new HttpAccess(List.of("*"), List.of("*"));

  /** Copies the lists. */
  public HttpAccess {
    hosts = List.copyOf(hosts);
    origins = List.copyOf(origins);
  }

  boolean anyOrigin() {
    return any(origins);
  }

  boolean allowsOrigin(String origin) {
    return origins.contains(origin);
  }

  boolean allowsHost(String host) {
    return any(hosts) || hosts.contains(host);
  }

  private static boolean any(List<String> list) {
    return list.isEmpty() || list.contains("*");
  }
}
