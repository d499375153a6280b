package io.quorate.node;

import io.quorate.base.Bytes;
import io.quorate.base.Limits;
import io.quorate.raft.Admission;
import io.quorate.raft.Configuration;
import io.quorate.raft.ConfigurationAt;
import io.quorate.raft.RaftCore;
import io.quorate.raft.Reconfiguration;
import io.quorate.raft.Returned;
import io.quorate.raft.Role;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Changes of membership, of one group: from the member that is asked to the leader, into the log,
 * and from there into the configuration.
 *
 * <p><b>Asked.</b> The member hands its oldest change to the leader, again and again, until it
 * finds it applied and in force here. The {@link Roster} remembers the last change of each member,
 * so it is done once however often it was handed over.
 *
 * <p><b>Judged.</b> The leader looks at a change only when everything that was in its log when it
 * came is applied: an earlier copy would be among that. Then the rules ({@link ChangeRules}) are
 * asked, and a change that they refuse gets into nobody's log; so "refused" is certain. A removal
 * waits until a quorum of those that it leaves was heard since it came. A copy that comes later in
 * the same term gets the same answer, and one that was meant for another term none.
 *
 * <p><b>Brought about.</b> The roster says who is wanted. The leader brings the configuration after
 * it: who is new begins as a learner, whom {@link Returns} gives a vote if it shall have one and
 * keeps up; who is gone leaves.
 *
 * <p>Used on the loop.
 */
final class Changes implements Membership {
  private static final System.Logger LOG = System.getLogger(Changes.class.getName());

  /** How long the leader may say nothing before a change is handed to it again. */
  private static final long AGAIN_NANOS = 500_000_000L;

  private record Waiting(
      AskedChange asked, Reply<? super MembershipOutcome> reply, long deadline) {}

  /** A change that came to this leader at a time, when its log ended at {@code mark}. */
  private record Arrived(AskedChange asked, long mark, long at) {}

  /** The last verdict on a member's changes in this term; null for a change that was proposed. */
  private record Verdict(AskedChange asked, @Nullable MembershipRefusal refusal) {}

  private record Move(long target, long deadline, Reply<? super LeadershipMove> reply) {}

  private final GroupReplica replica;
  private final Node node;
  private final GroupEffects effects;
  private final FrameWriter frames = new FrameWriter();
  private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();
  private long lastSequence;
  private long handedOver = Long.MIN_VALUE;

  // As leader, in one term.
  private final ArrayDeque<Arrived> arrived = new ArrayDeque<>();
  private final TreeMap<Long, Verdict> verdicts = new TreeMap<>();
  private long leadsTerm;
  private long proposedIndex;

  /** Whether the configuration may not be as the roster wants it. */
  private boolean restless = true;

  private long seenVersion = -1;
  private @Nullable Move move;

  /** When a learner that shall promote itself asks next. */
  private long nextAsk;

  Changes(GroupReplica replica, Node node, GroupEffects effects) {
    this.replica = replica;
    this.node = node;
    this.effects = effects;
  }

  private RaftCore core() {
    return replica.core();
  }

  private Roster roster() {
    return replica.applier().roster();
  }

  /** The configuration as far as it is applied here. */
  private Configuration applied() {
    return core().configurationAt(replica.applier().applied()).configuration();
  }

  // ---- what callers see ------------------------------------------------------------------------

  @Override
  public List<MemberInfo> members() {
    Configuration configuration = applied();
    Roster roster = roster();
    TreeSet<Long> ids = new TreeSet<>(roster.wanted().keySet());
    for (long id : configuration.members()) {
      ids.add(id);
    }
    List<MemberInfo> members = new ArrayList<>();
    for (long id : ids) {
      if (!roster.isGone(id) || configuration.contains(id)) {
        members.add(node.member(id, learns(id, configuration)));
      }
    }
    return List.copyOf(members);
  }

  /** Whether a member is to learn only: not so one that lost what it had and gets its vote back. */
  private boolean learns(long id, Configuration configuration) {
    Boolean wanted = roster().wanted().get(id);
    if (wanted != null) {
      return wanted;
    }
    Returned returned = configuration.returned(id);
    return configuration.isLearner(id) && (returned == null || !returned.votes());
  }

  @Override
  public boolean isSettled() {
    long self = node.member();
    return applied().isIncomingVoter(self) || !roster().shallVote(self);
  }

  @Override
  public boolean isLearner() {
    long self = node.member();
    return core().configuration().configuration().isLearner(self) && !roster().shallVote(self);
  }

