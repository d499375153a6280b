package io.quorate.node;

import io.quorate.base.Checks;

/**
 * What a member is told about changes of membership. The leader's settings are those that count.
 *
 * @param strict whether changes are refused that would leave a cluster without a quorum, as far as
 *     can be told; etcd's {@code --strict-reconfig-check}
 * @param learnersMax members that may be learners at a time; etcd's {@code --max-learners}
 * @param promotesItself whether this member, as long as it is a learner, asks for a vote when it
 *     has caught up
 * @param alone whether this member makes itself a cluster of one before it begins; etcd's {@code
 *     --force-new-cluster}
 * @param logClusterId the cluster that the directory was begun in, if its member has been made
 *     another cluster since; else 0
 */
public record MembershipSettings(
    boolean strict, int learnersMax, boolean promotesItself, boolean alone, long logClusterId) {
  /** Etcd's defaults. */
  public static final MembershipSettings DEFAULT = new MembershipSettings(true, 1, false, false, 0);

  /** Checks the bound. */
  public MembershipSettings {
    Checks.that(learnersMax >= 0, "learnersMax=%d", learnersMax);
  }
}
