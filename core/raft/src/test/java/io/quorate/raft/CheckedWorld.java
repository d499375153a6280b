package io.quorate.raft;

import io.quorate.base.Checks;
import io.quorate.base.Hash64;
import java.util.ArrayList;
import java.util.List;

/**
 * Some members, what is under way between them, and what may still happen: one state of the
 * exhaustive check. {@link #actions} lists every step that is possible; {@link #after} takes one
 * and gives the next state, in which all that must hold has been checked.
 *
 * <p>Between two members messages keep their order, as on a connection, but may stay undelivered
 * for ever; a few may be dropped, repeated, or overtake older ones.
 */
final class CheckedWorld {
  /** What may happen, and how often. */
  @SuppressWarnings("ArrayRecordComponent") // never compared, never changed
  record Bounds(
      String name,
      long[] founders,
      long[] members,
      int termMax,
      int campaigns,
      int proposals,
      int crashes,
      int losses,
      int forgettings,
      int duplicates,
      int drops,
      int overtakings,
      int fullQueues,
      int heartbeats,
      boolean asynchronousWrites,
      boolean preVote,
      long[] reconfigureTo,
      int trims,
      int reads,
      int messagesMax) {}

  static final int CAMPAIGN = 1;
  static final int DELIVER = 2;
  static final int DUPLICATE = 3;
  static final int DROP = 4;
  static final int PROPOSE = 5;
  static final int COMPLETE = 6;
  static final int CRASH = 7;
  static final int HEARTBEAT = 8;
  static final int RECONFIGURE = 9;
  static final int TRIM = 10;
  static final int RECEIVE = 11;
  static final int READ = 12;
  static final int OVERTAKE = 13;
  static final int QUEUE_FULL = 14;
  static final int LOSE = 15;
  static final int FORGET = 16;
  static final int HEAR = 17;

  private final Bounds bounds;
  private final CheckedMember[] members;
  private Envelope[] network = new Envelope[0];
  private int campaigns;
  private int proposals;
  private int crashes;
  private int losses;
  private int forgettings;
  private int duplicates;
  private int drops;
  private int overtakings;
  private int fullQueues;
  private int heartbeats;
  private int reconfigurations;
  private int trims;
  private int reads;

  // What the world remembers: who led which term, what was committed and in which term that was.
  // The arrays never change once a world holds them; whoever adds to them copies them first.
  private long[] leaders;
  private long[] committedTerms;
  private long[] committedValues;
  private long[] committedIn;
  private long committed;
  private long readFloor;
  private boolean beyondBounds;

  CheckedWorld(Bounds bounds, SafetyRules rules) {
    this.bounds = bounds;
    members = new CheckedMember[bounds.members().length];
    leaders = new long[bounds.termMax() + 2];
    committedTerms = new long[CheckedMember.INDEX_MAX];
    committedValues = new long[CheckedMember.INDEX_MAX];
    committedIn = new long[CheckedMember.INDEX_MAX];
    Configuration founding = Configuration.of(bounds.founders());
    for (int i = 0; i < members.length; i++) {
      long id = bounds.members()[i];
      // Equal least and greatest waits: nothing is drawn, so that equal histories meet.
      RaftSettings settings =
          new RaftSettings(
              id, 1, 1, 2, 2, 1 << 20, 1 << 20, 1 << 20, 1 << 20, 64, 16, 0, 1_000_000);
      members[i] = new CheckedMember(id, settings, rules, founding, bounds.forgettings() > 0);
      members[i].settle(true);
      members[i].rehash();
    }
  }

  private CheckedWorld(CheckedWorld that) {
    bounds = that.bounds;
    members = that.members.clone();
    network = that.network;
    campaigns = that.campaigns;
    proposals = that.proposals;
    crashes = that.crashes;
    losses = that.losses;
    forgettings = that.forgettings;
    duplicates = that.duplicates;
    drops = that.drops;
    overtakings = that.overtakings;
    fullQueues = that.fullQueues;
    heartbeats = that.heartbeats;
    reconfigurations = that.reconfigurations;
    trims = that.trims;
    reads = that.reads;
    leaders = that.leaders;
    committedTerms = that.committedTerms;
    committedValues = that.committedValues;
    committedIn = that.committedIn;
    committed = that.committed;
    readFloor = that.readFloor;
  }

