package io.quorate.simulator;

import io.quorate.node.Replica;
import io.quorate.node.ReplicaStatus;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** Looks at all members at once from time to time, for what no single one of them could tell. */
final class Lookout {
  private static final int FAR = 1_000;
  private static final int MANY = 100;
  private static final int FEW = 10;

  private final Coverage coverage;

  /** By group, who was held back at the last look for what its log lost. */
  private final TreeMap<Long, TreeSet<Long>> heldBack = new TreeMap<>();

  Lookout(Coverage coverage) {
    this.coverage = coverage;
  }

  /** Looks at a group of all. */
  void look(Iterable<Host> hosts, long group) {
    List<ReplicaStatus> all = new ArrayList<>();
    List<Long> shape = new ArrayList<>();
    int count = 0;
    int down = 0;
    for (Host host : hosts) {
      count++;
      Replica replica = host.replica(group);
      if (!host.isUp() || replica == null) {
        down++;
        shape.add(-1L);
      } else {
        if (!replica.hasState()) {
          coverage.reached(Probe.WITHOUT_STATE);
        }
        all.add(replica.status());
      }
      if (host.failure() != null) {
        coverage.reached(Probe.FAILED);
      }
    }
    coverage.reachedIf(down == count, Probe.ALL_DOWN);
    coverage.reachedIf(down > count / 2 && down < count, Probe.MAJORITY_DOWN);
    coverage.reachedIf(
        down == 0 && all.stream().allMatch(each -> each.leader() == 0) && count > 1,
        Probe.LEADERLESS);
    compare(all, shape);
    giveUps(all, heldBack.computeIfAbsent(group, any -> new TreeSet<>()));
    Collections.sort(shape);
    long hash = count;
    for (long each : shape) {
      hash = (hash ^ each) * 0x9e3779b97f4a7c15L;
      hash ^= hash >>> 31;
    }
    coverage.state(hash);
  }

  private void compare(List<ReplicaStatus> all, List<Long> shape) {
    long term = 0;
    long last = 0;
    long commit = 0;
    for (ReplicaStatus each : all) {
      term = Math.max(term, each.term());
      last = Math.max(last, each.lastIndex());
      commit = Math.max(commit, each.commitIndex());
    }
    for (ReplicaStatus each : all) {
      coverage.reachedIf(commit - each.appliedIndex() > FAR, Probe.FAR_BEHIND);
      coverage.reachedIf(term - each.term() > 3, Probe.TERMS_APART);
      coverage.reachedIf(each.firstIndex() > 1, Probe.TRIMMED);
      coverage.reachedIf(!each.refused().isEmpty(), Probe.REFUSED);
      if (each.isLeader()) {
        leader(each, all);
      }
      shape.add(shape(each, term, last, commit));
    }
  }

  private void giveUps(List<ReplicaStatus> all, Set<Long> before) {
    for (ReplicaStatus each : all) {
      boolean voice = each.refused().isEmpty();
      coverage.reachedIf(!voice && before.contains(each.member()), Probe.GIVES_UP_LOST_END);
      if (voice && !each.heldBack().isEmpty()) {
        before.add(each.member());
      } else {
        before.remove(each.member());
      }
    }
  }

  private void leader(ReplicaStatus leader, List<ReplicaStatus> all) {
    coverage.reachedIf(leader.lastIndex() - leader.commitIndex() > MANY, Probe.UNCOMMITTED);
    coverage.reachedIf(leader.commitIndex() > leader.durableIndex(), Probe.NOT_DURABLE);
    coverage.reachedIf(leader.voters().size() == 1 && all.size() == 1, Probe.ALONE);
    for (ReplicaStatus other : all) {
      if (other.isLeader() && other.term() < leader.term()) {
        coverage.reachedIf(leader.term() - other.term() == 1, Probe.ADJACENT_LEADERS);
        coverage.reachedIf(leader.term() - other.term() > 1, Probe.DISTANT_LEADERS);
      }
    }
  }

  /** What of a member matters, in a few bits. */
  private static long shape(ReplicaStatus each, long term, long last, long commit) {
    long role = each.isLeader() ? 2 : each.leader() != 0 ? 1 : 0;
    long voice = each.voters().contains(each.member()) ? 2 : each.learner() ? 1 : 0;
    return role
        | voice << 2
        | Math.min(3, term - each.term()) << 4
        | step(last - each.lastIndex()) << 6
        | step(commit - each.commitIndex()) << 8
        | step(each.lastIndex() - each.durableIndex()) << 10
        | (each.refused().isEmpty() ? 0 : 1L) << 12
        | (each.firstIndex() > 1 ? 1L : 0) << 13;
  }

  private static long step(long gap) {
    return gap <= 0 ? 0 : gap <= FEW ? 1 : gap <= FAR ? 2 : 3;
  }
}
