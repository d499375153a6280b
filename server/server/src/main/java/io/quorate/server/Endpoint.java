package io.quorate.server;

import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.List;

/**
 * A URL of a listener or a peer.
 *
 * @param host a name or an address; an IPv6 address without brackets
 * @param tls whether it is https
 */
record Endpoint(String host, int port, boolean tls) {

  /** In plaintext. */
  Endpoint(String host, int port) {
    this(host, port, false);
  }

  /**
   * The URLs of a comma-separated list.
   *
   * @throws UsageException if one isn't {@code http[s]://HOST:PORT}; the message names the flag
   */
  static List<Endpoint> list(String flag, String urls) throws UsageException {
    List<Endpoint> endpoints = new ArrayList<>();
    for (String url : urls.split(",", -1)) {
      endpoints.add(of(flag, url.strip()));
    }
    return List.copyOf(endpoints);
  }

  /**
   * One URL.
   *
   * @throws UsageException if it isn't {@code http[s]://HOST:PORT}; the message names the flag
   */
  static Endpoint of(String flag, String url) throws UsageException {
    URI uri;
    try {
      uri = new URI(url);
    } catch (URISyntaxException e) {
      throw new UsageException("--" + flag + ": \"" + url + "\" is not a URL: " + e.getReason());
    }
    String scheme = String.valueOf(uri.getScheme());
    switch (scheme) {
      case "http", "https" -> {}
      case "unix", "unixs" ->
          throw new UsageException("--" + flag + ": unix sockets aren't served: " + url);
      default ->
          throw new UsageException(
              "--" + flag + ": URL scheme must be http, https, unix, or unixs: " + url);
    }
    String host = uri.getHost();
    if (host == null || uri.getPort() < 0 || uri.getPort() > 65_535) {
      throw new UsageException(
          "--" + flag + ": URL address does not have the form \"host:port\": " + url);
    }
    String path = uri.getRawPath();
    if (path != null && !path.isEmpty() && !path.equals("/")) {
      throw new UsageException("--" + flag + ": URL must not contain a path: " + url);
    }
    return new Endpoint(
        host.startsWith("[") ? host.substring(1, host.length() - 1) : host,
        uri.getPort(),
        scheme.equals("https"));
  }

  /** The address to bind or to dial; a name is looked up now. */
  InetSocketAddress address() {
    return new InetSocketAddress(host, port);
  }

  /** Whether the host stands for all addresses of the machine. */
  boolean wildcard() {
    return host.equals("0.0.0.0") || host.equals("::") || host.isEmpty();
  }

  /** Whether only this machine reaches it. */
  boolean loopback() {
    return host.equals("localhost") || host.startsWith("127.") || host.equals("::1");
  }

  /** The same host with another port: the one that was really bound. */
  Endpoint withPort(int actual) {
    return new Endpoint(host, actual, tls);
  }

  /** The URL, in the form that identities are derived from. */
  String url() {
    return (tls ? "https://" : "http://")
        + (host.indexOf(':') >= 0 ? "[" + host + "]" : host)
        + ":"
        + port;
  }

  @Override
  public String toString() {
    return url();
  }
}