  // ---- what can happen
  // -----------------------------------------------------------------------------

  /** Every step that is possible here, as a code for {@link #after}. */
  int[] actions() {
    List<Integer> found = new ArrayList<>();
    for (int i = 0; i < network.length; i++) {
      if (ahead(i) > 0) {
        if (overtakings < bounds.overtakings()) {
          found.add(code(OVERTAKE, i, 0));
        }
        continue;
      }
      found.add(code(DELIVER, i, 0));
      if (duplicates < bounds.duplicates()) {
        found.add(code(DUPLICATE, i, 0));
      }
      if (drops < bounds.drops()) {
        found.add(code(DROP, i, 0));
      }
    }
    for (int i = 0; i < members.length; i++) {
      actionsOf(i, members[i], found);
    }
    return found.stream().mapToInt(Integer::intValue).toArray();
  }

  /** How many messages between the same two are older. */
  private int ahead(int i) {
    int count = 0;
    for (int j = 0; j < i; j++) {
      count += network[j].from == network[i].from && network[j].to == network[i].to ? 1 : 0;
    }
    return count;
  }

  private void actionsOf(int i, CheckedMember member, List<Integer> found) {
    RaftCore core = member.core;
    boolean first = campaigns == 0 && crashes == 0 && losses == 0 && forgettings == 0;
    if (campaigns < bounds.campaigns()
        && core.term() < bounds.termMax()
        && core.role() != Role.LEADER
        && core.election.mayCampaign()
        && (!first || i == 0)) { // the members are alike at first: the first one stands for all
      found.add(code(CAMPAIGN, i, 0));
    }
    if (core.role() == Role.LEADER) {
      if (proposals < bounds.proposals() && core.commitIndex() >= core.leadershipIndex() - 1) {
        found.add(code(PROPOSE, i, 0));
      }
      if (heartbeats < bounds.heartbeats()) {
        found.add(code(HEARTBEAT, i, 0));
      }
      if (reconfigurations == 0 && bounds.reconfigureTo().length > 0) {
        found.add(code(RECONFIGURE, i, 0));
      }
      if (trims < bounds.trims() && core.appliedIndex() >= core.firstIndex()) {
        found.add(code(TRIM, i, 0));
      }
    }
    if (reads < bounds.reads() && core.leader() != 0) {
      found.add(code(READ, i, 0));
    }
    if (fullQueues < bounds.fullQueues() && core.term() > 0) {
      for (int k = 0; k < members.length; k++) {
        if (k != i) {
          found.add(code(QUEUE_FULL, i, k));
        }
      }
    }
    if (member.fetching != null) {
      found.add(code(RECEIVE, i, 0));
    }
    if (member.pendingWrites() > 0) {
      found.add(code(COMPLETE, i, 0));
    }
    if (losses < bounds.losses() && member.mayLose()) {
      found.add(code(LOSE, i, 0));
    }
    if (forgettings < bounds.forgettings() && member.mayForget()) {
      found.add(code(FORGET, i, 0));
    }
    for (int k = 0; k < members.length; k++) {
      if (k != i && member.listens(members[k])) {
        found.add(code(HEAR, i, k));
      }
    }
    if (crashes < bounds.crashes() && core.term() > 0) {
      for (int k = 0; k <= member.pendingWrites(); k++) {
        found.add(code(CRASH, i, k));
      }
    }
  }

  private static int code(int action, int at, int detail) {
    return action << 16 | at << 8 | detail;
  }