  @Override
  public void change(MembershipChange change, Reply<? super MembershipOutcome> reply) {
    Refusal closed = replica.closed();
    if (closed != null || waiting.size() >= Limits.MEMBERSHIP_CHANGES_MAX) {
      replica.answers().refused(reply, closed != null ? closed : Refusal.OVERLOADED);
      return;
    }
    long member =
        switch (change) {
          case MembershipChange.Add _ -> newId();
          case MembershipChange.Remove(long id) -> id;
          case MembershipChange.Update(long id, List<String> _) -> id;
          case MembershipChange.Promote(long id) -> id;
        };
    if (member == 0) {
      replica.answers().done(reply, new MembershipOutcome.Rejected(MembershipRefusal.NOT_FOUND));
      return;
    }
    AskedChange asked =
        new AskedChange(node.member(), replica.life(), ++lastSequence, member, change);
    if (!ChangeRules.canBeReached(asked)) {
      replica.answers().done(reply, new MembershipOutcome.Rejected(MembershipRefusal.BAD_URLS));
      return;
    }
    waiting.add(new Waiting(asked, reply, deadline()));
    handedOver = Long.MIN_VALUE;
    node.dirty(replica);
  }

  private long newId() {
    long id = node.env().random();
    while (id == 0 || roster().isGone(id) || roster().wanted().containsKey(id)) {
      id = node.env().random();
    }
    return id;
  }

  @Override
  public void moveLeader(long target, Reply<? super LeadershipMove> reply) {
    Refusal closed = replica.closed();
    if (closed != null || move != null) {
      replica.answers().refused(reply, closed != null ? closed : Refusal.OVERLOADED);
      return;
    }
    LeadershipMove answer =
        switch (core().transfer(node.env().loop().now(), target)) {
          case STARTED, IN_FLIGHT -> null;
          case NOT_LEADER -> LeadershipMove.NOT_LEADER;
          case NOT_A_VOTER -> LeadershipMove.BAD_TARGET;
          case ALREADY_LEADER -> LeadershipMove.MOVED;
          case UNREACHABLE -> LeadershipMove.NOT_TAKEN;
        };
    if (answer != null) {
      replica.answers().done(reply, answer);
    } else {
      move = new Move(target, deadline(), reply);
    }
    node.dirty(replica);
  }

  private long deadline() {
    return node.env().loop().now() + node.settings().requestTimeoutNanos();
  }

  // ---- the turn --------------------------------------------------------------------------------

  /** The first half of a turn's end: what is to be proposed or handed over. */
  void propose(long now) {
    if (core().role() == Role.LEADER) {
      lead();
      judge(now);
      reconcile(now);
    }
    Waiting first = waiting.peek();
    boolean late = handedOver == Long.MIN_VALUE || now - handedOver >= AGAIN_NANOS;
    if (first != null && late && core().leader() != 0) {
      handedOver = now;
      if (core().role() == Role.LEADER) {
        arrive(first.asked());
        judge(now);
      } else {
        Bytes frame =
            frames
                .begin(FrameType.MEMBERSHIP_ASKED, replica.group())
                .u64(core().term())
                .bytes(first.asked().encode())
                .toBytes();
        send(core().leader(), frame);
      }
    }
  }

  /** The second half: who waits for what has been applied, and is in force. */
  void applied(long now) {
    if (seenVersion != roster().version()) {
      seenVersion = roster().version();
      restless = true;
      replica.returns().lookSoon();
    }
    for (Waiting first = waiting.peek(); first != null; first = waiting.peek()) {
      if (!isKnownDone(first.asked()) || !isInForce(first.asked())) {
        break;
      }
      waiting.remove();
      handedOver = Long.MIN_VALUE;
      replica.answers().done(first.reply(), new MembershipOutcome.Done(first.asked().member()));
      node.dirty(replica);
    }
    Configuration configuration = applied();
    long self = node.member();
    if (roster().isGone(self) && !configuration.contains(self)) {
      removed("it was removed by an operator");
    } else if (node.settings().membership().promotesItself()
        && configuration.isLearner(self)
        && now - nextAsk >= 0) {
      promoteSelf(now);
    }
  }

  /** Of who is gone itself no change is remembered; but a removal shows. */
  private boolean isKnownDone(AskedChange asked) {
    return roster().isGone(node.member())
        ? asked.change() instanceof MembershipChange.Remove(long id) && roster().isGone(id)
        : roster().hasSeen(asked);
  }

