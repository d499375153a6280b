package io.quorate.node;

import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads the addresses at which members reach each other. They come from flags and from the log. */
final class PeerUrls {
  private static final Pattern AUTHORITY =
      Pattern.compile("([A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.%]+\\]):([0-9]{1,5})");

  private PeerUrls() {}

  /** The address that a URL names; null if it names none. */
  static @Nullable InetSocketAddress address(String url) {
    try {
      URI uri = new URI(url);
      String authority = uri.getRawAuthority();
      if (!("http".equals(uri.getScheme()) || "https".equals(uri.getScheme()))
          || authority == null) {
        return null;
      }
      // Not the URI's own host: it knows none with an underscore, which container names have.
      Matcher parts = AUTHORITY.matcher(authority);
      return parts.matches() && Integer.parseInt(parts.group(2)) <= 0xFFFF
          ? InetSocketAddress.createUnresolved(parts.group(1), Integer.parseInt(parts.group(2)))
          : null;
    } catch (URISyntaxException e) {
      return null;
    }
  }

  /** The first of a member's peer URLs that names no address; null if all do. */
  static @Nullable String malformed(MemberInfo member) {
    for (String url : member.peerUrls()) {
      if (address(url) == null) {
        return url;
      }
    }
    return null;
  }

  /** Refuses a member's description that the others could not use. */
  static void check(MemberInfo member) {
    String url = malformed(member);
    if (url != null) {
      throw QuorateException.of(
          ErrorCode.INVALID_REQUEST,
          "member "
              + member.name()
              + ": \""
              + url
              + "\" is no peer URL: it takes http or https, a host and a port, as in"
              + " http://10.0.0.1:2380");
    }
  }

  /** The addresses that a member's peer URLs name; what names none is left out. */
  static List<InetSocketAddress> addresses(MemberInfo member) {
    List<InetSocketAddress> addresses = new ArrayList<>();
    for (String url : member.peerUrls()) {
      InetSocketAddress address = address(url);
      if (address != null) {
        addresses.add(address);
      }
    }
    return addresses;
  }
}