  /** What a step is, in words. */
  String describe(int code) {
    int at = code >> 8 & 0xFF;
    return switch (code >> 16) {
      case CAMPAIGN -> "member " + (at + 1) + " campaigns";
      case DELIVER -> "deliver " + network[at];
      case DUPLICATE -> "deliver, and keep, " + network[at];
      case DROP -> "drop " + network[at];
      case QUEUE_FULL ->
          "the queue of member " + (at + 1) + " towards " + ((code & 0xFF) + 1) + " is full";
      case OVERTAKE -> "deliver, before older ones, " + network[at];
      case PROPOSE -> "propose at member " + (at + 1);
      case COMPLETE -> "a write of member " + (at + 1) + " is durable";
      case CRASH -> "member " + (at + 1) + " restarts, writes surviving: " + (code & 0xFF);
      case LOSE -> "member " + (at + 1) + " restarts, its log's last entry lost";
      case FORGET -> "member " + (at + 1) + " restarts, its log's last batch lost";
      case HEAR -> "member " + (at + 1) + " meets member " + ((code & 0xFF) + 1);
      case HEARTBEAT -> "heartbeat of member " + (at + 1);
      case RECONFIGURE -> "member " + (at + 1) + " changes the configuration";
      case TRIM -> "member " + (at + 1) + " trims its log";
      case RECEIVE -> "member " + (at + 1) + " has received a snapshot";
      case READ -> "member " + (at + 1) + " reads";
      default -> throw Checks.unreachable("action " + code);
    };
  }

  /** The state after a step. This one stays as it is. */
  CheckedWorld after(int code) {
    CheckedWorld next = new CheckedWorld(this);
    next.take(code >> 16, code >> 8 & 0xFF, code & 0xFF);
    return next;
  }

  private void take(int action, int at, int detail) {
    if (action == DROP) {
      drops++;
      removeMessage(at);
      return;
    }
    int target = at;
    Envelope envelope = null;
    if (action == DELIVER || action == DUPLICATE || action == OVERTAKE) {
      envelope = network[at];
      target = indexOf(envelope.to);
      duplicates += action == DUPLICATE ? 1 : 0;
      overtakings += action == OVERTAKE ? 1 : 0;
      removeMessage(at);
      if (action == DUPLICATE) {
        send(List.of(envelope)); // it comes once more, later
      }
      if (target < 0) {
        return;
      }
    }
    CheckedMember before = members[target];
    CheckedMember member = new CheckedMember(before);
    members[target] = member;
    switch (action) {
      case DELIVER, DUPLICATE, OVERTAKE -> {
        if (envelope != null) {
          member.deliver(envelope);
        }
      }
      case CAMPAIGN -> {
        campaigns++;
        if (bounds.preVote()) {
          member.core.election.timeOut(CheckedMember.LATER);
        } else {
          member.core.election.campaignDirectly(CheckedMember.LATER);
        }
      }
      case PROPOSE -> {
        proposals++;
        member.propose(proposals);
      }
      case QUEUE_FULL -> {
        fullQueues++;
        member.core.step(CheckedMember.LATER, new Rare.PeerFull(members[detail].id));
      }
      case COMPLETE -> member.completeOne();
      case CRASH -> {
        crashes++;
        member.crash(detail);
      }
      case LOSE -> {
        losses++;
        member.lose();
      }
      case FORGET -> {
        forgettings++;
        member.forget();
      }
      case HEAR -> member.hear(members[detail]);
      case HEARTBEAT -> {
        heartbeats++;
        member.core.replication.beat(CheckedMember.LATER);
      }
      case RECONFIGURE -> {
        Reconfiguration answer =
            member.core.reconfigure(
                CheckedMember.LATER,
                member.core.configuration().index(),
                bounds.reconfigureTo(),
                new long[0]);
        if (answer == Reconfiguration.ACCEPTED) {
          reconfigurations++;
        }
      }
      case TRIM -> {
        trims++;
        member.core.trim(member.core.appliedIndex());
      }
      case RECEIVE -> member.receiveSnapshot();
      case READ -> {
        reads++;
        readFloor = committed;
        member.readOpen = true;
        member.core.read(1, reads);
      }
      default -> throw Checks.unreachable("action " + action);
    }
    member.settle(!bounds.asynchronousWrites());
    send(member.out);
    if (member.core.term() > bounds.termMax()) {
      beyondBounds = true;
      return;
    }
    check(before, member, action == CRASH || action == LOSE || action == FORGET);
    forgetStale(member.core.s.rules);
    member.rehash();
  }

