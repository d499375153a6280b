package io.quorate.raft;

import java.util.Arrays;
import java.util.function.LongConsumer;

/**
 * The highest incarnation met of each member: what {@link IncarnationRule} judges against. Rises in
 * memory with every acknowledgement, and is written when a term is new or enough has come together.
 */
final class PeerRecords {
  private int count;
  private long[] ids = new long[2];
  private long[] boots = new long[2];
  private long[] nonces = new long[2];
  private long[] terms = new long[2];
  private long[] indexes = new long[2];
  private long[] writtenTerms = new long[2];
  private long[] writtenIndexes = new long[2];

  PeerRecords() {}

  PeerRecords(PeerRecords that) {
    count = that.count;
    ids = that.ids.clone();
    boots = that.boots.clone();
    nonces = that.nonces.clone();
    terms = that.terms.clone();
    indexes = that.indexes.clone();
    writtenTerms = that.writtenTerms.clone();
    writtenIndexes = that.writtenIndexes.clone();
  }

  Incarnation known(long peer) {
    int at = find(peer);
    return at < 0
        ? Incarnation.NONE
        : new Incarnation(boots[at], nonces[at], terms[at], indexes[at]);
  }

  void restore(long peer, Incarnation incarnation) {
    int at = put(peer);
    boots[at] = incarnation.boot();
    nonces[at] = incarnation.nonce();
    terms[at] = incarnation.term();
    indexes[at] = incarnation.index();
    writtenTerms[at] = terms[at];
    writtenIndexes[at] = indexes[at];
  }

  /**
   * A directory presented itself and is welcome: it is the one to be known from now on. The end of
   * its log is not taken over: what it hasn't acknowledged in that term, a leader may take back.
   */
  void present(long peer, Incarnation incarnation, MemberState s) {
    Incarnation known = known(peer);
    if (!IncarnationRule.judge(known, incarnation).welcome()) {
      return;
    }
    long term = Math.max(known.term(), incarnation.term());
    long index = term == known.term() ? known.index() : 0;
    Incarnation next = new Incarnation(incarnation.boot(), incarnation.nonce(), term, index);
    if (!next.equals(known)) {
      restore(peer, next);
      write(find(peer), s);
    }
  }

  /** A member acknowledged so much in this term. Without allocation, mostly without a write. */
  void acknowledged(long peer, long term, long index, MemberState s) {
    int at = find(peer);
    if (at < 0 || term < terms[at] || (term == terms[at] && index <= indexes[at])) {
      return;
    }
    terms[at] = term;
    indexes[at] = index;
    if (term > writtenTerms[at] || index >= writtenIndexes[at] + s.settings.peerRecordEntries()) {
      write(at, s);
    }
  }

  /** Those who have returned are known as what they returned as, and by nothing from before. */
  void takeIn(Configuration committed, MemberState s) {
    if (committed.isJoint()) {
      return; // who is to be taken in may still have its old vote
    }
    for (Returned each : committed.returnedShared()) {
      int at = find(each.member());
      boolean known = at >= 0 && (boots[at] > each.boot() || each.isLife(boots[at], nonces[at]));
      if (each.member() != s.self && !known) {
        restore(each.member(), new Incarnation(each.boot(), each.nonce(), 0, 0));
        write(find(each.member()), s);
      }
    }
  }

  /** Forgets who has left: should it come again, then as a new directory. */
  void forgetLeft(Configuration before, Configuration after, MemberState s) {
    int kept = 0;
    for (int i = 0; i < count; i++) {
      if (after.contains(ids[i]) || !before.contains(ids[i])) {
        move(i, kept++);
      } else {
        s.writeOwn();
        s.effects.forgetPeer(s.stability.issueOther(), ids[i]);
      }
    }
    count = kept;
  }

  void encode(LongConsumer sink) {
    sink.accept(count);
    for (int i = 0; i < count; i++) {
      sink.accept(ids[i]);
      sink.accept(boots[i]);
      sink.accept(nonces[i]);
      sink.accept(terms[i]);
      sink.accept(indexes[i]);
      sink.accept(writtenTerms[i]);
      sink.accept(writtenIndexes[i]);
    }
  }

  private void write(int at, MemberState s) {
    writtenTerms[at] = terms[at];
    writtenIndexes[at] = indexes[at];
    s.writeOwn();
    s.effects.writePeer(
        s.stability.issueOther(), ids[at], boots[at], nonces[at], terms[at], indexes[at]);
  }

  private int find(long peer) {
    for (int i = 0; i < count; i++) {
      if (ids[i] == peer) {
        return i;
      }
    }
    return -1;
  }

  private int put(long peer) {
    int at = find(peer);
    if (at >= 0) {
      return at;
    }
    if (count == ids.length) {
      int size = 2 * count;
      ids = Arrays.copyOf(ids, size);
      boots = Arrays.copyOf(boots, size);
      nonces = Arrays.copyOf(nonces, size);
      terms = Arrays.copyOf(terms, size);
      indexes = Arrays.copyOf(indexes, size);
      writtenTerms = Arrays.copyOf(writtenTerms, size);
      writtenIndexes = Arrays.copyOf(writtenIndexes, size);
    }
    ids[count] = peer;
    return count++;
  }

  private void move(int from, int to) {
    ids[to] = ids[from];
    boots[to] = boots[from];
    nonces[to] = nonces[from];
    terms[to] = terms[from];
    indexes[to] = indexes[from];
    writtenTerms[to] = writtenTerms[from];
    writtenIndexes[to] = writtenIndexes[from];
  }
}
