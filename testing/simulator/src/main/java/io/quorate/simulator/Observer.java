package io.quorate.simulator;

import io.quorate.base.Bytes;
import io.quorate.kv.AuthRequest;
import io.quorate.machine.Command;
import io.quorate.machine.CommandCodec;
import io.quorate.node.ReplicaStatus;
import io.quorate.raft.Configuration;
import io.quorate.raft.Role;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * Watches all members of a group at once, and knows what must hold between them: one leader a term,
 * one entry an index, one state an index, nothing taken back. What the first member applies is the
 * truth that all others must agree with.
 */
final class Observer {
  /** Tells of something that must never be. */
  interface Alarm {
    void violation(String what);

    /** A member begins with what is on its disk. */
    void begins(long member);

    /** A member comes to lead, who must have all that was applied anywhere by then. */
    void leads(long member, long applied, long appliedTerm);
  }

  private record Ballots(long voter, long term) {}

  private record Applied(long term, long hash, long member) {}

  /** Callers that may wait at one member: more than clients that ask one thing at a time make. */
  private static final int CALLS_MAX = 2_000;

  /** What may be on its way to a disk that is stopped for long. */
  private static final long LOG_BYTES_MAX = 16 << 20;

  private static final byte COMMAND = 0;
  private static final byte CONFIGURATION = 2;
  private static final byte CHANGE = 4;

  private final Alarm alarm;
  private final Truth truth;
  private final Roll roll;
  private final Rights rights;
  private final Milestones milestones;
  private final TreeMap<Long, Long> leaders = new TreeMap<>();
  private final TreeMap<Long, Applied> entries = new TreeMap<>();
  private final TreeMap<Long, Long> states = new TreeMap<>();

  /** For whom a member voted. */
  private final Map<Ballots, Long> votes = new HashMap<>();

  private final TreeMap<Long, Lead> leads = new TreeMap<>();
  private Configuration latest;
  private long digest;

  /**
   * @param founders who votes and who learns at first
   */
  Observer(
      Configuration founders,
      Truth truth,
      Roll roll,
      Rights rights,
      Milestones milestones,
      Alarm alarm) {
    this.latest = founders;
    this.milestones = milestones;
    this.truth = truth;
    this.roll = roll;
    this.rights = rights;
    this.alarm = alarm;
  }

  /** A member gives a vote: in a term never to two, whatever became of it meanwhile. */
  void gave(long voter, long candidate, Frames.Vote vote) {
    Long other = votes.putIfAbsent(new Ballots(voter, vote.term()), candidate);
    if (other != null && other != candidate) {
      alarm.violation(
          "member %d gave its vote of term %d to %d and to %d"
              .formatted(voter, vote.term(), other, candidate));
    }
  }

  /** Where a leader stood when it was last looked at. */
  private record Lead(Life life, long term, long lastIndex) {}

  /** A member stands so: what must hold of each by itself, at any time. */
  void stands(Life life, ReplicaStatus status) {
    long member = status.member();
    boolean resets = status.durableIndex() < status.firstIndex() - 1; // a state is adopted
    if (status.appliedIndex() > status.commitIndex()
        || (status.appliedIndex() > status.durableIndex() && !resets)
        || status.durableIndex() > status.lastIndex()) {
      alarm.violation("member " + member + " stands impossibly: " + status);
    }
    if (status.waitingCalls() > CALLS_MAX || status.waitingLogBytes() > LOG_BYTES_MAX) {
      alarm.violation("member " + member + " lets too much wait: " + status);
    }
    if (!status.isLeader()) {
      leads.remove(member);
      return;
    }
    Lead before = leads.put(member, new Lead(life, status.term(), status.lastIndex()));
    if (before != null
        && before.life() == life
        && before.term() == status.term()
        && before.lastIndex() > status.lastIndex()) {
      alarm.violation(
          "member %d leads term %d and has taken entries back, from %d to %d"
              .formatted(member, status.term(), before.lastIndex(), status.lastIndex()));
    }
  }