  /** Takes away what its receiver would not even look at: answers to a term that it has left. */
  private void forgetStale(SafetyRules rules) {
    if (!rules.equals(SafetyRules.RAFT)) {
      return; // a broken rule may well look
    }
    for (int i = network.length - 1; i >= 0; i--) {
      Envelope each = network[i];
      int to = indexOf(each.to);
      RaftCore core = to < 0 ? members[0].core : members[to].core;
      boolean answer =
          each.ack
              || each.message instanceof Message.VoteReply
              || each.message instanceof Message.SnapshotAnswer;
      long term = each.message == null ? each.words[0] : each.message.term();
      boolean past = term < core.term() || (term == core.term() && core.role() == Role.FOLLOWER);
      if (to < 0 || (answer && past)) {
        removeMessage(i);
      }
    }
  }

  private int indexOf(long id) {
    for (int i = 0; i < members.length; i++) {
      if (members[i].id == id) {
        return i;
      }
    }
    return -1;
  }

  private void removeMessage(int at) {
    Envelope[] fewer = new Envelope[network.length - 1];
    System.arraycopy(network, 0, fewer, 0, at);
    System.arraycopy(network, at + 1, fewer, at, fewer.length - at);
    network = fewer;
  }

  /** Messages beyond the bound are lost, which they may be anyway. */
  private void send(List<Envelope> fresh) {
    int room = Math.max(0, bounds.messagesMax() - network.length);
    int count = Math.min(room, fresh.size());
    Envelope[] more = java.util.Arrays.copyOf(network, network.length + count);
    for (int i = 0; i < count; i++) {
      more[network.length + i] = fresh.get(i);
    }
    network = more;
  }

  // ---- what must hold
  // ---------------------------------------------------------------------------------

  private void check(CheckedMember before, CheckedMember member, boolean crashed) {
    RaftCore old = before.core;
    RaftCore core = member.core;
    if (!crashed) {
      Checks.that(core.term() >= old.term(), "term=%d back to=%d", old.term(), core.term());
      Checks.that(
          core.commitIndex() >= old.commitIndex(),
          "commit=%d back to=%d",
          old.commitIndex(),
          core.commitIndex());
      Checks.that(
          core.term() > old.term() || old.s.vote == 0 || core.s.vote == old.s.vote,
          "a second vote in term=%d",
          core.term());
      if (old.role() == Role.LEADER && core.role() == Role.LEADER && core.term() == old.term()) {
        Checks.that(core.lastIndex() >= old.lastIndex(), "a leader dropped entries");
      }
    }
    if (core.role() == Role.LEADER) {
      checkLeader(member);
    }
    checkCommit(old, member);
    for (CheckedMember other : members) {
      if (other != member) {
        checkMatching(member, other);
      }
    }
    for (long index : member.readIndexes) {
      Checks.that(index >= readFloor, "read at=%d after a commit of=%d", index, readFloor);
    }
  }

  /** Election safety and leader completeness. */
  private void checkLeader(CheckedMember leader) {
    int term = (int) leader.core.term();
    Checks.that(leaders[term] == 0 || leaders[term] == leader.id, "two leaders in term=%d", term);
    if (leaders[term] == 0) {
      leaders = leaders.clone();
      leaders[term] = leader.id;
    }
    for (long i = leader.core.firstIndex(); i <= committed; i++) {
      if (committedIn[(int) i] < term) {
        Checks.that(
            i <= leader.core.lastIndex()
                && leader.core.termAt(i) == committedTerms[(int) i]
                && leader.values[(int) i] == committedValues[(int) i],
            "the leader of term=%d lacks committed entry=%d",
            term,
            i);
      }
    }
  }

