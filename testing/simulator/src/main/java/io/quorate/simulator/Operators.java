package io.quorate.simulator;

import io.quorate.node.LeadershipMove;
import io.quorate.node.MemberInfo;
import io.quorate.node.MembershipChange;
import io.quorate.node.MembershipOutcome;
import io.quorate.node.MembershipRefusal;
import io.quorate.node.NodeSettings;
import io.quorate.node.Refusal;
import io.quorate.node.Replica;
import io.quorate.node.ReplicaStatus;
import io.quorate.node.Reply;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The operators of a world: through whichever member they ask for new members, promotions,
 * removals, other addresses and another leader, start what was added on empty disks, and lose
 * machines for good. In the end they start all that is wanted and remove who is lost.
 *
 * <p>Each address is asked for once only, so that what became of each change can be told.
 */
final class Operators {
  private static final long MILLIS = 1_000_000L;
  private static final long SECOND = 1_000 * MILLIS;
  private static final long NETWORK = 100_000L;

  /** So many members are as many as operators want, and so many machines as they have. */
  private static final int MEMBERS_MAX = 7;

  private static final int HOSTS_MAX = 12;

  /** After so long nothing is left on its way of a change that nobody has answered. */
  private static final long FORGOTTEN = 20 * SECOND;

  /** An answer that a member owes. */
  private static final class Asked {
    final long at;
    boolean answered;

    Asked(long at) {
      this.at = at;
    }
  }

  private final World world;
  private final Plan plan;
  private final Group group;
  private final Roll roll;
  private final Chance chance;
  private final long pauseMean;

  /** What those were told at their first start who came later. */
  private final TreeMap<Long, NodeSettings> joined = new TreeMap<>();

  /** Who was told that it was removed. */
  private final TreeSet<Long> told = new TreeSet<>();

  /** What addresses were asked for in changes that were refused. */
  private final TreeSet<String> refused = new TreeSet<>();

  private final List<Asked> asked = new ArrayList<>();
  private int addresses;

  Operators(World world, Plan plan, Group group) {
    this.world = world;
    this.plan = plan;
    this.group = group;
    this.roll = group.roll();
    this.chance = Chance.of(plan.seed(), "operating");
    this.pauseMean = chance.oneOf(List.of(SECOND / 3, SECOND, 3 * SECOND));
  }

  /** What a member is told at its start. */
  NodeSettings settings(long member) {
    NodeSettings later = joined.get(member);
    return later == null ? plan.settings(member) : later;
  }

  /** Whether a member shall be one of those that work in the end. */
  boolean wants(long member) {
    return plan.operators() == 0 || (roll.wants(member) && !world.isGone(member));
  }

  void start() {
    for (int i = 0; i < plan.operators(); i++) {
      later(pauseMean, this::act);
    }
  }

  private void later(long mean, Runnable action) {
    Timeline timeline = world.timeline();
    timeline.at(timeline.now() + 1 + chance.exponential(mean), null, action);
  }

  // ---- while things go wrong -------------------------------------------------------------------

  private void act() {
    if (world.isHealing()) {
      return;
    }
    later(pauseMean, this::act);
    at(chance.oneOf(List.copyOf(world.hosts())), this::ask);
  }

  /** Does something at a member, if it has a state. */
  private void at(Host host, Consumer<Host> action) {
    if (host.isUp()) {
      Timeline timeline = world.timeline();
      timeline.at(
          timeline.now() + 1 + chance.exponential(NETWORK),
          host.life(),
          () -> {
            Replica replica = host.replica(group.number());
            if (replica != null && replica.hasState()) {
              action.accept(host);
            }
          });
    }
  }

  private static Replica replica(Host host, Group group) {
    Replica replica = host.replica(group.number());
    if (replica == null) {
      throw new IllegalStateException("no replica");
    }
    return replica;
  }

  private void ask(Host at) {
    List<MemberInfo> seen = replica(at, group).membership().members();
    if (seen.isEmpty()) {
      return;
    }
    adopt(seen, /* all= */ false);
    MemberInfo one = chance.oneOf(seen);
    boolean grows = seen.size() < 3 || (seen.size() < MEMBERS_MAX && chance.oneIn(2));
    switch (chance.below(12)) {
      case 0, 1, 2, 3, 4, 5 -> {
        if (grows && world.hosts().size() < HOSTS_MAX) {
          change(at, new MembershipChange.Add(List.of(address()), chance.oneIn(2)));
        } else if (seen.size() > 1) {
          change(at, new MembershipChange.Remove(one.id()));
        }
      }
      case 6, 7 -> change(at, new MembershipChange.Promote(learner(seen, one).id()));
      case 8 -> {
        boolean taken = chance.oneIn(3);
        String url = taken ? chance.oneOf(seen).peerUrls().stream().findFirst().orElse("") : "";
        change(at, new MembershipChange.Update(one.id(), List.of(url.isEmpty() ? address() : url)));
      }
      case 9 -> change(at, new MembershipChange.Remove(chance.oneOf(world.members())));
      case 10 -> move(chance.oneIn(4) ? at : leader(at), one.id());
      default -> loseOne();
    }
  }

