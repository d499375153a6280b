package io.quorate.simulator;

import io.quorate.node.Replica;
import io.quorate.node.ReplicaStatus;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A group of a world: what it has done, and how the members stand in it. */
final class Group {
  /** Who lacks so much has not got everything, and perhaps not yet its voice. */
  private static final long KEEPS_UP = 100;

  private final long number;
  private final Plan plan;
  private final Truth truth = new Truth();
  private final Rights rights = new Rights();
  private final Roll roll;
  private final Observer observer;

  Group(long number, Plan plan, Milestones milestones, Observer.Alarm alarm) {
    this.number = number;
    this.plan = plan;
    this.roll = new Roll(plan.founders(), plan.settings(1).initial());
    this.observer = new Observer(plan.founders(), truth, roll, rights, milestones, alarm);
  }

  /** Who may do what by all that was applied. */
  Rights rights() {
    return rights;
  }

  /** Who shall belong to it by what operators were granted. */
  Roll roll() {
    return roll;
  }

  long number() {
    return number;
  }

  /** What the store must be by all that was applied. */
  Truth truth() {
    return truth;
  }

  Observer observer() {
    return observer;
  }

  /** The last entry that anybody has applied. */
  long lastApplied() {
    return observer.lastApplied();
  }

  /** Who takes itself for the leader; of several, the one of the highest term. */
  @Nullable Host leader(Collection<Host> hosts) {
    Host found = null;
    long term = 0;
    for (Host host : hosts) {
      Replica replica = host.replica(number);
      if (replica != null && replica.leader() == host.member() && replica.term() > term) {
        found = host;
        term = replica.term();
      }
    }
    return found;
  }

  /** The members as they see themselves, a line each. */
  String standing(Collection<Host> hosts) {
    StringBuilder out = new StringBuilder();
    for (Host host : hosts) {
      Replica replica = host.replica(number);
      String down = host.isUp() ? "not begun" : "down, " + host.failure();
      out.append("\n  member %d, group %d: ".formatted(host.member(), number));
      out.append(replica != null ? replica.status() : down);
    }
    return out.toString();
  }

  /** Whether a member knows of all members, as voters and learners, that they belong to it. */
  boolean hasItsMembers(Host host) {
    Replica replica = host.replica(number);
    return replica != null && hasItsMembers(replica.status());
  }

  private boolean hasItsMembers(ReplicaStatus status) {
    if (plan.operators() > 0) {
      return roll.isAsWanted(status);
    }
    return status.voters().size() == plan.members() - plan.learners()
        && status.learners().size() == plan.learners();
  }

  /** Looks at all members for what must hold of each at any time. */
  void check(Collection<Host> hosts) {
    for (Host host : hosts) {
      Replica replica = host.replica(number);
      if (replica != null && replica.hasState()) {
        observer.stands(host.life(), replica.status());
      }
    }
  }

  /**
   * How a member is doing in a group.
   *
   * @param votes whether it is a voter
   * @param runs whether the group runs there
   * @param why what it says why it can't do all that it should; empty if it says nothing
   */
  record Doing(boolean votes, boolean runs, String why) {
    private boolean works() {
      return runs && why.isEmpty();
    }
  }

  /** Whether all who don't work say why, and as many as are left do what they can. */
  boolean isSaidWhy(Collection<Host> hosts, boolean serves) {
    return isSaidWhy(hosts.stream().map(this::doing).toList(), serves);
  }

  static boolean isSaidWhy(List<Doing> members, boolean serves) {
    long voters = members.stream().filter(Doing::votes).count();
    long working = members.stream().filter(each -> each.votes() && each.works()).count();
    return members.stream().allMatch(each -> each.works() || !each.why().isEmpty())
        && (serves || working <= voters / 2);
  }

  private Doing doing(Host host) {
    boolean votes = plan.isVoter(host.member());
    Replica replica = host.replica(number);
    if (replica == null) {
      Throwable failure = host.failure();
      return new Doing(votes, false, failure == null ? "" : failure.toString());
    }
    ReplicaStatus status = replica.status();
    if (status.failure().contains("looking for")) { // it should have found out by now
      return new Doing(votes, false, "");
    }
    String why = status.failure() + status.heldBack() + status.refused();
    return new Doing(votes, status.failure().isEmpty(), why);
  }

  /** Whether these have applied all that anybody has, and are in one state. */
  boolean agree(Collection<Host> hosts) {
    for (Host host : hosts) {
      Replica replica = host.replica(number);
      if (replica == null) {
        return false;
      }
      ReplicaStatus status = replica.status();
      if (status.appliedIndex() < lastApplied()
          || status.commitIndex() != status.appliedIndex()
          || status.leader() == 0
          || status.waitingCalls() > 0
          || status.waitingLogBytes() > 0
          || !status.refused().isEmpty()
          || !hasItsMembers(status)) {
        return false;
      }
    }
    return true;
  }

  /** Whether the others don't take a member for the one that they knew. */
  boolean isRefused(Host host) {
    Replica replica = host.replica(number);
    return replica != null && replica.hasState() && !replica.status().refused().isEmpty();
  }

  /** Whether a member runs, and nothing keeps it from agreeing to anything. */
  boolean hasVoice(Host host) {
    Replica replica = host.replica(number);
    if (replica == null || !replica.hasState()) {
      return false;
    }
    ReplicaStatus status = replica.status();
    return status.failure().isEmpty() && status.refused().isEmpty() && status.heldBack().isEmpty();
  }

  /** Whether these all follow one leader, and miss nothing. */
  boolean isWell(Collection<Host> hosts) {
    long leader = 0;
    for (Host host : hosts) {
      Replica replica = host.replica(number);
      if (replica == null || !replica.hasState()) {
        return false;
      }
      ReplicaStatus status = replica.status();
      if (!status.failure().isEmpty()
          || status.leader() == 0
          || (leader != 0 && status.leader() != leader)
          || !status.refused().isEmpty()
          || !hasItsMembers(status)
          || status.appliedIndex() < status.commitIndex()
          || status.appliedIndex() < lastApplied() - KEEPS_UP) {
        return false;
      }
      leader = status.leader();
    }
    return true;
  }

  /** Whether a member has its place, and all have applied that much and take each other so. */
  boolean hasItsPlace(Host member, Collection<Host> hosts, long applied) {
    for (Host each : hosts) {
      Replica replica = each.replica(number);
      if (replica == null
          || !replica.hasState()
          || !replica.status().refused().isEmpty()
          || replica.status().appliedIndex() < applied
          || !(plan.isVoter(member.member())
                  ? replica.status().voters()
                  : replica.status().learners())
              .contains(member.member())) {
        return false;
      }
    }
    return true;
  }
}