  /** State-machine safety, and that what is committed is on the disks of a quorum. */
  private void checkCommit(RaftCore old, CheckedMember member) {
    RaftCore core = member.core;
    // What decided was in force before the step, which may have appended the next configuration;
    // of a single voter, that may have decided within the step as well.
    ConfigurationAt newest = core.configuration();
    Configuration before = (old.role() == Role.LEADER ? old : core).configuration().configuration();
    for (long i = core.firstIndex(); i <= core.commitIndex(); i++) {
      int at = (int) i;
      if (i <= committed) {
        Checks.that(
            committedTerms[at] == core.termAt(i) && committedValues[at] == member.values[at],
            "entry=%d is committed twice, differently",
            i);
        continue;
      }
      committed = i;
      committedTerms = committedTerms.clone();
      committedValues = committedValues.clone();
      committedIn = committedIn.clone();
      committedTerms[at] = core.termAt(i);
      committedValues[at] = member.values[at];
      committedIn[at] = core.term();
      // One that the committed configuration leaves out resigns in the same step.
      Checks.that(
          core.role() == Role.LEADER || old.role() == Role.LEADER,
          "entry=%d is committed by no leader",
          i);
      Configuration deciding = i >= newest.index() ? newest.configuration() : before;
      checkQuorum(i, core.termAt(i), member.values[at], deciding.voters());
      if (deciding.isJoint()) {
        checkQuorum(i, core.termAt(i), member.values[at], deciding.outgoing());
      }
    }
  }

  private void checkQuorum(long index, long term, long value, long[] voters) {
    int have = 0;
    for (long voter : voters) {
      have += members[indexOf(voter)].onDisk(index, term, value) ? 1 : 0;
    }
    Checks.that(2 * have > voters.length, "entry=%d is committed on the disks of=%d", index, have);
    for (long voter : voters) {
      CheckedMember candidate = members[indexOf(voter)];
      int votes = 0;
      for (long other : voters) {
        votes += candidate.diskIsUpToDateFor(members[indexOf(other)]) ? 1 : 0;
      }
      Checks.that(
          2 * votes <= voters.length || candidate.onDisk(index, term, value),
          "entry=%d is committed, and member=%d could be elected without it",
          index,
          voter);
    }
  }

  private static void checkMatching(CheckedMember a, CheckedMember b) {
    long from = Math.max(a.core.firstIndex(), b.core.firstIndex());
    boolean agree = false;
    for (long i = Math.min(a.core.lastIndex(), b.core.lastIndex()); i >= from; i--) {
      agree = agree || a.core.termAt(i) == b.core.termAt(i);
      Checks.that(
          !agree
              || (a.core.termAt(i) == b.core.termAt(i) && a.values[(int) i] == b.values[(int) i]),
          "the logs agree above entry=%d but not on it",
          i);
    }
  }

  /** Whether the step led to a term that the bounds leave out. */
  boolean beyondBounds() {
    return beyondBounds;
  }

  // ---- identity
  // -----------------------------------------------------------------------------------------

  /** Equal for equal states. */
  long hash() {
    long h = 17;
    for (CheckedMember member : members) {
      h = Hash64.combine(h, member.hash);
    }
    long messages = 0;
    for (int i = 0; i < network.length; i++) {
      messages += Hash64.combine(network[i].hash, ahead(i));
    }
    h = Hash64.combine(h, messages);
    h = Hash64.combine(h, campaigns | proposals << 4 | crashes << 8 | duplicates << 12);
    h = Hash64.combine(h, drops | heartbeats << 4 | reconfigurations << 8 | trims << 12);
    h =
        Hash64.combine(
            h, reads | overtakings << 4 | fullQueues << 8 | losses << 12 | forgettings << 16);
    for (long leader : leaders) {
      h = Hash64.combine(h, leader);
    }
    for (int i = 1; i <= committed; i++) {
      h = Hash64.combine(h, committedTerms[i] * 1_000_003 + committedValues[i]);
      h = Hash64.combine(h, committedIn[i]);
    }
    for (CheckedMember member : members) {
      h = Hash64.combine(h, member.readOpen ? readFloor : -1);
    }
    return h;
  }
}
