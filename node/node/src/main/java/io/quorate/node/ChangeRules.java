package io.quorate.node;

import io.quorate.base.Limits;
import io.quorate.raft.Configuration;
import io.quorate.raft.PeerStatus;
import io.quorate.raft.RaftCore;
import io.quorate.raft.Returned;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Which changes of membership a leader takes, at one moment: etcd's rules, in etcd's order. Two are
 * stricter: a change after which those who answer were no quorum is refused whoever leaves, and a
 * member whose vote is being given back is promoted by nobody else.
 *
 * @param members as operators see them
 * @param now monotonic nanoseconds
 */
record ChangeRules(Node node, RaftCore core, Roster roster, List<MemberInfo> members, long now) {
  /** Whether the URLs of a change name addresses, and are few and short enough to be kept. */
  static boolean canBeReached(AskedChange asked) {
    List<String> urls =
        switch (asked.change()) {
          case MembershipChange.Add(List<String> each, boolean _) -> each;
          case MembershipChange.Update(long _, List<String> each) -> each;
          case MembershipChange.Remove _, MembershipChange.Promote _ -> null;
        };
    return urls == null
        || (!urls.isEmpty()
            && urls.stream().allMatch(each -> PeerUrls.address(each) != null)
            && asked.encode().length() <= Limits.MEMBER_RECORD_BYTES_MAX);
  }

  /** Why a change may not be; null if it may. */
  @Nullable MembershipRefusal judge(AskedChange asked) {
    long member = asked.member();
    MemberInfo known = find(member);
    return switch (asked.change()) {
      case MembershipChange.Add(List<String> urls, boolean learner) ->
          known != null || roster.isGone(member)
              ? MembershipRefusal.ID_EXISTS
              : judgeAdd(member, urls, learner);
      case MembershipChange.Remove _ -> known == null ? NOT_FOUND : judgeRemove(known);
      case MembershipChange.Update(long _, List<String> urls) ->
          known == null ? NOT_FOUND : isUsed(urls, member) ? MembershipRefusal.URLS_EXIST : null;
      case MembershipChange.Promote _ -> known == null ? NOT_FOUND : judgePromote(known);
    };
  }

  private static final MembershipRefusal NOT_FOUND = MembershipRefusal.NOT_FOUND;

  private @Nullable MembershipRefusal judgeAdd(long member, List<String> urls, boolean learner) {
    if (strict()) {
      boolean firstOther = votingStarted(0) == 1 && voting(0) == 1; // etcd lets a lone member grow
      if (!learner && !firstOther && votingStarted(0) < quorum(voting(0) + 1)) {
        return MembershipRefusal.NOT_ENOUGH_STARTED;
      }
      if (!voters(0).allMatch(each -> isReached(each.id()))) {
        return MembershipRefusal.UNHEALTHY;
      }
    }
    if (isUsed(urls, member)) {
      return MembershipRefusal.URLS_EXIST;
    }
    int learnersMax = node.settings().membership().learnersMax();
    if (learner && members.stream().filter(MemberInfo::learner).count() >= learnersMax) {
      return MembershipRefusal.TOO_MANY_LEARNERS;
    }
    return members.size() >= Limits.MEMBERS_MAX ? MembershipRefusal.TOO_MANY_MEMBERS : null;
  }

  private @Nullable MembershipRefusal judgeRemove(MemberInfo known) {
    long member = known.id();
    long[] left = left(member);
    if (left.length == 0) {
      return MembershipRefusal.NOT_ENOUGH_STARTED;
    }
    if (known.learner() || !strict()) {
      return null;
    }
    if (votingStarted(member) < quorum(voting(member))) {
      return MembershipRefusal.NOT_ENOUGH_STARTED;
    }
    // Who can't be reached is no part of the quorum that there is, nor who answers nothing.
    boolean spared = !isReached(member);
    long reached = Arrays.stream(left).filter(this::answers).count();
    return spared || reached >= quorum(left.length) ? null : MembershipRefusal.UNHEALTHY;
  }

  /** Who votes without a member, and without those that are on their way out. */
  private long[] left(long member) {
    return Arrays.stream(configuration().voters())
        .filter(id -> id != member && !roster.isGone(id))
        .toArray();
  }

  /**
   * Whether a change that {@link #judge} takes waits for word from those that it leaves: who was
   * heard lately may be gone since, and without a quorum of them there would be no way back.
   *
   * @param since when the change came
   */
  boolean mustHearFirst(AskedChange asked, long since) {
    long member = asked.member();
    if (!(asked.change() instanceof MembershipChange.Remove)
        || !strict()
        || !configuration().isVoter(member)
        || !isReached(member)) {
      return false;
    }
    long[] left = left(member);
    long heard = Arrays.stream(left).filter(id -> answers(id) && isHeardSince(id, since)).count();
    return heard < quorum(left.length);
  }

  private @Nullable MembershipRefusal judgePromote(MemberInfo known) {
    if (!known.learner()) {
      return MembershipRefusal.NOT_A_LEARNER;
    }
    Returned returned = configuration().returned(known.id());
    PeerStatus status = status(known.id());
    boolean near =
        status != null
            && isReached(known.id())
            && status.state() == PeerStatus.Supply.REPLICATE
            && status.match() * 10 >= core.lastIndex() * 9; // etcd's 90 %
    if (!near || (returned != null && returned.votes())) {
      return MembershipRefusal.LEARNER_NOT_READY;
    }
    boolean started = votingStarted(0) + 1 >= quorum(voting(0) + 1);
    return strict() && !started ? MembershipRefusal.NOT_ENOUGH_STARTED : null;
  }

  private boolean strict() {
    return node.settings().membership().strict();
  }

  private Configuration configuration() {
    return core.configuration().configuration();
  }

  private @Nullable MemberInfo find(long member) {
    return members.stream()
        .filter(each -> each.id() == member && !roster.isGone(member))
        .findFirst()
        .orElse(null);
  }

  private boolean isUsed(List<String> urls, long but) {
    return members.stream()
        .anyMatch(each -> each.id() != but && each.peerUrls().stream().anyMatch(urls::contains));
  }

  private int voting(long but) {
    return (int) voters(but).count();
  }

  private int votingStarted(long but) {
    return (int) voters(but).filter(each -> !each.name().isEmpty()).count();
  }

  private Stream<MemberInfo> voters(long but) {
    return members.stream()
        .filter(each -> !each.learner() && each.id() != but && !roster.isGone(each.id()));
  }

  private static int quorum(int of) {
    return of / 2 + 1;
  }

  /** Whether a member is this one, or was heard of lately on a conversation that stands. */
  private boolean isReached(long member) {
    PeerStatus status = status(member);
    return member == node.member()
        || (status != null
            && node.conversations().standsWith(member)
            && status.silentNanos() < 2 * node.settings().electionNanos());
  }

  /**
   * Whether a member is this one, or is reached, in the directory that the group knows, and has
   * acknowledged something to this leader.
   */
  private boolean answers(long member) {
    PeerStatus status = status(member);
    return isReached(member) && (status == null || (status.connected() && status.match() > 0));
  }

  private boolean isHeardSince(long member, long since) {
    PeerStatus status = status(member);
    return status == null || status.silentNanos() < now - since;
  }

  private @Nullable PeerStatus status(long member) {
    return core.peers(now).stream()
        .filter(each -> each.member() == member)
        .findFirst()
        .orElse(null);
  }
}
