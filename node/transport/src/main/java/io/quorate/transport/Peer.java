package io.quorate.transport;

import io.quorate.node.Loop;
import io.quorate.node.PeerHandshake;
import java.net.InetSocketAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Another member, as {@link NettyTransport} knows it: whether and where to dial it, and the
 * conversation that stands with it.
 *
 * <p>Used on the loop only.
 */
final class Peer {
  final long id;
  final Pause pause;
  final Pause bulkPause;

  /** Where it can be reached; empty while the node doesn't want it dialled. */
  List<InetSocketAddress> addresses = List.of();

  /** By which of its hosts it was dialled last. */
  String host = "";

  /** How often it was dialled. */
  int attempts;

  /** The consensus lane's link of the conversation that stands. */
  @Nullable Link consensus;

  /** The bulk lane's link of the same conversation. */
  @Nullable Link bulk;

  /** What the peer said of itself in this conversation. */
  @Nullable PeerHandshake introduction;

  /** When the conversation began. */
  long upSince;

  /** Whether a frame was refused because the bulk lane didn't stand yet. */
  boolean bulkMissed;

  /** A consensus link on its way; nothing else is dialled meanwhile. */
  boolean dialling;

  /** The number of the attempt under way, or of the conversation that stands. */
  long conversation;

  /** Whether the attempt under way ended in a refusal by either side. */
  boolean refused;

  Loop.@Nullable Timer redial;
  Loop.@Nullable Timer bulkRedial;

  Peer(long id, Pause pause, Pause bulkPause) {
    this.id = id;
    this.pause = pause;
    this.bulkPause = bulkPause;
  }

  boolean isWanted() {
    return !addresses.isEmpty();
  }

  /** The addresses take turns. */
  InetSocketAddress addressFor(int attempt) {
    return addresses.get(Math.floorMod(attempt, addresses.size()));
  }

  /** Where it is, by its URLs. */
  List<String> hosts() {
    return addresses.stream().map(InetSocketAddress::getHostString).toList();
  }

  void cancelTimers() {
    if (redial != null) {
      redial.cancel();
      redial = null;
    }
    if (bulkRedial != null) {
      bulkRedial.cancel();
      bulkRedial = null;
    }
  }
}
