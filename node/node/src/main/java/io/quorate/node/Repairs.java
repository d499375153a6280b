package io.quorate.node;

import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What members do for each other's damaged logs: this one's repairs, and its answers to others'.
 * Used on the loop.
 */
final class Repairs {
  private final TreeMap<Long, LogRepair> running = new TreeMap<>();
  private final RepairSource source;

  Repairs(Node node) {
    source = new RepairSource(node);
  }

  void begin(long group, LogRepair repair) {
    running.put(group, repair);
    repair.begin();
  }

  boolean isRunning(long group) {
    return running.containsKey(group);
  }

  void done(long group) {
    running.remove(group);
  }

  void close() {
    running.values().forEach(LogRepair::close);
    running.clear();
  }

  void peerUp(long peer) {
    List.copyOf(running.values()).forEach(repair -> repair.peerUp(peer));
  }

  void peerDown(long peer) {
    List.copyOf(running.values()).forEach(repair -> repair.peerDown(peer));
  }

  void asked(long from, long group, @Nullable GroupReplica replica, FrameReader in)
      throws FrameReader.Malformed {
    source.asked(from, group, replica, in);
  }

  /** A frame for a group that isn't there yet. */
  void received(long from, long group, FrameType type, FrameReader in)
      throws FrameReader.Malformed {
    LogRepair repair = running.get(group);
    if (repair != null) {
      repair.received(from, type, in);
    }
  }
}
