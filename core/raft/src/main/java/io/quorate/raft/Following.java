package io.quorate.raft;

import io.quorate.base.Checks;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A follower's side of replication (paper, 5.3).
 *
 * <p>What it acknowledges is the lesser of two ends: what is durable here, and what is verified:
 * the highest index at which this term's leader has shown that the logs agree. One acknowledgement
 * leaves per turn, and only if it says something new.
 */
final class Following {
  private final RaftCore core;
  private final MemberState s;
  private final int[] one = new int[1];

  private long verified;
  private long round;
  private boolean due;
  private boolean rejected;
  private long rejectedPrev;
  private long hint;
  private long ackedMatch;
  private long ackedRound;
  private boolean backlog;

  Following(RaftCore core) {
    this.core = core;
    this.s = core.s;
    this.verified = s.commit;
  }

  void copyFrom(Following that) {
    verified = that.verified;
    round = that.round;
    due = that.due;
    rejected = that.rejected;
    rejectedPrev = that.rejectedPrev;
    hint = that.hint;
    ackedMatch = that.ackedMatch;
    ackedRound = that.ackedRound;
    backlog = that.backlog;
  }

  /** Another leader will have to verify the log anew. What is committed, every leader has. */
  void newTerm() {
    verified = s.commit;
    round = 0;
    due = false;
    rejected = false;
    rejectedPrev = 0;
    hint = 0;
    ackedMatch = 0;
    ackedRound = 0;
  }

  void appendConfiguration(long now, long from, Message.AppendConfiguration append) {
    one[0] = append.bytes();
    append(
        now,
        from,
        append.term(),
        append.prevIndex(),
        append.prevTerm(),
        append.entryTerm(),
        one,
        1,
        append.configuration(),
        append.commit(),
        append.round());
  }

  void append(
      long now,
      long from,
      long term,
      long prevIndex,
      long prevTerm,
      long entryTerm,
      int[] sizes,
      int count,
      @Nullable Configuration configuration,
      long leaderCommit,
      long round) {
    if (!fromLeader(now, from, term)) {
      return;
    }
    Checks.that(count == 0 || entryTerm <= term, "entryTerm=%d term=%d", entryTerm, term);
    this.round = Math.max(this.round, round);
    due = true;
    if (!agrees(prevIndex, prevTerm)) {
      rejected = true;
      rejectedPrev = prevIndex;
      hint =
          prevIndex > s.log.lastIndex()
              ? s.log.lastIndex()
              : Math.max(s.commit, s.log.lastAtMost(prevIndex - 1, prevTerm));
      return;
    }
    rejected = false;
    long last = prevIndex + count;
    long first = firstMissing(prevIndex + 1, last, entryTerm);
    if (first <= last) {
      if (first <= s.log.lastIndex()) {
        truncate(now, first - 1);
      }
      for (long index = first; index <= last; index++) {
        s.log.append(entryTerm, sizes[(int) (index - prevIndex - 1)]);
      }
      s.written = last;
      s.effects.writeEntries(s.stability.issueEntries(first, last), first, last);
      if (configuration != null) {
        s.configurations.append(last, configuration);
        s.configurationChanged(now);
      }
    }
    verified = Math.max(verified, last);
    learnCommit(s.rules.followerCommit(leaderCommit, verified));
  }

  /** Whether the sender leads the present term, which it may have begun just now. */
  private boolean fromLeader(long now, long from, long term) {
    if (term < s.term) {
      // The sender doesn't know yet that it no longer leads; the rejection says it.
      s.effects.sendAppendAck(
          from, s.term, 0, 0, RaftCore.ACK_REJECTED, 0, 0, 0, s.stateSeqUnlessDurable());
      return false;
    }
    Checks.that(term > s.term || !s.leads(), "two leaders in term=%d: also=%d", term, from);
    Checks.that(
        term > s.term || s.leader == 0 || s.leader == from,
        "two leaders in term=%d: leader=%d and=%d",
        term,
        s.leader,
        from);
    if (term > s.term || s.role != Role.FOLLOWER || s.leader == 0) {
      core.election.becomeFollower(now, term, from);
    }
    core.election.leaderHeard(now);
    return true;
  }

  private boolean agrees(long prevIndex, long prevTerm) {
    if (prevIndex < s.log.baseIndex()) {
      return true; // all below the base is committed, and so the same everywhere
    }
    if (prevIndex > s.log.lastIndex()) {
      return false;
    }
    boolean agrees = s.rules.previousAgrees(s.log.term(prevIndex), prevTerm);
    Checks.that(agrees || prevIndex > s.commit, "committed entry=%d is disputed", prevIndex);
    return agrees;
  }

  /** The first entry of the append that isn't here as it should be; above its last if none. */
  private long firstMissing(long first, long last, long entryTerm) {
    long index = Math.max(first, s.log.baseIndex() + 1);
    while (index <= last && index <= s.log.lastIndex()) {
      if (s.rules.conflicts(s.log.term(index), entryTerm)) {
        return index;
      }
      index = Math.min(s.log.runLast(index), last) + 1;
    }
    return index;
  }

  /** Drops what another leader has put in place of the log's end. */
  void truncate(long now, long last) {
    Checks.that(last >= s.commit, "truncating to=%d below commit=%d", last, s.commit);
    s.effects.truncated(last + 1, s.log.lastIndex());
    s.log.truncate(last);
    s.written = Math.min(s.written, last);
    verified = Math.min(verified, last);
    if (s.configurations.truncate(last)) {
      s.configurationChanged(now);
    }
  }

  void learnCommit(long commit) {
    if (commit > s.commit) {
      s.commitTo(commit);
    }
  }

  /**
   * All up to {@code index} is known to agree with this term's leader: it came as a snapshot, or
   * the leader's snapshot ends in an entry that is here too.
   */
  void verify(long index) {
    verified = Math.max(verified, index);
    rejected = false;
    due = true;
  }

  void offerHeard(long now, long from, long term) {
    if (fromLeader(now, from, term)) {
      due = true;
    }
  }

  void backlog(boolean full) {
    if (full != backlog) {
      backlog = full;
      due = true;
      ackedRound = -1; // it is news, whatever else was said before
    }
  }

  /** Some writes have become durable. */
  void durable() {
    due = true;
  }

  /** The end of the turn: acknowledges to the leader, if there is news for it. */
  void flush() {
    if (!due || s.role != Role.FOLLOWER || s.leader == 0) {
      return;
    }
    due = false;
    long match = s.rules.acknowledgeable(s.stability.stable(), verified, s.log.lastIndex());
    if (!rejected && match <= ackedMatch && round <= ackedRound) {
      return;
    }
    ackedMatch = Math.max(ackedMatch, match);
    ackedRound = round;
    s.effects.sendAppendAck(
        s.leader,
        s.term,
        round,
        match,
        (rejected ? RaftCore.ACK_REJECTED : 0) | (backlog ? RaftCore.ACK_FULL : 0),
        rejected ? rejectedPrev : 0,
        rejected ? hint : 0,
        rejected ? s.log.term(hint) : 0,
        s.stateSeqUnlessDurable());
    rejected = false;
    rejectedPrev = 0;
    hint = 0;
  }

  void encode(LongConsumer sink) {
    sink.accept(verified);
    sink.accept(round);
    sink.accept((due ? 1 : 0) | (rejected ? 2 : 0) | (backlog ? 4 : 0));
    sink.accept(rejectedPrev);
    sink.accept(hint);
    sink.accept(ackedMatch);
    sink.accept(ackedRound);
  }
}
