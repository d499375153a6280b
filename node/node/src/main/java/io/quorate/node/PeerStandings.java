package io.quorate.node;

import io.quorate.raft.Standing;
import java.util.Map;
import java.util.TreeMap;

/**
 * Which peers don't take this member's directory for the one that they knew, and why. One is
 * enough: what a member once acknowledged, it must not contradict before anybody. Each takes its
 * word back itself, when it meets this member again and finds nothing wrong; a start forgets all.
 * Nobody else's word is taken: see {@link GroupReplica#regardedBy}.
 *
 * <p>Used on the group's loop.
 */
final class PeerStandings {
  private static final System.Logger LOG = System.getLogger(PeerStandings.class.getName());

  private final long group;
  private final TreeMap<Long, String> refusals = new TreeMap<>();

  PeerStandings(long group) {
    this.group = group;
  }

  /** What all peers together make of this member. */
  Standing standing() {
    return refusals.isEmpty() ? Standing.GOOD : Standing.REFUSED;
  }

  /** Who refuses this member, and what to do about it; empty if nobody does. */
  String reason() {
    if (refusals.isEmpty()) {
      return "";
    }
    Map.Entry<Long, String> first = refusals.firstEntry();
    return "refused by member " + Long.toHexString(first.getKey()) + ": " + first.getValue();
  }

  /**
   * A peer says what it makes of this member.
   *
   * @param reason why it has no voice; empty if it has one
   * @return whether the standing changed by it
   */
  boolean regardedBy(long peer, String reason) {
    Standing before = standing();
    if (reason.isEmpty()) {
      refusals.remove(peer);
    } else {
      refusals.put(peer, reason);
    }
    if (standing() == before) {
      return false;
    }
    if (before == Standing.GOOD) {
      LOG.log(
          System.Logger.Level.ERROR,
          "group=" + group + " this member neither votes nor campaigns any more: " + reason());
    } else {
      LOG.log(System.Logger.Level.INFO, "group=" + group + " no peer refuses this member any more");
    }
    return true;
  }
}
