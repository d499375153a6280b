package io.quorate.node;

import io.quorate.raft.Standing;
import java.util.Map;
import java.util.TreeMap;

/**
 * Which peers don't take this member's directory for the one that they knew, and why. One is
 * enough: what a member once acknowledged, it must not contradict before anybody. Who is only told
 * that it was removed keeps its voice. Each takes its word back itself, when it meets this member
 * again and finds nothing wrong; a start forgets all. Nobody else's word is taken: see {@link
 * GroupReplica#regardedBy}.
 *
 * <p>Used on the group's loop.
 */
final class PeerStandings {
  private static final System.Logger LOG = System.getLogger(PeerStandings.class.getName());

  private final long group;
  private final TreeMap<Long, Regard> refusals = new TreeMap<>();

  PeerStandings(long group) {
    this.group = group;
  }

  /**
   * What all peers together make of this member.
   *
   * @param returning whether its directory has lost what it had, and says so
   */
  Standing standing(boolean returning) {
    for (Regard each : refusals.values()) {
      boolean forGood = each.kind() == Regard.Kind.NOT_THIS_MEMBER;
      if (!each.leavesVoice() && (!returning || forGood)) {
        return Standing.REFUSED;
      }
    }
    return returning ? Standing.RETURNING : Standing.GOOD;
  }

  /** Who refuses this member, and what to do about it; empty if nobody does. */
  String reason() {
    if (refusals.isEmpty()) {
      return "";
    }
    Map.Entry<Long, Regard> first = refusals.firstEntry();
    return "refused by member "
        + Long.toHexString(first.getKey())
        + ": "
        + first.getValue().reason();
  }

  /** A peer says what it makes of this member. */
  void regardedBy(long peer, Regard regard) {
    boolean before = refusals.isEmpty();
    if (regard.isWelcome()) {
      refusals.remove(peer);
    } else {
      refusals.put(peer, regard);
    }
    if (before && !refusals.isEmpty()) {
      LOG.log(
          System.Logger.Level.ERROR,
          "group="
              + group
              + (regard.leavesVoice() ? " " : " this member neither votes nor campaigns any more: ")
              + reason());
    } else if (!before && refusals.isEmpty()) {
      LOG.log(System.Logger.Level.INFO, "group=" + group + " no peer refuses this member any more");
    }
  }

  /** The group has agreed on this directory: who says otherwise hasn't heard of it yet. */
  void agreedOn() {
    refusals.values().removeIf(each -> each.kind() == Regard.Kind.ANOTHER_DIRECTORY);
  }
}
