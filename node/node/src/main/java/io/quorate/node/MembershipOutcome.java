package io.quorate.node;

/** What became of a change that the leader has judged. */
public sealed interface MembershipOutcome {
  /**
   * It is in force.
   *
   * @param member whom it concerned; of one that was added, its new id
   */
  record Done(long member) implements MembershipOutcome {}

  /** It took no effect, and won't. */
  record Rejected(MembershipRefusal why) implements MembershipOutcome {}
}
