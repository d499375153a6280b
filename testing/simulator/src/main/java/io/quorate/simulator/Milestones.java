package io.quorate.simulator;

import io.quorate.kv.CompactRequest;
import io.quorate.kv.KvRequest;
import io.quorate.raft.Configuration;
import io.quorate.raft.Role;
import java.util.TreeMap;
import java.util.TreeSet;

/** Notes which of the named situations the members get into, by what they tell of themselves. */
final class Milestones {
  private static final long SECOND = 1_000_000_000L;

  private final Coverage coverage;
  private final Timeline timeline;
  private Configuration configuration = Configuration.EMPTY;

  /** Who was ever out of the group that had been in it. */
  private final TreeSet<Long> removed = new TreeSet<>();

  /** Who led, and since when. */
  private record Lead(long member, long since) {}

  /** By term. */
  private final TreeMap<Long, Lead> leads = new TreeMap<>();

  /** Who campaigned last in which term. */
  private final TreeMap<Long, Long> candidates = new TreeMap<>();

  Milestones(Coverage coverage, Timeline timeline) {
    this.coverage = coverage;
    this.timeline = timeline;
  }

  /** A group begins again in a process that runs. */
  void begunAnew() {
    coverage.reached(Probe.BEGINS_ANEW);
  }

  /** A state is there that wasn't made by applying entries. */
  void restored(long index, boolean running) {
    if (running) {
      coverage.reached(Probe.STATE_FROM_PEER);
      coverage.reachedIf(configuration.isJoint(), Probe.STATE_WHILE_JOINT);
    } else {
      coverage.reached(index > 0 ? Probe.BEGINS_WITH_STATE : Probe.BEGINS_EMPTY);
    }
  }

  /** An entry is applied for the first time anywhere, by a member in this term and role. */
  void applied(long ofTerm, long term, Role role) {
    coverage.reachedIf(role != Role.LEADER, Probe.FOLLOWER_APPLIES_FIRST);
    coverage.reachedIf(term > ofTerm, Probe.OLD_ENTRY_APPLIED);
  }

  /** What was applied is a command. */
  void commanded(KvRequest request) {
    coverage.reachedIf(request instanceof CompactRequest, Probe.COMPACTED);
  }

  /** What was applied is a configuration. */
  void configured(Configuration next) {
    coverage.reachedIf(next.isJoint(), Probe.JOINT);
    coverage.reachedIf(!next.returned().isEmpty(), Probe.RETURNED);
    coverage.reachedIf(
        next.voters().length == 1 && configuration.voters().length > 1, Probe.ONE_VOTER_LEFT);
    if (!leads.isEmpty()) {
      coverage.reachedIf(
          !next.contains(leads.lastEntry().getValue().member()), Probe.LEADER_LEFT_OUT);
    }
    for (long member : next.members()) {
      coverage.reachedIf(removed.contains(member), Probe.MEMBER_BACK);
      coverage.reachedIf(
          configuration.isLearner(member) && next.isIncomingVoter(member), Probe.LEARNER_PROMOTED);
    }
    for (long member : configuration.members()) {
      coverage.reachedIf(
          configuration.isVoter(member) && next.isLearner(member), Probe.VOTER_DEMOTED);
      if (!next.contains(member)) {
        removed.add(member);
        coverage.reached(Probe.MEMBER_REMOVED);
      }
    }
    configuration = next;
  }

  /** A member has another role, term or leader than before. */
  void roleChanged(long member, Role was, long wasTerm, Role role, long term, long leader) {
    if (was == Role.LEADER && role != Role.LEADER) {
      coverage.reached(term == wasTerm ? Probe.LEADER_RESIGNS : Probe.LEADER_OVERTAKEN);
      coverage.reachedIf(configuration.isJoint(), Probe.LEADER_FALLS_WHILE_JOINT);
    }
    coverage.reachedIf(
        was == Role.CANDIDATE && role == Role.FOLLOWER && term == wasTerm && leader != 0,
        Probe.CANDIDATE_GIVES_WAY);
    if (role == Role.CANDIDATE) {
      Long other = candidates.put(term, member);
      coverage.reachedIf(other != null && other != member, Probe.RIVALS);
    }
    if (role == Role.LEADER && was != Role.LEADER) {
      leads(member, term);
    }
  }

  private void leads(long member, long term) {
    var before = leads.lowerEntry(term);
    if (before != null) {
      coverage.reachedIf(term > before.getKey() + 1, Probe.TERM_WITHOUT_LEADER);
      coverage.reachedIf(
          before.getValue().member() == member && term == before.getKey() + 1, Probe.LEADS_AGAIN);
    }
    coverage.reachedIf(term >= 10, Probe.TENTH_TERM);
    leads.put(term, new Lead(member, timeline.now()));
    TreeSet<Long> lately = new TreeSet<>();
    for (Lead each : leads.descendingMap().values()) {
      if (timeline.now() - each.since() >= 10 * SECOND) {
        break;
      }
      lately.add(each.member());
    }
    coverage.reachedIf(lately.size() >= 3, Probe.QUICK_LEADERS);
  }
}
