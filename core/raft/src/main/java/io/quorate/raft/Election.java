package io.quorate.raft;

import io.quorate.base.Checks;
import java.util.Arrays;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * How a member comes to lead, and how it stops (paper, 5.2; thesis, 4.2.3, 6.2 and 9.6).
 *
 * <pre>
 *   follower ──silence──▶ pre-candidate ──quorum would──▶ candidate ──quorum did──▶ leader
 *      ▲                       │                              │                       │
 *      └───── a leader is heard, a higher term, too few votes, no quorum heard ────────┘
 * </pre>
 *
 * <p>A pre-vote moves nobody's term and is answered across terms: the winner campaigns above every
 * term that the answers named, so that a member whose term fell behind can still win. Who hears a
 * leader refuses both kinds of vote, except to that leader itself, which may have had to step down
 * for a member whose term had run ahead.
 */
final class Election {
  private final RaftCore core;
  private final MemberState s;

  private long electionDeadline;
  private long lastContact;
  private boolean leaderLinkLost;

  private long campaign;
  private long termSeen;
  private long ownVoteSeq;

  /** What this member gives itself; null until that is durable. */
  private @Nullable Ballot ownVote;

  /**
   * Who votes by the last configuration but one only, whose end isn't known to be committed: where
   * all must give their votes, these must, too, for they may be the only ones with what it agreed
   * on.
   */
  private long[] formers = {};

  private @Nullable Ballot[] formerVotes = {};

  Election(RaftCore core) {
    this.core = core;
    this.s = core.s;
  }

  void copyFrom(Election that) {
    electionDeadline = that.electionDeadline;
    lastContact = that.lastContact;
    leaderLinkLost = that.leaderLinkLost;
    campaign = that.campaign;
    termSeen = that.termSeen;
    ownVoteSeq = that.ownVoteSeq;
    ownVote = that.ownVote;
    formers = that.formers;
    formerVotes = that.formerVotes.clone();
  }

  void start(long now) {
    resetTimer(now);
    if (s.peers.alone() && mayCampaign()) {
      campaign(now, false);
    }
  }

  long deadline() {
    return electionDeadline;
  }

  void tick(long now) {
    if (now < electionDeadline) {
      return;
    }
    if (now - electionDeadline > s.settings.electionNanosMin() / 2 && s.leader != 0) {
      // This process was stopped, not the leader: first hear what has queued up meanwhile.
      electionDeadline = now + 2 * s.settings.heartbeatNanos();
      return;
    }
    timeOut(now);
  }

  /** The leader has been silent for too long, or a campaign came to nothing. */
  void timeOut(long now) {
    if (mayAskAll()) {
      preCampaign(now);
    } else if (s.leader != 0) {
      becomeFollower(now, s.term, 0); // a learner can't do more than to stop relying on it
    } else {
      resetTimer(now);
    }
  }

  /**
   * Whether this member could lead: it is electable, its disk works, its directory is the known
   * one.
   */
  boolean mayCampaign() {
    return mayAskAll() && !s.belowFloor();
  }

  /** Whether it could lead if all others agreed, be the end of its log lost. */
  private boolean mayAskAll() {
    return s.isElectable()
        && s.disk == DiskState.OK
        && s.standing == Standing.GOOD
        && s.stability.isDurable(s.adoptSeq)
        && !s.lost.silent();
  }

  /** Whether a leader is there to be protected from being voted out by {@code asker}. */
  private boolean protectsLeader(long now, long asker) {
    return s.leads()
        || (s.leader != 0
            && s.leader != asker
            && !leaderLinkLost
            && now - lastContact < s.settings.electionNanosMin());
  }

  void leaderHeard(long now) {
    lastContact = now;
    leaderLinkLost = false;
    electionDeadline = now + electionTimeout();
  }

  private long electionTimeout() {
    return s.between(s.settings.electionNanosMin(), s.settings.electionNanosMax());
  }

  private void resetTimer(long now) {
    electionDeadline = now + electionTimeout();
  }

  /** A campaign that comes to nothing is tried again soon: nobody is led meanwhile. */
  private void campaignTimer(long now) {
    electionDeadline =
        now + s.between(s.settings.electionNanosMin() / 4, s.settings.electionNanosMin());
  }

  /** Skips the pre-vote: for a checker in which anybody may campaign at any time. */
  void campaignDirectly(long now) {
    termSeen = s.term;
    campaign(now, false);
  }

  // ---- the three steps up ----------------------------------------------------------------------

  private void preCampaign(long now) {
    campaign++;
    termSeen = s.term;
    clearVotes();
    ownVote = own();
    leave();
    s.role = Role.PRE_CANDIDATE;
    s.leader = 0;
    campaignTimer(now);
    s.roleChanged();
    if (isElected()) {
      campaign(now, false);
      return;
    }
    ask(
        new Message.PreVoteRequest(s.term, campaign, s.log.lastIndex(), s.log.lastTerm()),
        /* afterIo= */ 0);
  }

