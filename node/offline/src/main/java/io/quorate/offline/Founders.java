package io.quorate.offline;

import io.quorate.Identity;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.node.MemberInfo;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * The members that found a cluster, as {@code --initial-cluster} lists them, with the ids that a
 * server derives from the same flags.
 *
 * @param name which of them is meant
 * @param token what sets the cluster apart
 * @param peers their peer URLs, by name
 */
record Founders(String name, String token, TreeMap<String, List<String>> peers) {

  /**
   * Reads the flags.
   *
   * @param initialCluster {@code NAME=URL,NAME=URL…}; a member with several URLs is there several
   *     times
   * @param advertised the member's own peer URLs, comma-separated; empty if they weren't given
   * @throws QuorateException.Rejected if they contradict each other; the message names the flag
   */
  static Founders of(String name, String token, String initialCluster, String advertised) {
    TreeMap<String, List<String>> peers = new TreeMap<>();
    for (String member : initialCluster.split(",", -1)) {
      int equals = member.indexOf('=');
      if (equals <= 0) {
        throw wrong("--initial-cluster: \"" + member + "\" is not NAME=URL");
      }
      peers
          .computeIfAbsent(member.substring(0, equals).strip(), _ -> new ArrayList<>())
          .add(url("--initial-cluster", member.substring(equals + 1).strip()));
    }
    List<String> own = peers.get(name);
    if (own == null) {
      throw wrong("couldn't find local name \"" + name + "\" in the initial cluster configuration");
    }
    if (!advertised.isEmpty()) {
      List<String> told = new ArrayList<>();
      for (String url : advertised.split(",", -1)) {
        told.add(url("--initial-advertise-peer-urls", url.strip()));
      }
      if (!told.stream().sorted().toList().equals(own.stream().sorted().toList())) {
        throw wrong(
            "--initial-cluster has %s=%s but --initial-advertise-peer-urls is %s"
                .formatted(name, String.join(",", own), String.join(",", told)));
      }
    }
    return new Founders(name, token, peers);
  }

  long member() {
    return id(name);
  }

  long cluster() {
    return Identity.clusterId(peers.keySet().stream().map(this::id).toList());
  }

  List<MemberInfo> members() {
    List<MemberInfo> members = new ArrayList<>();
    for (Map.Entry<String, List<String>> peer : peers.entrySet()) {
      members.add(
          new MemberInfo(id(peer.getKey()), peer.getKey(), peer.getValue(), List.of(), false));
    }
    return members;
  }

  private long id(String of) {
    return Identity.memberId(peers.getOrDefault(of, List.of()), token);
  }

  /** The form that ids are derived from: scheme, host, port. */
  private static String url(String flag, String given) {
    try {
      URI uri = new URI(given);
      String scheme = String.valueOf(uri.getScheme()).toLowerCase(Locale.ROOT);
      boolean plain = uri.getRawPath() == null || uri.getRawPath().matches("/?");
      if ((scheme.equals("http") || scheme.equals("https"))
          && uri.getHost() != null
          && uri.getPort() >= 0
          && plain) {
        return scheme + "://" + uri.getHost() + ":" + uri.getPort();
      }
    } catch (URISyntaxException e) {
      // told below
    }
    throw wrong(flag + ": \"" + given + "\" is not http://HOST:PORT or https://HOST:PORT");
  }

  private static QuorateException wrong(String what) {
    return QuorateException.of(ErrorCode.INVALID_REQUEST, what);
  }
}