  private Host leader(Host otherwise) {
    Host leader = group.leader(world.hosts());
    return leader == null ? otherwise : leader;
  }

  private MemberInfo learner(List<MemberInfo> seen, MemberInfo otherwise) {
    List<MemberInfo> learners = seen.stream().filter(MemberInfo::learner).toList();
    return learners.isEmpty() || chance.oneIn(8) ? otherwise : chance.oneOf(learners);
  }

  private String address() {
    return "http://10.1.0.1:" + (10_000 + ++addresses);
  }

  /** Machines for members that somebody's list has and that have none yet. */
  private void adopt(List<MemberInfo> seen, boolean all) {
    for (MemberInfo each : seen) {
      if (!world.hasHost(each.id()) && (all || !chance.oneIn(3))) {
        Host host = world.found(each.id());
        List<MemberInfo> initial = new ArrayList<>();
        String name = "m" + world.hosts().size();
        for (MemberInfo other : seen) {
          initial.add(
              other.id() == each.id()
                  ? new MemberInfo(
                      each.id(), name, each.peerUrls(), each.peerUrls(), each.learner())
                  : other);
        }
        joined.put(each.id(), plan.settings(each.id(), initial, /* founding= */ false));
        world.note("member " + each.id() + " is " + name);
        world.coverage().reached(Probe.ADDED_BEGINS);
        world.startLater(
            host, all ? 1 : chance.exponential(chance.oneOf(List.of(SECOND / 5, 5 * SECOND))));
      }
    }
  }

  // ---- changes ---------------------------------------------------------------------------------

  private void change(Host at, MembershipChange change) {
    Asked waits = new Asked(world.timeline().now());
    asked.add(waits);
    boolean removesLeader =
        change instanceof MembershipChange.Remove(long id) && leader(at).member() == id;
    world.coverage().reachedIf(removesLeader, Probe.CHANGE_LEADER_GONE);
    world.note("member " + at.member() + " is asked for " + change);
    replica(at, group)
        .membership()
        .change(
            change,
            new Reply<>() {
              @Override
              public void done(MembershipOutcome outcome) {
                waits.answered = true;
                world.note("member " + at.member() + " answers " + change + ": " + outcome);
                switch (outcome) {
                  case MembershipOutcome.Done(long member) -> expectDone(at, change, member);
                  case MembershipOutcome.Rejected(MembershipRefusal why) -> rejected(change, why);
                }
              }

              @Override
              public void refused(Refusal why) {
                world.note("member " + at.member() + " refuses " + change + ": " + why);
                world.coverage().refused(why);
                world.coverage().reached(Probe.CHANGE_UNKNOWN);
                if (why == Refusal.OVERLOADED || why == Refusal.NOT_SERVING) {
                  refuse(change);
                }
              }
            });
  }

  /** What was acknowledged is in the state of whoever acknowledged it, once. */
  private void expectDone(Host at, MembershipChange change, long member) {
    world.coverage().reached(Probe.CHANGE_DONE);
    long index = replica(at, group).status().appliedIndex();
    boolean holds =
        switch (change) {
          case MembershipChange.Add(List<String> urls, boolean _) ->
              roll.effects(urls.getFirst()).size() == 1
                  && roll.effects(urls.getFirst()).getFirst() <= index
                  && (roll.wants(member) || roll.isGone(member));
          case MembershipChange.Update(long _, List<String> urls) ->
              roll.effects(urls.getFirst()).stream().anyMatch(each -> each <= index)
                  || urls.getFirst().startsWith("http://10.0.0.");
          case MembershipChange.Remove(long id) -> roll.isGone(id);
          case MembershipChange.Promote(long id) -> roll.isVoterOrGone(id, index);
        };
    if (!holds) {
      world.violation(
          "member %d says that it is done by %d: %s of %d; the members are %s"
              .formatted(at.member(), index, change, member, roll));
    }
  }

