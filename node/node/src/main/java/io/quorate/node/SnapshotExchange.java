package io.quorate.node;

import io.quorate.base.Bytes;
import io.quorate.raft.ConfigurationAt;

/**
 * A group's snapshots on their way from leader to follower.
 *
 * <p>The core decides when and whether; the follower fetches at its own pace, and the leader bounds
 * the rate. Chunks go on the bulk lane, outside the log's path. Used on the loop; the disk's work
 * runs on a reader.
 */
final class SnapshotExchange {
  /** In a fetch, instead of a chunk's number: the manifest is wanted. */
  static final int MANIFEST = -1;

  private final SnapshotSender sender;
  private final SnapshotReceiver receiver;

  SnapshotExchange(GroupReplica replica, Node node) {
    sender = new SnapshotSender(replica, node);
    receiver = new SnapshotReceiver(replica, node);
  }

  /** Whether a received state is about to take the place of the present one: nothing is applied. */
  boolean isSwitching() {
    return receiver.isSwitching();
  }

  // ---- what the core wants ---------------------------------------------------------------------

  void needed(long peer, long atLeast) {
    sender.needed(peer, atLeast);
  }

  /** A member that repairs its log wants a state that has at least what it wants. */
  void asked(long peer, long wanted) {
    sender.asked(peer, wanted);
  }

  void done(long peer, long snapshot) {
    sender.done(peer, snapshot);
  }

  void fetch(long from, long snapshot, long index, long term, ConfigurationAt configuration) {
    receiver.fetch(from, snapshot, index, term, configuration);
  }

  void discard(long snapshot) {
    receiver.discard(snapshot);
  }

  void adopt(
      long ioSeq,
      long snapshot,
      long index,
      long term,
      ConfigurationAt configuration,
      boolean keepSuffix) {
    receiver.adopt(ioSeq, snapshot, index, term, configuration, keepSuffix);
  }

  // ---- what happens ----------------------------------------------------------------------------

  void durable(long ioSeq) {
    receiver.durable(ioSeq);
  }

  void peerDown(long peer) {
    receiver.peerDown(peer);
  }

  void receive(long from, FrameType type, FrameReader in) throws FrameReader.Malformed {
    long snapshot = in.u64();
    switch (type) {
      case SNAPSHOT_FETCH -> {
        int chunk = in.u32();
        in.end();
        sender.fetched(from, snapshot, chunk);
      }
      case SNAPSHOT_PART -> {
        int chunk = in.u32();
        Bytes part = in.bytes();
        in.end();
        receiver.part(from, snapshot, chunk, part);
      }
      case SNAPSHOT_GONE -> {
        in.end();
        receiver.gone(from, snapshot);
      }
      default -> throw new FrameReader.Malformed("not of a snapshot: " + type);
    }
  }

  void close() {
    sender.close();
    receiver.close();
  }
}