  private void ask(Message request, long afterIo) {
    for (int i = 0; i < s.peers.count(); i++) {
      if (s.peers.at(i).votes()) {
        s.effects.send(s.peers.at(i).id, request, afterIo);
      }
    }
    for (long former : formers) {
      if (former != s.self) {
        s.effects.send(former, request, afterIo);
      }
    }
  }

  private void clearVotes() {
    s.peers.clearVotes();
    formers = s.rules.ofFormerVoters(s.configurations.formerVoters(s.commit));
    formerVotes = new Ballot[formers.length];
  }

  /** Whether a quorum gives this member its votes, or everybody does who may have a say. */
  private boolean isElected() {
    return s.peers.elects(ownVote) || (s.peers.allGive(ownVote) && formersGive());
  }

  private boolean formersGive() {
    boolean all = true;
    for (int i = 0; i < formers.length; i++) {
      all &= formers[i] == s.self || Peers.gives(formerVotes[i]);
    }
    return all;
  }

  /** Takes down what somebody votes, if it has a say. */
  private boolean voted(long from, Ballot ballot) {
    Peer peer = s.peers.get(from);
    if (peer != null) {
      peer.vote = ballot;
    }
    int former = Arrays.binarySearch(formers, from);
    if (former >= 0) {
      formerVotes[former] = ballot;
    }
    return peer != null || former >= 0;
  }

  /** Campaigns for votes in a new term. The requests leave when the own vote is durable. */
  private void campaign(long now, boolean handover) {
    Checks.that(!s.leads(), "a leader campaigns");
    leave();
    s.term = Math.max(s.term, termSeen) + 1;
    s.vote = s.self;
    s.role = Role.CANDIDATE;
    s.leader = 0;
    clearVotes();
    s.persistState();
    core.following.newTerm();
    ownVoteSeq = s.stateSeq;
    ownVote = null;
    campaignTimer(now);
    s.roleChanged();
    ask(
        new Message.VoteRequest(s.term, s.log.lastIndex(), s.log.lastTerm(), handover),
        s.rules.voteLeavesAfter(ownVoteSeq));
    countVotes(now);
  }

  /** Counts what has been granted; called again when the own vote has become durable. */
  void countVotes(long now) {
    if (s.role != Role.CANDIDATE) {
      return;
    }
    if (ownVote == null && s.rules.ownVoteCounts(s.stability.durableSeq(), ownVoteSeq)) {
      ownVote = own();
    }
    if (isElected()) {
      lead(now);
    } else if (s.peers.refuses()) {
      becomeFollower(now, s.term, 0);
    }
  }

  /** What this member's own vote is worth. */
  private Ballot own() {
    return s.belowFloor() ? s.rules.ofLostEnd() : Ballot.GRANTED;
  }

  private void lead(long now) {
    s.role = Role.LEADER;
    s.leader = s.self;
    core.replication.begin(now);
    s.roleChanged();
  }

  // ---- the way down
  // ------------------------------------------------------------------------------

  /** Follows, in this or a higher term; leader 0 if none is known yet. */
  void becomeFollower(long now, long term, long leader) {
    Checks.that(term >= s.term, "term=%d back to=%d", s.term, term);
    boolean waited = s.role == Role.FOLLOWER && leader == 0;
    leave();
    if (term > s.term) {
      s.term = term;
      s.vote = 0;
      s.persistState();
      core.following.newTerm();
    }
    s.role = Role.FOLLOWER;
    s.leader = leader;
    leaderLinkLost = false;
    if (leader != 0) {
      lastContact = now;
    }
    if (!waited) {
      // A follower that merely learns of a term keeps its deadline: a hopeless candidate must not
      // keep a better one from trying.
      resetTimer(now);
    }
    s.roleChanged();
  }

  /** What hung on the role or the leader so far ends. */
  private void leave() {
    if (s.leads()) {
      s.writeOwn();
      core.replication.end();
    }
    core.reads.leaderGone();
  }

  /**
   * A leader learned that a member of its group is in a higher term and so can't follow. It goes
   * there itself, and asks at once to lead again: its followers grant that to it, and to it alone.
   */
  void leadAgainAbove(long now, long term) {
    becomeFollower(now, term, 0);
    if (mayCampaign()) {
      preCampaign(now);
    }
  }

  /** Steps down in the present term, handing over to whom is named, if anybody. */
  void resign(long now, long successor) {
    Checks.that(s.leads(), "only a leader resigns");
    s.writeOwn();
    if (successor != 0) {
      s.effects.send(successor, new Message.TimeoutNow(s.term), 0);
    }
    becomeFollower(now, s.term, 0);
  }

  // ---- messages --------------------------------------------------------------------------------

  void preVoteRequest(long now, long from, Message.PreVoteRequest request) {
    Ballot ballot =
        protectsLeader(now, from)
            ? Ballot.REFUSED
            : ballot(request.lastTerm(), request.lastIndex());
    if (ballot != Ballot.REFUSED && s.role == Role.PRE_CANDIDATE && rivalIsBetter(from, request)) {
      // Two that ask at the same moment would split the votes: the lesser one stands back.
      becomeFollower(now, s.term, 0);
      campaignTimer(now);
    }
    s.effects.send(from, new Message.PreVoteReply(s.term, request.campaign(), ballot), 0);
  }