  private void rejected(MembershipChange change, MembershipRefusal why) {
    world.coverage().rejected(why);
    refuse(change);
    boolean may =
        switch (why) {
          case NOT_FOUND ->
              switch (change) {
                case MembershipChange.Add _ -> false;
                case MembershipChange.Remove(long id) -> wasUnknown(id);
                case MembershipChange.Update(long id, List<String> _) -> wasUnknown(id);
                case MembershipChange.Promote(long id) -> wasUnknown(id);
              };
          case URLS_EXIST -> change instanceof MembershipChange.Update;
          case NOT_A_LEARNER, LEARNER_NOT_READY -> change instanceof MembershipChange.Promote;
          case TOO_MANY_LEARNERS ->
              change instanceof MembershipChange.Add(List<String> _, boolean learner) && learner;
          case NOT_ENOUGH_STARTED, UNHEALTHY -> !(change instanceof MembershipChange.Update);
          case BAD_URLS, ID_EXISTS, TOO_MANY_MEMBERS -> false;
        };
    if (!may) {
      world.violation("refused for no reason, " + why + ": " + change + "; members: " + roll);
    }
  }

  /** Founders were always known, until they were gone. */
  private boolean wasUnknown(long member) {
    return member < 0 || member > plan.members() || roll.isGone(member);
  }

  private void refuse(MembershipChange change) {
    switch (change) {
      case MembershipChange.Add(List<String> urls, boolean _) -> refused.addAll(urls);
      case MembershipChange.Update(long _, List<String> urls) -> {
        if (roll.effects(urls.getFirst()).isEmpty() && !isFounders(urls.getFirst())) {
          refused.addAll(urls);
        }
      }
      case MembershipChange.Remove _, MembershipChange.Promote _ -> {}
    }
  }

  private static boolean isFounders(String url) {
    return url.startsWith("http://10.0.0.");
  }

  private void move(Host at, long target) {
    at(
        at,
        host ->
            replica(host, group)
                .membership()
                .moveLeader(
                    target,
                    new Reply<>() {
                      @Override
                      public void done(LeadershipMove outcome) {
                        world
                            .coverage()
                            .reachedIf(outcome == LeadershipMove.MOVED, Probe.LEADERSHIP_MOVED);
                        world
                            .coverage()
                            .reachedIf(outcome == LeadershipMove.NOT_TAKEN, Probe.LEADERSHIP_STAYS);
                        if (outcome == LeadershipMove.MOVED && !group.observer().hasLed(target)) {
                          world.violation("leadership moved to " + target + ", who never led");
                        }
                      }

                      @Override
                      public void refused(Refusal why) {
                        world.coverage().refused(why);
                      }
                    }));
  }

  // ---- machines that are lost ------------------------------------------------------------------

  /** While all is well, and so few are lost that the others can go on, another one is. */
  private void loseOne() {
    List<Host> there = world.healed();
    long[] voters = roll.configuration().voters();
    long lost = Arrays.stream(voters).filter(world::isGone).count();
    Host victim = chance.oneOf(there);
    if (lost + 1 <= (voters.length - 1) / 2 && nothingIsOpen() && isWell(there)) {
      world.hosts().forEach(each -> each.disk().scarce(false)); // a write that fails loses, too
      world.note("member " + victim.member() + " is lost for good");
      world.coverage().reached(Probe.LOST_FOR_GOOD);
      world.endForGood(victim);
    }
  }

  private boolean nothingIsOpen() {
    long now = world.timeline().now();
    return asked.stream().allMatch(each -> each.answered || now - each.at > FORGOTTEN);
  }

  private boolean isWell(List<Host> there) {
    for (Host host : there) {
      if (world.timeline().now() - host.started() < 2 * SECOND
          || host.life().pausedUntil() > world.timeline().now()
          || host.peers() < there.size() - 1) {
        return false;
      }
    }
    return group.isWell(there)
        && there.stream().allMatch(each -> replica(each, group).status().heldBack().isEmpty());
  }

  /** Whether a machine is lost for good whose member hasn't been removed yet. */
  boolean isSomebodyLost() {
    return plan.operators() > 0
        && world.members().stream()
            .anyMatch(each ->
                world.isGone(each) && (roll.wants(each) || roll.configuration().isVoter(each)));
  }

  // ---- what must hold --------------------------------------------------------------------------

