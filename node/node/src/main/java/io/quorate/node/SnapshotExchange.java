package io.quorate.node;

import io.quorate.raft.ConfigurationAt;

/** placeholder */
final class SnapshotExchange {
  SnapshotExchange(GroupReplica replica, Node node) {}

  boolean isSwitching() {
    return false;
  }

  void needed(long peer, long atLeast) {}

  void done(long peer, long snapshot) {}

  void fetch(long from, long snapshot, long index, long term, ConfigurationAt configuration) {}

  void discard(long snapshot) {}

  void adopt(long ioSeq, long snapshot, long index, long term, ConfigurationAt c, boolean keep) {}

  void durable(long ioSeq) {}

  void peerDown(long peer) {}

  void receive(long from, FrameType type, FrameReader in) {}

  void close() {}
}
