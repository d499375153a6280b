package io.quorate.node;

import java.util.List;

/** What an operator may want changed about who belongs to the cluster. */
public sealed interface MembershipChange {
  /**
   * A new member, under an id that nobody ever had. One that is to vote gets its vote when it has
   * caught up, so that the cluster's quorum never waits for a process that hasn't started.
   *
   * @param peerUrls where it will be reached
   * @param learner whether it stays without a vote until it is promoted
   */
  record Add(List<String> peerUrls, boolean learner) implements MembershipChange {
    /** Each URL once, in order. */
    public Add {
      peerUrls = peerUrls.stream().distinct().sorted().toList();
    }
  }

  /** A member leaves for good: its id never comes back. */
  record Remove(long member) implements MembershipChange {}

  /** A member is reached elsewhere from now on. */
  record Update(long member, List<String> peerUrls) implements MembershipChange {
    /** Each URL once, in order. */
    public Update {
      peerUrls = peerUrls.stream().distinct().sorted().toList();
    }
  }

  /** A learner gets a vote. */
  record Promote(long member) implements MembershipChange {}
}