  private boolean isInForce(AskedChange asked) {
    Configuration configuration = applied();
    long member = asked.member();
    return switch (asked.change()) {
      case MembershipChange.Add _ -> configuration.contains(member) || roster().isGone(member);
      case MembershipChange.Update _ -> true;
      case MembershipChange.Remove _ -> !configuration.contains(member);
      case MembershipChange.Promote _ ->
          (configuration.isIncomingVoter(member) && !configuration.isJoint())
              || roster().isGone(member);
    };
  }

  /** A learner that shall promote itself asks as an operator would, until it is told yes. */
  private void promoteSelf(long now) {
    nextAsk = now + Limits.SELF_PROMOTION_NANOS;
    if (waiting.isEmpty() && replica.applier().applied() >= core().commitIndex()) {
      change(
          new MembershipChange.Promote(node.member()),
          new Reply<>() {
            @Override
            public void done(MembershipOutcome outcome) {
              LOG.log(
                  System.Logger.Level.INFO,
                  "group={0} this learner has asked for its promotion: {1}",
                  replica.group(),
                  outcome);
            }

            @Override
            public void refused(Refusal why) {} // it asks again
          });
    }
  }

  /** Time has passed. */
  void tick(long now) {
    Refusal why = core().leader() != 0 ? Refusal.TIMED_OUT : Refusal.TIMED_OUT_LEADER_LOST;
    for (Waiting first = waiting.peek();
        first != null && first.deadline() - now <= 0;
        first = waiting.peek()) {
      waiting.remove();
      handedOver = Long.MIN_VALUE;
      replica.answers().refused(first.reply(), why);
    }
    Move moving = move;
    if (moving != null && moving.deadline() - now <= 0) {
      move = null;
      replica.answers().refused(moving.reply(), Refusal.TIMED_OUT);
    }
  }

  /** Whether {@link #tick} has something to look for. */
  boolean isBusy() {
    return !waiting.isEmpty() || move != null || !arrived.isEmpty();
  }

  void refuseAll(Refusal why) {
    for (Waiting each = waiting.poll(); each != null; each = waiting.poll()) {
      replica.answers().refused(each.reply(), why);
    }
    Move moving = move;
    if (moving != null) {
      move = null;
      replica.answers().refused(moving.reply(), why);
    }
  }

  // ---- the leader ------------------------------------------------------------------------------

  /** Another role, term or leader. */
  void leaderChanged(long leader) {
    handedOver = Long.MIN_VALUE;
    restless = true;
    if (leader != node.member()) {
      arrived.clear(); // whoever asked asks the next leader
    }
    Move moving = move;
    if (moving != null && leader != 0 && leader != node.member()) {
      move = null;
      if (leader == moving.target()) {
        replica.answers().done(moving.reply(), LeadershipMove.MOVED);
      } else {
        replica.answers().refused(moving.reply(), Refusal.LEADER_CHANGED);
      }
    }
  }

  /** The target of a hand-over didn't take it. */
  void transferFailed() {
    Move moving = move;
    if (moving != null) {
      move = null;
      replica.answers().done(moving.reply(), LeadershipMove.NOT_TAKEN);
    }
  }

  private void lead() {
    if (leadsTerm != core().term()) {
      leadsTerm = core().term();
      arrived.clear();
      verdicts.clear();
      proposedIndex = 0;
    }
  }

  /** A change that another member was asked for, or word that it was refused. */
  void receive(long from, FrameType type, FrameReader in) throws FrameReader.Malformed {
    if (type == FrameType.MEMBERSHIP_ASKED) {
      long term = in.u64();
      AskedChange asked = AskedChange.decode(in.bytes().compact());
      in.end();
      if (asked.origin() != from || !ChangeRules.canBeReached(asked)) {
        throw new FrameReader.Malformed(
            "a change of membership that is not its sender's: " + asked);
      }
      if (core().role() == Role.LEADER && core().term() == term) {
        lead();
        arrive(asked);
      }
      return;
    }
    long life = in.u64();
    long sequence = in.u64();
    MembershipRefusal why = MembershipRefusal.of(in.u8());
    in.end();
    if (life == replica.life()) {
      refused(sequence, why);
    }
  }

  private void arrive(AskedChange asked) {
    Verdict verdict = verdicts.get(asked.origin());
    if (verdict != null
        && verdict.asked().isOfRun(asked)
        && verdict.asked().sequence() >= asked.sequence()) {
      if (verdict.refusal() != null && verdict.asked().sequence() == asked.sequence()) {
        answer(asked, verdict.refusal());
      }
      return; // it is in the log
    }
    boolean known = arrived.stream().anyMatch(each -> each.asked().equals(asked));
    if (!known && arrived.size() < Limits.MEMBERSHIP_CHANGES_MAX) {
      arrived.add(new Arrived(asked, core().lastIndex(), node.env().loop().now()));
    }
  }

