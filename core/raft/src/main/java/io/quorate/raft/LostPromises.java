package io.quorate.raft;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongConsumer;

/**
 * What a member does that lost its log's end and can't tell what it was: entries that it
 * acknowledged, a term that it had come to, or a vote.
 *
 * <p>Whoever has forgotten a vote can do harm with an acknowledgement alone: it helps a leader to
 * commit that the one it voted for has replaced. So at first the member is silent. Every term that
 * it can have promised something in was on the disk of the member that began it before; once all
 * others have presented themselves, after this start, the highest of their terms bounds what was
 * forgotten. The member goes to the term above that, in which it has promised nothing, and takes
 * part again: it appends and acknowledges. It still helps nobody to win, as the winner may lack
 * entries that were counted here, until one of a later term than the bound has committed: a leader
 * that came to be without this member's help has all of them.
 *
 * <p>The step to a term that nobody has reached yet costs the leader a campaign, which its
 * followers grant at once, and lets the bound be passed without waiting for the next change of
 * leaders.
 *
 * <p>Where the others go on without this member, and one of them doesn't come, it need not wait: it
 * gives up what it was, and is taken in again ({@link #beginAnew}).
 */
final class LostPromises {
  private final MemberState s;

  /** Whether anything of the kind was lost, as of this start. */
  private boolean any;

  private long[] heard = new long[2];
  private int heardCount;

  /** What has been heard so far, in terms; the member's own counts. */
  private long bound;

  /** Whether the term above the bound has been entered. */
  private boolean bounded;

  LostPromises(MemberState s, boolean any, long bound) {
    this.s = s;
    this.any = any;
    this.bound = any ? bound : 0;
  }

  LostPromises(LostPromises that, MemberState s) {
    this.s = s;
    any = that.any;
    heard = that.heard;
    heardCount = that.heardCount;
    bound = that.bound;
    bounded = that.bounded;
  }

  /** Whether this member says nothing at all. */
  boolean silent() {
    return any && !bounded && !s.rules.mayTakePart(othersHeard(), s.peers.count());
  }

  /** Whether this member helps nobody to win. */
  boolean holdBack() {
    if (!any) {
      return false;
    }
    long durable = Math.min(s.commit, s.stability.stable());
    return silent() || !s.rules.outlives(s.log.term(durable), bound);
  }

  /**
   * A member's directory presented itself, with its durable term.
   *
   * @return whether what was lost is bounded by now, so that the term above is to be entered
   */
  boolean heard(long peer, long term) {
    if (knows(peer)) {
      return false;
    }
    heard = Arrays.copyOf(heard, Math.max(heard.length, heardCount + 1));
    heard[heardCount++] = peer;
    bound = Math.max(bound, term);
    bounded = othersHeard() == s.peers.count();
    if (bounded) {
      bound = Math.max(bound, s.term);
    }
    return bounded;
  }

  /**
   * This member gives up what it was, and returns as another life ({@link Standing#RETURNING}):
   * what it promised before no longer counts when it has its place again.
   */
  void beginAnew() {
    any = false;
  }

  /** The first term in which nothing can have been promised. */
  long freshTerm() {
    return bound + 1;
  }

  /** Whether hearing of this member would change nothing. */
  boolean knows(long peer) {
    return !any || bounded || isHeard(peer);
  }

  private int othersHeard() {
    int count = 0;
    for (int i = 0; i < s.peers.count(); i++) {
      count += isHeard(s.peers.at(i).id) ? 1 : 0;
    }
    return count;
  }

  /** Who must still present itself. */
  List<Long> unheard() {
    List<Long> unheard = new ArrayList<>();
    for (int i = 0; i < s.peers.count(); i++) {
      if (!isHeard(s.peers.at(i).id)) {
        unheard.add(s.peers.at(i).id);
      }
    }
    return unheard;
  }

  private boolean isHeard(long peer) {
    for (int i = 0; i < heardCount; i++) {
      if (heard[i] == peer) {
        return true;
      }
    }
    return false;
  }

  void encode(LongConsumer sink) {
    if (!any) {
      sink.accept(-1);
      return;
    }
    sink.accept(bounded ? 1 : 0);
    sink.accept(bound);
    for (int i = 0; i < s.peers.count(); i++) {
      sink.accept(isHeard(s.peers.at(i).id) ? 1 : 0);
    }
  }
}
