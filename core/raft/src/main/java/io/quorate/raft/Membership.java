package io.quorate.raft;

import org.jspecify.annotations.Nullable;

/**
 * Changes of the configuration, by joint consensus (paper, 6; thesis, 4.3).
 *
 * <p>A configuration is in force from the moment it is in the log. A change of voters goes through
 * a joint one, in which both sets must agree; as soon as that is committed, the leader appends the
 * final one. A change of learners alone needs no joint step, since it moves no quorum. One change
 * at a time, and none before the leader has committed an entry of its own term.
 */
final class Membership {
  private final RaftCore core;
  private final MemberState s;

  Membership(RaftCore core) {
    this.core = core;
    this.s = core.s;
  }

  Reconfiguration change(long now, long expectedIndex, long[] voters, long[] learners) {
    Reconfiguration refused = refuses();
    if (refused != null) {
      return refused;
    }
    ConfigurationAt current = s.configurations.current();
    if (current.index() != expectedIndex) {
      return Reconfiguration.STALE;
    }
    if (!Configuration.valid(voters, learners)) {
      return Reconfiguration.INVALID;
    }
    Configuration next =
        Configuration.of(voters, learners).knowing(current.configuration().returnedShared());
    return changeTo(now, current, next);
  }

  /**
   * Takes a member in again, whose directory isn't the one that was known: as a learner, so that it
   * has no voice in what it has forgotten. Needs a quorum without it.
   */
  Reconfiguration takeIn(long now, Returned life) {
    Reconfiguration refused = refuses();
    if (refused != null) {
      return refused;
    }
    ConfigurationAt current = s.configurations.current();
    Configuration configuration = current.configuration();
    boolean lastVoter = configuration.voters().length == 1 && configuration.isVoter(life.member());
    if (!configuration.contains(life.member()) || life.member() == s.self || lastVoter) {
      return Reconfiguration.INVALID;
    }
    if (!core.canSpareThoseBehind(now)) {
      return Reconfiguration.NOT_READY;
    }
    return changeTo(now, current, current.configuration().takingIn(life));
  }

  private @Nullable Reconfiguration refuses() {
    if (!s.leads()) {
      return Reconfiguration.NOT_LEADER;
    }
    if (core.handover.underWay()) {
      return Reconfiguration.TRANSFERRING;
    }
    if (s.commit < s.leadershipIndex) {
      return Reconfiguration.NOT_READY;
    }
    ConfigurationAt current = s.configurations.current();
    if (current.index() > s.commit || current.configuration().isJoint()) {
      return Reconfiguration.IN_FLIGHT;
    }
    return null;
  }

  private Reconfiguration changeTo(long now, ConfigurationAt current, Configuration wanted) {
    Configuration next = wanted;
    if (next.equals(current.configuration())) {
      return Reconfiguration.UNCHANGED;
    }
    if (!next.sameVoters(current.configuration())) {
      next = current.configuration().joint(next);
      if (next.members().length > io.quorate.base.Limits.MEMBERS_MAX) {
        return Reconfiguration.INVALID;
      }
    }
    append(now, next);
    return Reconfiguration.ACCEPTED;
  }

  /**
   * Appends the final configuration, once the joint one is committed and the term's first entry.
   */
  void leaveJoint(long now) {
    ConfigurationAt current = s.configurations.current();
    if (s.leads()
        && current.configuration().isJoint()
        && current.index() <= s.commit
        && s.commit >= s.leadershipIndex) {
      append(now, current.configuration().left());
    }
  }

  private void append(long now, Configuration configuration) {
    long index = s.appendOwn(EntryKind.CONFIGURATION, configuration);
    s.configurations.append(index, configuration);
    s.configurationChanged(now);
  }

  /** A leader that the committed configuration gives no vote hands over, once all has been sent. */
  void resignIfRemoved(long now) {
    ConfigurationAt current = s.configurations.current();
    if (s.leads() && current.index() <= s.commit && !current.configuration().isVoter(s.self)) {
      core.election.resign(now, core.replication.bestSuccessor());
    }
  }
}