  private void judge(long now) {
    for (Iterator<Arrived> each = arrived.iterator(); each.hasNext(); ) {
      Arrived next = each.next();
      long applied = replica.applier().applied();
      boolean allSeen = applied >= Math.max(next.mark(), proposedIndex);
      if (!allSeen || core().commitIndex() < core().leadershipIndex()) {
        return;
      }
      if (roster().hasSeen(next.asked())) {
        each.remove();
        continue;
      }
      ChangeRules rules = new ChangeRules(node, core(), roster(), members(), now);
      MembershipRefusal refusal = rules.judge(next.asked());
      if (refusal == null && rules.mustHearFirst(next.asked(), next.at())) {
        return;
      }
      if (refusal == null) {
        Bytes payload = next.asked().encode();
        if (core().propose(now, payload.length()) != Admission.ADMITTED) {
          return; // no room, or a hand-over is under way
        }
        proposedIndex = core().lastIndex();
        effects.appended(proposedIndex, core().term(), Applier.CHANGE_KIND, payload);
      } else {
        answer(next.asked(), refusal);
      }
      verdicts.put(next.asked().origin(), new Verdict(next.asked(), refusal));
      each.remove();
    }
  }

  private void answer(AskedChange asked, MembershipRefusal why) {
    if (asked.origin() == node.member()) {
      refused(asked.sequence(), why);
    } else {
      Bytes frame =
          frames
              .begin(FrameType.MEMBERSHIP_REFUSED, replica.group())
              .u64(asked.life())
              .u64(asked.sequence())
              .u8(why.code)
              .toBytes();
      send(asked.origin(), frame);
    }
  }

  private void refused(long sequence, MembershipRefusal why) {
    Waiting first = waiting.peek();
    if (first != null && first.asked().sequence() == sequence) {
      waiting.remove();
      handedOver = Long.MIN_VALUE;
      replica.answers().done(first.reply(), new MembershipOutcome.Rejected(why));
      node.dirty(replica);
    }
  }

  /** What doesn't get off is sent again: see {@link #AGAIN_NANOS}. */
  private void send(long to, Bytes frame) {
    var _ = node.env().transport().send(to, Transport.Lane.CONSENSUS, frame, Bytes.EMPTY);
  }

  /** Brings the configuration after the roster, but for votes: those {@link Returns} gives. */
  private void reconcile(long now) {
    ConfigurationAt current = core().configuration();
    Configuration configuration = current.configuration();
    if (!restless || configuration.isJoint() || current.index() > core().commitIndex()) {
      return;
    }
    SortedSet<Long> voters = ids(configuration.voters());
    SortedSet<Long> learners = ids(configuration.learners());
    for (Map.Entry<Long, Boolean> each : roster().wanted().entrySet()) {
      if (!configuration.contains(each.getKey())) {
        learners.add(each.getKey());
      }
    }
    voters.removeIf(roster()::isGone);
    learners.removeIf(roster()::isGone);
    if (voters.isEmpty()) {
      return;
    }
    Reconfiguration outcome =
        core().reconfigure(now, current.index(), array(voters), array(learners));
    if (outcome == Reconfiguration.ACCEPTED) {
      LOG.log(
          System.Logger.Level.INFO,
          "group={0} the members change to {1}",
          replica.group(),
          core().configuration().configuration());
      node.dirty(replica);
    } else if (outcome == Reconfiguration.UNCHANGED || outcome == Reconfiguration.INVALID) {
      restless = false;
    }
  }

  private static SortedSet<Long> ids(long[] from) {
    TreeSet<Long> ids = new TreeSet<>();
    for (long id : from) {
      ids.add(id);
    }
    return ids;
  }

  private static long[] array(SortedSet<Long> ids) {
    return ids.stream().mapToLong(Long::longValue).toArray();
  }

  // ---- the end of a membership -----------------------------------------------------------------

  /** Peers say, or the state does, that this member belongs no more. */
  void removed(String why) {
    for (Waiting first = waiting.peek();
        first != null
            && first.asked().member() == node.member()
            && first.asked().change() instanceof MembershipChange.Remove;
        first = waiting.peek()) {
      waiting.remove();
      replica.answers().done(first.reply(), new MembershipOutcome.Done(node.member()));
    }
    node.removed(why);
  }
}
