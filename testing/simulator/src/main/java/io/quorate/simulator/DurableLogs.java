package io.quorate.simulator;

import io.quorate.node.Replica;
import io.quorate.node.ReplicaStatus;
import java.util.List;
import java.util.TreeMap;

/** How far the members' logs were on their disks when their processes ended: it must be there. */
final class DurableLogs {
  /** The last entry that was on a disk. */
  private record Durable(long index, long term) {}

  /** By member and group. */
  private final TreeMap<Long, TreeMap<Long, Durable>> logs = new TreeMap<>();

  /** A process is about to end. */
  void ending(Host host, List<Group> groups) {
    for (Group group : groups) {
      Replica replica = host.replica(group.number());
      if (replica != null) {
        long index = replica.status().durableIndex();
        Durable now = new Durable(index, replica.termAt(index));
        logs.computeIfAbsent(host.member(), none -> new TreeMap<>())
            .merge(group.number(), now, (one, other) -> one.index() > other.index() ? one : other);
      }
    }
  }

  /**
   * A group has begun, and nobody has spoken to it: what is wrong with its log; empty if nothing.
   */
  String begun(Host host, long group) {
    TreeMap<Long, Durable> last = logs.get(host.member());
    Durable before = last == null ? null : last.remove(group);
    Replica replica = host.replica(group);
    return before == null || replica == null || !replica.hasState() || holds(replica, before)
        ? ""
        : "member %d had its log on disk up to %s, and begins again as %s"
            .formatted(host.member(), before, replica.status());
  }

  private static boolean holds(Replica replica, Durable before) {
    ReplicaStatus now = replica.status();
    return now.lastIndex() >= before.index()
        && (before.term() < 0 // a state was being adopted
            || now.firstIndex() > before.index()
            || replica.termAt(before.index()) == before.term());
  }
}
