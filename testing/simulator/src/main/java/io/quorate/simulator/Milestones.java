package io.quorate.simulator;

import io.quorate.base.Bytes;
import io.quorate.kv.CompactRequest;
import io.quorate.machine.CommandCodec;
import io.quorate.raft.Configuration;
import io.quorate.raft.Role;
import java.util.TreeMap;
import java.util.TreeSet;

/** Notes which of the named situations the members get into, by what they tell of themselves. */
final class Milestones {
  private static final byte COMMAND = 0;
  private static final byte CONFIGURATION = 2;
  private static final long SECOND = 1_000_000_000L;

  private final Coverage coverage;
  private final Timeline timeline;
  private Configuration configuration = Configuration.EMPTY;

  /** Who was ever out of the group that had been in it. */
  private final TreeSet<Long> removed = new TreeSet<>();

  /** Who led which term, and since when. */
  private final TreeMap<Long, Long> leaders = new TreeMap<>();

  private final TreeMap<Long, Long> since = new TreeMap<>();

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
      probe(configuration.isJoint(), Probe.STATE_WHILE_JOINT);
    } else {
      coverage.reached(index > 0 ? Probe.BEGINS_WITH_STATE : Probe.BEGINS_EMPTY);
    }
  }

  /** An entry is applied for the first time anywhere, by a member in this term and role. */
  void applied(long ofTerm, byte kind, Bytes payload, long term, Role role) {
    probe(role != Role.LEADER, Probe.FOLLOWER_APPLIES_FIRST);
    probe(term > ofTerm, Probe.OLD_ENTRY_APPLIED);
    if (kind == COMMAND) {
      probe(CommandCodec.decode(payload).request() instanceof CompactRequest, Probe.COMPACTED);
    } else if (kind == CONFIGURATION) {
      changed(Configuration.fromBytes(payload));
    }
  }

  private void changed(Configuration next) {
    probe(next.isJoint(), Probe.JOINT);
    probe(!next.returned().isEmpty(), Probe.RETURNED);
    probe(next.voters().length == 1 && configuration.voters().length > 1, Probe.ONE_VOTER_LEFT);
    if (!leaders.isEmpty()) {
      probe(!next.contains(leaders.lastEntry().getValue()), Probe.LEADER_LEFT_OUT);
    }
    for (long member : next.members()) {
      probe(removed.contains(member), Probe.MEMBER_BACK);
      probe(
          configuration.isLearner(member) && next.isIncomingVoter(member), Probe.LEARNER_PROMOTED);
    }
    for (long member : configuration.members()) {
      probe(configuration.isVoter(member) && next.isLearner(member), Probe.VOTER_DEMOTED);
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
      probe(configuration.isJoint(), Probe.LEADER_FALLS_WHILE_JOINT);
    }
    probe(
        was == Role.CANDIDATE && role == Role.FOLLOWER && term == wasTerm && leader != 0,
        Probe.CANDIDATE_GIVES_WAY);
    if (role == Role.CANDIDATE) {
      Long other = candidates.put(term, member);
      probe(other != null && other != member, Probe.RIVALS);
    }
    if (role == Role.LEADER && was != Role.LEADER) {
      leads(member, term);
    }
  }

  private void leads(long member, long term) {
    var before = leaders.lowerEntry(term);
    if (before != null) {
      probe(term > before.getKey() + 1, Probe.TERM_WITHOUT_LEADER);
      probe(before.getValue() == member && term == before.getKey() + 1, Probe.LEADS_AGAIN);
    }
    probe(term >= 10, Probe.TENTH_TERM);
    leaders.put(term, member);
    since.put(term, timeline.now());
    TreeSet<Long> lately = new TreeSet<>();
    since.forEach((of, at) -> {
      Long who = leaders.get(of);
      if (who != null && timeline.now() - at < 10 * SECOND) {
        lately.add(who);
      }
    });
    probe(lately.size() >= 3, Probe.QUICK_LEADERS);
  }

  private void probe(boolean holds, Probe probe) {
    if (holds) {
      coverage.reached(probe);
    }
  }
}
