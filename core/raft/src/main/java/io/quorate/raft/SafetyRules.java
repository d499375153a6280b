package io.quorate.raft;

/**
 * The decisions on which safety hangs, each alone and over plain values.
 *
 * <p>They are gathered here to be read against the paper, and to be broken one at a time: the
 * exhaustive check must find each of them when a test's subclass gets it wrong.
 */
class SafetyRules {
  static final SafetyRules RAFT = new SafetyRules();

  /** Whether a candidate's log is at least as far as the voter's (paper, 5.4.1). */
  boolean upToDate(long candidateTerm, long candidateIndex, long lastTerm, long lastIndex) {
    return candidateTerm > lastTerm || (candidateTerm == lastTerm && candidateIndex >= lastIndex);
  }

  /**
   * Whether a log with this end reaches what a member may have acknowledged and lost, so that the
   * member may help it to win.
   */
  boolean reachesFloor(long lastTerm, long lastIndex, long floorTerm, long floorIndex) {
    return lastTerm > floorTerm || (lastTerm == floorTerm && lastIndex >= floorIndex);
  }

  /**
   * Whether a member may speak that lost its log's end and can't tell what it was: once it has
   * heard how far all others have come, and so what it can have promised to any of them.
   */
  boolean mayTakePart(int heard, int others) {
    return heard >= others;
  }

  /**
   * Whether a committed entry of this term shows that nothing which was lost matters any more, so
   * that the member may help to win: one above every term that it can have been of.
   */
  boolean outlives(long committedTerm, long lostTermMax) {
    return committedTerm > lostTermMax;
  }

  /**
   * What the vote of a member is worth that may lack entries which were counted here: nothing by
   * itself, and something if all voters give theirs.
   */
  Ballot ofLostEnd() {
    return Ballot.GRANTED_IF_ALL;
  }

  /**
   * Of those who vote only if the candidate's newest configuration isn't in force: who must give a
   * vote as well where all must.
   */
  long[] ofFormerVoters(long[] formers) {
    return formers;
  }

  /** Whether the vote of this term may go to the candidate: one vote per term (paper, 5.2). */
  boolean freeToVote(long vote, long candidate) {
    return vote == 0 || vote == candidate;
  }

  /** The write that must be durable before a vote, given or asked for, leaves. */
  long voteLeavesAfter(long stateSeq) {
    return stateSeq;
  }

  /** Whether a candidate may count its own vote. */
  boolean ownVoteCounts(long durableSeq, long voteSeq) {
    return durableSeq >= voteSeq;
  }

  /** Whether an entry commits by being counted: only one of the leader's own term (5.4.2). */
  boolean commitsByCount(long entryTerm, long leaderTerm) {
    return entryTerm == leaderTerm;
  }

  /** What two sets of voters have agreed on: the lesser (paper, 6). */
  long agreedByBoth(long incoming, long outgoing) {
    return Math.min(incoming, outgoing);
  }

  /** The stable end: what was durable, less what a later write is replacing. */
  long stable(long durableEnd, long lowestPendingFirst) {
    return Math.min(durableEnd, lowestPendingFirst - 1);
  }

  /** What a leader counts for itself. */
  long ownMatch(long stable, long lastIndex) {
    return stable;
  }

  /** What a follower may acknowledge. */
  long acknowledgeable(long stable, long verified, long lastIndex) {
    return Math.min(stable, verified);
  }

  /** Whether an acknowledgement belongs to this leadership. */
  boolean ackCounts(long ackTerm, long term) {
    return ackTerm == term;
  }

  /** Whether an entry that is there already must make way for the leader's. */
  boolean conflicts(long localTerm, long entryTerm) {
    return localTerm != entryTerm;
  }

  /** How far a follower may believe the leader's commit index. */
  long followerCommit(long leaderCommit, long verified) {
    return Math.min(leaderCommit, verified);
  }

  /** Whether the entry before an append agrees. */
  boolean previousAgrees(long localTerm, long prevTerm) {
    return localTerm == prevTerm;
  }

  /** Whether a snapshot leaves alone what the log has above it. */
  boolean keepsSuffix(long localTerm, long snapshotTerm) {
    return localTerm == snapshotTerm;
  }

  /** The least index that a linearizable read must see (thesis, 6.4). */
  long readIndex(long commit, long leadershipIndex) {
    return Math.max(commit, leadershipIndex);
  }
}
