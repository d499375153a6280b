package io.quorate.raft;

import java.util.ArrayList;
import java.util.List;

/**
 * Cores that get one decision wrong, and the space in which that shows. An exhaustive check that
 * doesn't find each of them would prove nothing.
 */
final class Mutants {
  private Mutants() {}

  /** A wrong core, and where it fails. */
  record Mutant(String wrong, SafetyRules rules, CheckedWorld.Bounds bounds) {}

  static List<Mutant> all() {
    List<Mutant> all = new ArrayList<>();
    all.add(
        new Mutant(
            "votes for a candidate whose log is behind",
            new SafetyRules() {
              @Override
              boolean upToDate(long candidateTerm, long candidateIndex, long term, long index) {
                return true;
              }
            },
            Variants.elections("behind", 2, 2)));
    all.add(
        new Mutant(
            "votes twice in a term",
            new SafetyRules() {
              @Override
              boolean freeToVote(long vote, long candidate) {
                return true;
              }
            },
            Variants.elections("twice", 1, 2)));
    all.add(
        new Mutant(
            "lets a vote leave before it is durable",
            new SafetyRules() {
              @Override
              long voteLeavesAfter(long stateSeq) {
                return 0;
              }
            },
            Variants.asynchronous("early vote", 2, 2, 0, 1)));
    all.add(
        new Mutant(
            "commits an entry of an older term by counting it",
            new SafetyRules() {
              @Override
              boolean commitsByCount(long entryTerm, long leaderTerm) {
                return true;
              }
            },
            Variants.elections("figure 8", 3, 3)));
    all.add(
        new Mutant(
            "asks only the incoming voters",
            new SafetyRules() {
              @Override
              long agreedByBoth(long incoming, long outgoing) {
                return incoming;
              }
            },
            Variants.reconfiguration("half a joint consensus", 2, 2)));
    all.add(
        new Mutant(
            "takes a write for durable that a later one is replacing",
            new SafetyRules() {
              @Override
              long stable(long durableEnd, long lowestPendingFirst) {
                return durableEnd;
              }
            },
            Variants.asynchronous("replaced write", 3, 3, 0, 0)));
    all.add(
        new Mutant(
            "counts its own entries before they are durable",
            new SafetyRules() {
              @Override
              long ownMatch(long stable, long lastIndex) {
                return lastIndex;
              }
            },
            Variants.asynchronous("own entries", 2, 2, 1, 1)));
    all.add(
        new Mutant(
            "acknowledges what isn't durable",
            new SafetyRules() {
              @Override
              long acknowledgeable(long stable, long verified, long lastIndex) {
                return verified;
              }
            },
            Variants.asynchronous("early acknowledgement", 2, 1, 1, 1)));
    all.add(
        new Mutant(
            "acknowledges what its leader hasn't verified",
            new SafetyRules() {
              @Override
              long acknowledgeable(long stable, long verified, long lastIndex) {
                return stable;
              }
            },
            Variants.fullQueues("unverified tail", 2, 2)));
    all.add(
        new Mutant(
            "truncates on every append that overlaps",
            new SafetyRules() {
              @Override
              boolean conflicts(long localTerm, long entryTerm) {
                return true;
              }
            },
            Variants.repeated("overlap", 1, 1, 2)));
    all.add(
        new Mutant(
            "believes the leader's commit index beyond what is verified",
            new SafetyRules() {
              @Override
              long followerCommit(long leaderCommit, long verified) {
                return leaderCommit;
              }
            },
            Variants.elections("blind commit", 2, 2)));
    all.add(
        new Mutant(
            "reads before the term's first commit",
            new SafetyRules() {
              @Override
              long readIndex(long commit, long leadershipIndex) {
                return commit;
              }
            },
            Variants.reads("early read", 2, 2)));
    all.add(
        new Mutant(
            "doesn't look at the entry before an append",
            new SafetyRules() {
              @Override
              boolean previousAgrees(long localTerm, long prevTerm) {
                return true;
              }
            },
            Variants.elections("no consistency check", 3, 3)));
    all.add(
        new Mutant(
            "helps a log to win that lacks what it acknowledged and lost",
            new SafetyRules() {
              @Override
              boolean reachesFloor(long lastTerm, long lastIndex, long floorTerm, long floorIndex) {
                return true;
              }
            },
            Variants.losses("no floor", 2, 2)));
    all.add(
        new Mutant(
            "helps to win as if its log had not lost its end",
            new SafetyRules() {
              @Override
              Ballot ofLostEnd() {
                return Ballot.GRANTED;
              }
            },
            Variants.losses("no condition", 2, 2)));
    all.add(
        new Mutant(
            "takes part before it knows what it can have promised and forgotten",
            new SafetyRules() {
              @Override
              boolean mayTakePart(int heard, int others) {
                return true;
              }
            },
            Variants.forgettings("early voice", 3, 2)));
    all.add(
        new Mutant(
            "helps to win before what it forgot is outlived",
            new SafetyRules() {
              @Override
              boolean outlives(long committedTerm, long lostTermMax) {
                return true;
              }
            },
            Variants.forgettings("early help", 4, 2)));
    return all;
  }
}
