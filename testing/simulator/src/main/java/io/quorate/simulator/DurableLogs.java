package io.quorate.simulator;

import io.quorate.node.Replica;
import io.quorate.node.ReplicaStatus;
import java.util.TreeMap;
import java.util.function.LongUnaryOperator;

/** How far the members' logs were on their disks when their processes ended: it must be there. */
final class DurableLogs {
  /** The last entry that was on a disk. */
  private record Durable(long index, long term) {}

  /** By member and group. */
  private final TreeMap<Long, TreeMap<Long, Durable>> logs = new TreeMap<>();

  /** A process is about to end. */
  void ending(Host host, long group) {
    Replica replica = host.replica(group);
    if (replica != null) {
      long index = replica.status().durableIndex();
      ending(host.member(), group, index, replica.termAt(index));
    }
  }

  /** As {@link #begun(long, long, long, long, LongUnaryOperator)}, of a group that has a state. */
  String begun(Host host, long group) {
    Replica replica = host.replica(group);
    if (replica == null || !replica.hasState()) {
      return "";
    }
    ReplicaStatus now = replica.status();
    return begun(host.member(), group, now.firstIndex(), now.lastIndex(), replica::termAt);
  }

  /**
   * A process is about to end.
   *
   * @param term of the last durable entry; negative while a state is being adopted
   */
  void ending(long member, long group, long durableIndex, long term) {
    logs.computeIfAbsent(member, none -> new TreeMap<>())
        .merge(
            group,
            new Durable(durableIndex, term),
            (one, other) -> one.index() > other.index() ? one : other);
  }

  /**
   * A group has begun, and nobody has spoken to it, unless to mend its log. Then a leader of a
   * later term may have overridden what was never agreed on.
   *
   * @param termAt tells the term of an entry that the log has
   * @return what is wrong with its log; empty if nothing
   */
  String begun(long member, long group, long firstIndex, long lastIndex, LongUnaryOperator termAt) {
    TreeMap<Long, Durable> last = logs.get(member);
    Durable before = last == null ? null : last.remove(group);
    if (before == null) {
      return "";
    }
    boolean holds =
        lastIndex < before.index()
            ? before.term() >= 0 && termAt.applyAsLong(lastIndex) > before.term()
            : before.term() < 0
                || firstIndex > before.index()
                || termAt.applyAsLong(before.index()) >= before.term();
    return holds
        ? ""
        : "member %d had its log on disk up to %s, and begins again with %d to %d"
            .formatted(member, before, firstIndex, lastIndex);
  }
}