  private boolean rivalIsBetter(long rival, Message.PreVoteRequest request) {
    boolean further =
        !s.rules.upToDate(
            s.log.lastTerm(), s.log.lastIndex(), request.lastTerm(), request.lastIndex());
    return further
        || (request.lastTerm() == s.log.lastTerm()
            && request.lastIndex() == s.log.lastIndex()
            && (rival > s.self || !s.peers.selfVotes()));
  }

  /** What the log of a candidate with this end, and the state of this member, allow. */
  private Ballot ballot(long lastTerm, long lastIndex) {
    if (s.disk != DiskState.OK
        || !s.rules.upToDate(lastTerm, lastIndex, s.log.lastTerm(), s.log.lastIndex())) {
      return Ballot.REFUSED;
    }
    return s.lost.holdBack() || (s.commit < s.floorIndex && !s.atFloor(lastTerm, lastIndex))
        ? s.rules.ofLostEnd()
        : Ballot.GRANTED;
  }

  void preVoteReply(long now, long from, Message.PreVoteReply reply) {
    if (s.role != Role.PRE_CANDIDATE || reply.campaign() != campaign) {
      return;
    }
    if (!voted(from, reply.ballot())) {
      return;
    }
    termSeen = Math.max(termSeen, reply.term());
    if (isElected()) {
      campaign(now, false);
    }
  }

  void voteRequest(long now, long from, Message.VoteRequest request) {
    if (request.term() > s.term && !request.handover() && protectsLeader(now, from)) {
      return;
    }
    if (request.term() > s.term) {
      becomeFollower(now, request.term(), 0);
    }
    boolean free =
        request.term() == s.term
            && s.role == Role.FOLLOWER
            && s.leader == 0
            && s.rules.freeToVote(s.vote, from);
    Ballot ballot = free ? ballot(request.lastTerm(), request.lastIndex()) : Ballot.REFUSED;
    if (ballot == Ballot.REFUSED) {
      s.effects.send(from, new Message.VoteReply(s.term, ballot), 0);
      return;
    }
    if (s.vote != from) {
      s.vote = from;
      s.persistState();
    }
    resetTimer(now);
    long afterIo = s.stability.isDurable(s.stateSeq) ? 0 : s.rules.voteLeavesAfter(s.stateSeq);
    s.effects.send(from, new Message.VoteReply(s.term, ballot), afterIo);
  }

  void voteReply(long now, long from, Message.VoteReply reply) {
    if (s.role != Role.CANDIDATE) {
      return;
    }
    if (reply.term() > s.term && s.concerns(from)) {
      becomeFollower(now, reply.term(), 0);
    } else if (reply.term() == s.term) {
      boolean counts = voted(from, reply.ballot());
      if (counts && reply.ballot() != Ballot.REFUSED) {
        s.records.acknowledged(from, s.term, 0, s);
      }
      countVotes(now);
    }
  }

  void timeoutNow(long now, long from, Message.TimeoutNow message) {
    if (message.term() == s.term && s.leader == from && from != s.self && mayCampaign()) {
      termSeen = s.term;
      campaign(now, true);
    }
  }

  // ---- what the shell reports
  // --------------------------------------------------------------------

  void disconnected(long now, long peer) {
    if (s.role == Role.FOLLOWER && s.leader == peer && s.leader != 0) {
      leaderLinkLost = true;
      if (mayAskAll()) {
        // A small random wait keeps the survivors from asking at the same moment.
        long soon = now + s.between(0, s.settings.heartbeatNanos() / 2);
        electionDeadline = Math.min(electionDeadline, soon);
      }
    }
  }

  void connected(long now, long peer) {
    if (s.role == Role.FOLLOWER && s.leader == peer && leaderLinkLost) {
      leaderLinkLost = false;
      resetTimer(now);
    }
  }

  void encodeTimes(LongConsumer sink) {
    sink.accept(electionDeadline);
    sink.accept(lastContact);
  }

  void encode(LongConsumer sink) {
    sink.accept(leaderLinkLost ? 1 : 0);
    boolean campaigning = s.role == Role.CANDIDATE || s.role == Role.PRE_CANDIDATE;
    sink.accept(campaign);
    sink.accept(campaigning ? termSeen : 0);
    sink.accept(
        s.role != Role.CANDIDATE || s.stability.isDurable(ownVoteSeq)
            ? -1
            : s.stability.issued() - ownVoteSeq);
    sink.accept(ownVote == null ? -1 : ownVote.code());
    for (int i = 0; campaigning && i < formers.length; i++) {
      Ballot ballot = formerVotes[i];
      sink.accept(formers[i]);
      sink.accept(ballot == null ? -1 : ballot.code());
    }
  }
}
