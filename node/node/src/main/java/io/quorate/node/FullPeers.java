package io.quorate.node;

import io.quorate.raft.Rare;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * Peers whose queue took no append in the present turn: the core hears of each, once, when it has
 * ended its turn, or before the news of what ended it. Used on the loop.
 */
final class FullPeers {
  private final TreeSet<Long> peers = new TreeSet<>();

  void add(long peer) {
    peers.add(peer);
  }

  /** The turn is over. */
  void tell(Consumer<Rare> core) {
    while (!peers.isEmpty()) {
      core.accept(new Rare.PeerFull(peers.removeFirst()));
    }
  }

  /** There is other news of a peer; without this one before it, nothing would end it again. */
  void tellFirst(long peer, Consumer<Rare> core) {
    if (peers.remove(peer)) {
      core.accept(new Rare.PeerFull(peer));
    }
  }

  void forget(long peer) {
    peers.remove(peer);
  }
}