  /** Looks at all members: those that have applied as much have the same members. */
  void look() {
    if (plan.operators() == 0) {
      return;
    }
    for (Host host : world.hosts()) {
      Replica replica = host.replica(group.number());
      if (replica != null && replica.hasState()) {
        ReplicaStatus status = replica.status();
        boolean waits =
            status.firstIndex() > status.appliedIndex() + 1 // another state is on its way
                || (roll.isUnconfigured(status.appliedIndex())
                    && joined.containsKey(host.member()));
        String wrong =
            waits || !status.failure().isEmpty() ? "" : roll.wrong(status, replica.membership());
        if (!wrong.isEmpty()) {
          world.violation(wrong);
        }
        world
            .coverage()
            .reachedIf(
                joined.containsKey(host.member()) && roll.configuration().isVoter(host.member()),
                Probe.ADDED_VOTES);
      }
    }
    for (String url : refused) {
      if (!roll.effects(url).isEmpty()) {
        world.violation("a change was refused and took effect: " + url);
      }
    }
  }

  /** A process says that it belongs no more: it must be so, and it ends. */
  void removed(Host host, String why) {
    if (plan.operators() == 0) {
      return;
    }
    world.note("member " + host.member() + " is told: " + why);
    if (!roll.isGone(host.member())) {
      world.violation("member " + host.member() + " is told that it was removed, and wasn't");
    }
    boolean again = !told.add(host.member());
    world.coverage().reached(again ? Probe.RETURNS_REMOVED : Probe.TOLD_REMOVED);
    if (world.isHealing() || again) {
      world.timeline().at(world.timeline().now(), null, () -> world.endForGood(host));
    } else {
      world.timeline().at(world.timeline().now(), null, () -> world.end(host, false, 5 * SECOND));
    }
  }

  // ---- the end ---------------------------------------------------------------------------------

  /** Nothing goes wrong any more: who is wanted shall run, who is lost shall be removed. */
  void heal() {
    if (plan.operators() > 0) {
      settle();
    }
  }

  private void settle() {
    Host leader = group.leader(world.healed());
    if (leader != null) {
      at(
          leader,
          host -> {
            List<MemberInfo> seen = replica(host, group).membership().members();
            adopt(seen, /* all= */ true);
            for (MemberInfo each : seen) {
              if (roll.wants(each.id()) && world.isGone(each.id())) {
                change(host, new MembershipChange.Remove(each.id()));
                break;
              }
            }
          });
    }
    world
        .timeline()
        .at(world.timeline().now() + SECOND / 2, null, this::settle); // there may come more
  }

  /**
   * Whether so many voters have lost their log's end and wait for word of a member that nobody has
   * started that the others are no quorum: the answer to its addition was lost with the leader, and
   * no list has it. What the logs held may be at that member, as far as the voters can tell. They
   * say so; the way out is a new cluster of one of them.
   */
  boolean isStuck() {
    TreeSet<Long> silent = new TreeSet<>();
    List<Long> voters = List.of();
    for (Host host : world.healed()) {
      Replica replica = plan.operators() == 0 ? null : host.replica(group.number());
      if (replica == null || !replica.hasState()) {
        continue;
      }
      ReplicaStatus status = replica.status();
      if (!status.heldBack().isEmpty() && !status.learners().stream().allMatch(world::hasHost)) {
        silent.add(host.member());
        voters = status.voters();
      }
    }
    long waiting = voters.stream().filter(silent::contains).count();
    boolean stuck = !silent.isEmpty() && 2 * (voters.size() - waiting) <= voters.size();
    world.coverage().reachedIf(stuck, Probe.SILENT_FOR_GOOD);
    return stuck;
  }

  private boolean isSettled() {
    return roll.wanted().stream().allMatch(each -> world.hasHost(each) && !world.isGone(each));
  }

  /** Whether all who are wanted are there, and who isn't has gone, if it can be told so. */
  boolean isQuiet() {
    return plan.operators() == 0 || (isSettled() && stays() == null);
  }

  private @Nullable Host stays() {
    for (Host host : world.hosts()) {
      if (host.isUp() && roll.isGone(host.member()) && knowsSomebody(host)) {
        return host;
      }
    }
    return null;
  }

  private boolean knowsSomebody(Host host) {
    NodeSettings settings = settings(host.member());
    Replica replica = host.replica(group.number());
    TreeSet<Long> known = new TreeSet<>();
    settings.initial().forEach(each -> known.add(each.id()));
    if (replica != null && replica.hasState()) {
      ReplicaStatus status = replica.status();
      if (!status.voters().isEmpty()) {
        known.retainAll(status.voters());
      }
      known.addAll(status.voters());
    }
    return known.stream().anyMatch(each -> wants(each) && each != host.member());
  }

  /** What isn't as it should be, in words. */
  String restless() {
    Host stays = stays();
    return stays != null
        ? "member %d was removed and runs on; wanted are %s%s"
            .formatted(stays.member(), roll, group.standing(world.hosts()))
        : "the members aren't those that are wanted: " + roll;
  }
}
