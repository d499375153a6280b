package io.quorate.node;

import java.util.List;

/**
 * Who belongs to the cluster, as one replica knows it and has it changed. Every method is called on
 * the replica's loop, and every answer arrives there.
 */
public interface Membership {
  /** The members as this replica has them applied, in no particular order. */
  List<MemberInfo> members();

  /**
   * Has the cluster changed. Taken by any member, and carried out by the leader; answered when it
   * is in force here. It is done once or not at all, however often it had to be handed over; after
   * {@link Refusal#TIMED_OUT} it may be done yet.
   */
  void change(MembershipChange change, Reply<? super MembershipOutcome> reply);

  /** Has another voter lead; only the leader's own replica can. */
  void moveLeader(long target, Reply<? super LeadershipMove> reply);

  /** Whether this member only learns, and is to: it answers next to nothing then. */
  boolean isLearner();

  /**
   * Whether this member has the place that it is meant to have: not while one that is to vote still
   * catches up.
   */
  boolean isSettled();
}