  /** A configuration is applied first: a joint one begins at the last, and ends in what it says. */
  void configured(long index, Configuration next) {
    boolean follows =
        next.isJoint()
            ? !latest.isJoint() && Arrays.equals(latest.voters(), next.outgoing())
            : Arrays.equals(latest.voters(), next.voters());
    if (!follows) {
      alarm.violation(
          "at %d the configuration becomes %s, after %s".formatted(index, next, latest));
    }
    latest = next;
    roll.configured(index, next);
    milestones.configured(next);
  }

  /** A command is applied first: it is carried out if who asks may ask that, at this place. */
  private void commanded(long index, long ofTerm, Command command) {
    if (rights.may(command.principal(), command.request())) {
      if (command.request() instanceof AuthRequest request) {
        rights.apply(index, request);
      }
      truth.apply(index, command.request(), ofTerm);
      milestones.commanded(command.request());
    }
  }

  /** Whether a member ever led. */
  boolean hasLed(long member) {
    return leaders.containsValue(member);
  }

  /** A sum over all that was observed, in order. */
  long digest() {
    return digest;
  }

  /** The last entry that anybody has applied. */
  long lastApplied() {
    return entries.isEmpty() ? 0 : entries.lastKey();
  }

  private void mix(long value) {
    digest = (digest ^ value) * 0x9e3779b97f4a7c15L;
    digest ^= digest >>> 29;
  }

  /** What one run of a member tells. */
  final class Run {
    private final long member;
    private long applied = -1;
    private long committed;
    private long term;
    private Role role = Role.FOLLOWER;
    private int begins;

    Run(long member) {
      this.member = member;
    }

    void begun() {
      if (begins++ > 0) {
        milestones.begunAnew();
      }
      applied = -1;
      committed = 0;
      alarm.begins(member);
    }

    /** How often the group has begun in it. */
    int begins() {
      return begins;
    }

    void restored(long index) {
      if (index < applied) {
        alarm.violation("member " + member + " went back from " + applied + " to " + index);
      }
      milestones.restored(index, applied >= 0);
      applied = index;
      mix(index);
    }

    void applied(long index, long ofTerm, byte kind, Bytes payload, long hash) {
      if (applied >= 0 && index != applied + 1) {
        alarm.violation("member " + member + " applied " + index + " after " + applied);
      }
      applied = index;
      mix(hash);
      Applied known = entries.get(index);
      if (known == null) {
        if (!entries.isEmpty() && index != entries.lastKey() + 1) {
          alarm.violation(
              "member " + member + " applied " + index + " before anybody applied what is before");
        }
        entries.put(index, new Applied(ofTerm, hash, member));
        milestones.applied(ofTerm, term, role);
        if (kind == COMMAND) {
          commanded(index, ofTerm, CommandCodec.decode(payload));
        } else if (kind == CONFIGURATION) {
          configured(index, Configuration.fromBytes(payload));
        } else if (kind == CHANGE) {
          roll.apply(index, payload);
        }
      } else if (known.term() != ofTerm || known.hash() != hash) {
        alarm.violation(
            "member %d applied at %d an entry of term %d, hash %x; member %d had one of %d, %x"
                .formatted(
                    member, index, ofTerm, hash, known.member(), known.term(), known.hash()));
      }
    }

    void settled(long index, long revision, long stateHash) {
      mix(stateHash);
      Long known = states.putIfAbsent(index, stateHash);
      if (known != null && known != stateHash) {
        alarm.violation(
            "member %d has another state at %d: revision %d".formatted(member, index, revision));
      }
    }

    void committed(long index) {
      if (index < committed) {
        alarm.violation("member " + member + " took back what was committed at " + committed);
      }
      committed = index;
    }

    void roleChanged(Role role, long newTerm, long leader) {
      mix(newTerm * 31 + (role == Role.LEADER ? 1 : 0));
      if (newTerm < term) {
        alarm.violation("member " + member + " went from term " + term + " to " + newTerm);
      }
      milestones.roleChanged(member, this.role, term, role, newTerm, leader);
      this.role = role;
      term = newTerm;
      if (role == Role.LEADER) {
        Long other = leaders.putIfAbsent(newTerm, member);
        if (other != null && other != member) {
          alarm.violation("members " + other + " and " + member + " both led term " + newTerm);
        }
        alarm.leads(
            member, lastApplied(), entries.isEmpty() ? 0 : entries.lastEntry().getValue().term());
      }
    }
  }
}
